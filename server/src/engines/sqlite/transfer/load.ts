import type { DatabaseSync } from 'node:sqlite'
import type { Table } from '../../../schema/catalog.ts'
import { assert } from '../../../std/assert.ts'
import { systemClock } from '../../../std/clock.ts'
import type { Params, Program } from '../../engine.ts'
import type { Loading } from '../../transfer.ts'
import { bindTask } from '../bind-task.ts'
import { type Connection, openConnection } from '../connection.ts'
import { mapError } from '../errors.ts'
import { GroupCommit } from '../group-commit.ts'
import type { SqliteProgram } from '../program.ts'
import type { SqliteSettings } from '../settings.ts'
import { bindSlots } from '../slots.ts'
import { tableName } from '../tables.ts'
import { WriteRunner } from '../write-run.ts'
import { countOrphans, orphanError } from './orphans.ts'

/** A command has as long as it takes. */
const NO_LIMIT_MS = Number.POSITIVE_INFINITY

export async function load<T>(
  settings: SqliteSettings,
  { onlyInserts }: { readonly onlyInserts: boolean },
  body: (loading: Loading) => Promise<T>,
): Promise<T> {
  const connection = openConnection(settings.file, 'writer', settings.lockTimeoutMs)
  const { database } = connection
  try {
    database.setAuthorizer(null)
    // While rows wait for their parent, SQLite looks for them with each row that may be one: with the whole table, where no index helps. Off is
    // faster, but leaves out what an update or a trigger would cascade.
    if (onlyInserts && !hasTriggers(database)) database.exec('PRAGMA foreign_keys = OFF')
    const orphansBefore = countOrphans(database)
    database.exec('BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON')
    connection.protect()
    const result = await body(new SqliteLoading(connection))
    database.setAuthorizer(null)
    if (countOrphans(database) > orphansBefore) throw orphanError(database)
    database.exec('COMMIT')
    return result
  } finally {
    database.setAuthorizer(null)
    if (database.isTransaction) database.exec('ROLLBACK')
    database.close()
  }
}

function hasTriggers(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'trigger'").get() !== undefined
}

class SqliteLoading implements Loading {
  readonly #database: DatabaseSync
  readonly #runner: WriteRunner
  readonly #group: GroupCommit
  readonly #nowMicros = systemClock.nowMicros()

  constructor(connection: Connection) {
    this.#database = connection.database
    this.#runner = new WriteRunner(connection, NO_LIMIT_MS)
    this.#group = new GroupCommit(connection.database, () => [])
  }

  write(program: Program, params: Params): number {
    const { write } = program as SqliteProgram
    assert(program.engine === 'sqlite' && write !== null, 'a write that was compiled for SQLite')
    const input = { params, nowMicros: this.#nowMicros }
    const session = { nowMicros: this.#nowMicros, transaction: null }
    try {
      const task = bindTask(write, input, { session, signal: NEVER })
      return this.#group.savepoint({ rollback: false, run: () => this.#runner.write(task).affected })
    } catch (error) {
      throw mapError(error, {
        write,
        probe: ({ sql, slots }) => {
          const statement = this.#database.prepare(sql)
          statement.setReturnArrays(true)
          return (statement.get(...bindSlots(slots, input)) as unknown as string[] | undefined) ?? null
        },
        sent: () => true,
      })
    }
  }

  raiseSequence(table: Table, last: string): void {
    const name = tableName(table)
    const value = BigInt(last)
    const update = this.#database.prepare('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?')
    if (update.run(value, name).changes === 0) {
      this.#database.prepare('INSERT INTO sqlite_sequence(name, seq) VALUES (?, ?)').run(name, value)
    }
  }
}

const NEVER = new AbortController().signal
