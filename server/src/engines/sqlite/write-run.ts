import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { failure, PilarError } from '../../errors/error.ts'
import { Lru } from '../../std/lru.ts'
import type { SqlValue } from './codecs.ts'
import type { Connection } from './connection.ts'
import type { BoundStep, ReadResult, ReadTask, WriteResult, WriteTask } from './writer-messages.ts'

/** Prepared statements kept by the writer, in entries. */
const STATEMENTS_MAX = 500

/** Runs the statements of writes on one connection. Transactions are the caller's. */
export class WriteRunner {
  readonly #database: DatabaseSync
  readonly #connection: Connection
  readonly #statementTimeoutMs: number
  readonly #statements = new Lru<string, StatementSync>(STATEMENTS_MAX)

  constructor(connection: Connection, statementTimeoutMs: number) {
    this.#connection = connection
    this.#database = connection.database
    this.#statementTimeoutMs = statementTimeoutMs
  }

  /** All steps of a write. Throws with whatever the first failing step throws; the caller undoes the savepoint. */
  write(task: WriteTask): WriteResult {
    return this.#timed(() => {
      const state = { affected: 0, conflicts: 0, keys: [] as SqlValue[][], json: '', rows: 0 }
      for (const step of task.steps) this.#step(step, state)
      expectAffected(task, state.affected)
      const [only] = state.keys
      const key = state.keys.length === 1 && only !== undefined && task.keyCount > 0 ? only.slice(1).map(keyText) : null
      return { affected: state.affected, conflicts: state.conflicts, key, json: state.json, rows: state.rows }
    })
  }

  read(task: ReadTask): ReadResult {
    return this.#timed(() => {
      const row = this.#prepare(task.sql).get(...task.params) as unknown as [string, number, number | null]
      return { json: row[0], rows: row[1], total: row[2] }
    })
  }

  #step(step: BoundStep, state: WriteState): void {
    const statement = this.#prepare(step.sql)
    const { params } = step
    if (step.keysAt >= 0) params[step.keysAt] = `[${state.keys.map((row) => String(row[0])).join(',')}]`
    switch (step.kind) {
      case 'refuse':
        if (statement.get(...params) !== undefined) throw refused(step)
        return
      case 'count':
        state.conflicts = Number((statement.get(...params) as unknown as SqlValue[])[0])
        return
      case 'keys':
        state.keys = statement.all(...params) as unknown as SqlValue[][]
        return
      case 'change':
        if (step.returnsKeys) {
          state.keys = statement.all(...params) as unknown as SqlValue[][]
          state.affected = state.keys.length
          return
        }
        state.affected = Number(statement.run(...params).changes)
        // Of the rows that were found before, a cascade may have taken some when the statement comes to them.
        if (step.keysAt >= 0) state.affected = state.keys.length
        return
      case 'read': {
        const row = statement.get(...params) as unknown as [string, number]
        state.json = row[0]
        state.rows = row[1]
      }
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    statement.setReturnArrays(true)
    this.#statements.set(sql, statement)
    return statement
  }

  #timed<T>(body: () => T): T {
    this.#connection.fuel.start(this.#statementTimeoutMs)
    try {
      return body()
    } finally {
      this.#connection.fuel.stop()
    }
  }
}

interface WriteState {
  affected: number
  conflicts: number
  keys: SqlValue[][]
  json: string
  rows: number
}

const keyText = (value: SqlValue): string | null => (value === null ? null : String(value))

function refused(step: BoundStep): PilarError {
  const refusal = step.refusal
  if (refusal === null) throw new Error('assertion failed: a refusing step says what it refuses')
  if (refusal.message !== undefined) return new PilarError(refusal.code, refusal.message)
  return failure(refusal.code, refusal.values, refusal.hint === undefined ? {} : { hint: refusal.hint })
}

function expectAffected(task: WriteTask, affected: number): void {
  if (task.affectedMax !== null && affected > task.affectedMax) {
    throw failure('PGRST124', {}, { details: `The query affects ${affected} rows` })
  }
  if (task.affectedExactly !== null && affected !== task.affectedExactly) {
    throw failure('PGRST116', {}, { details: `The result contains ${affected} rows` })
  }
}
