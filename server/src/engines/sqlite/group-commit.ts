import type { DatabaseSync } from 'node:sqlite'
import type { ChangedRow } from './writer-messages.ts'

/** One member of a group: its statements, which throw when it fails. */
export interface Member<T> {
  readonly rollback: boolean
  run(): T
}

export type Result<T> = { readonly value: T } | { readonly error: unknown }

/**
 * Several writes, one COMMIT, one fsync. Each member is in a savepoint, so that its failure undoes it alone. Nobody has an answer before
 * COMMIT. When a statement ends the whole transaction (`RAISE(ROLLBACK)`, `ON CONFLICT ROLLBACK`) or COMMIT fails (a deferred foreign key),
 * the group is rolled back and every member is run again alone: it can't be known who else is to blame.
 */
export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #collect: () => readonly ChangedRow[]
  #announce: (rows: readonly ChangedRow[]) => void = () => {}

  constructor(database: DatabaseSync, collect: () => readonly ChangedRow[]) {
    this.#database = database
    this.#collect = collect
  }

  /** Calls `listener` after each commit with the rows it changed, before anyone is answered. */
  onCommit(listener: (rows: readonly ChangedRow[]) => void): void {
    this.#announce = listener
  }

  run<T>(members: readonly Member<T>[]): readonly Result<T>[] {
    const [only] = members
    if (only !== undefined && members.length === 1) return [this.#alone(only)]
    return this.#together(members) ?? members.map((member) => this.#alone(member))
  }

  /** All or nothing, with a commit of its own. */
  atomic<T>(body: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const value = body()
      this.#commit()
      return value
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  /** Inside a transaction: the member in a savepoint. */
  savepoint<T>(member: Member<T>): T {
    this.#database.exec('SAVEPOINT member')
    try {
      const value = member.run()
      if (member.rollback) this.#database.exec('ROLLBACK TO member')
      this.#database.exec('RELEASE member')
      return value
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK TO member; RELEASE member')
      throw error
    }
  }

  #alone<T>(member: Member<T>): Result<T> {
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      const value = member.run()
      if (member.rollback) this.#database.exec('ROLLBACK')
      else this.#commit()
      return { value }
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      return { error }
    }
  }

  /** null when the group has to be run again one by one; nothing has happened then. */
  #together<T>(members: readonly Member<T>[]): readonly Result<T>[] | null {
    try {
      this.#database.exec('BEGIN IMMEDIATE')
    } catch (error) {
      return members.map(() => ({ error }))
    }
    const results: Result<T>[] = []
    for (const member of members) {
      try {
        results.push({ value: this.savepoint(member) })
      } catch (error) {
        if (!this.#database.isTransaction) return null
        results.push({ error })
      }
    }
    try {
      this.#commit()
      return results
    } catch {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      return null
    }
  }

  #commit(): void {
    const rows = this.#collect()
    this.#database.exec('COMMIT')
    this.#announce(rows)
  }
}
