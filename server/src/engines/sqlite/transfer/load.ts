import type { DatabaseSync } from 'node:sqlite'
import { failure } from '../../../errors/error.ts'
import type { Catalog, Table } from '../../../schema/catalog.ts'
import { assert } from '../../../std/assert.ts'
import { systemClock } from '../../../std/clock.ts'
import type { Params, Program } from '../../engine.ts'
import { quoteName } from '../../sql/printer.ts'
import type { Loading } from '../../transfer.ts'
import { bindTask } from '../bind-task.ts'
import { type Connection, openConnection } from '../connection.ts'
import { mapError } from '../errors.ts'
import { isSqliteError } from '../faults.ts'
import { GroupCommit } from '../group-commit.ts'
import { introspect } from '../introspect.ts'
import type { SqliteProgram } from '../program.ts'
import type { SqliteSettings } from '../settings.ts'
import { bindSlots } from '../slots.ts'
import { tableName } from '../tables.ts'
import { WriteRunner } from '../write-run.ts'

/** A command has as long as it takes. */
const NO_LIMIT_MS = Number.POSITIVE_INFINITY

export async function load<T>(settings: SqliteSettings, body: (loading: Loading) => Promise<T>): Promise<T> {
  const connection = openConnection(settings.file, 'writer', settings.lockTimeoutMs)
  const { database } = connection
  try {
    database.setAuthorizer(null)
    database.exec('BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON')
    connection.protect()
    const result = await body(new SqliteLoading(connection))
    database.setAuthorizer(null)
    commit(database)
    return result
  } finally {
    database.setAuthorizer(null)
    if (database.isTransaction) database.exec('ROLLBACK')
    database.close()
  }
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

const FOREIGN_KEY = 787

function commit(database: DatabaseSync): void {
  try {
    database.exec('COMMIT')
  } catch (error) {
    if (!isSqliteError(error) || error.errcode !== FOREIGN_KEY) throw error
    throw orphanError(database) ?? error
  }
}

/** Names the first row whose parent never came. */
function orphanError(database: DatabaseSync): unknown {
  const found = database.prepare('SELECT "table", rowid, fkid, parent FROM pragma_foreign_key_check LIMIT 1').get()
  if (found === undefined) return null
  const name = String(found['table'])
  const parts = database
    .prepare('SELECT "from" FROM pragma_foreign_key_list(?) WHERE id = ? ORDER BY seq')
    .all(name, Number(found['fkid']))
  const columns = parts.map((part) => String(part['from']))
  const table = ownTable(name, introspect(database))
  const key = table?.foreignKeys.find((each) => each.columns.join() === columns.join())
  const message = `insert or update on table "${table?.name ?? name}" violates foreign key constraint "${key?.name ?? ''}"`
  const list = columns.map((column) => `CAST(${quoteName(column)} AS TEXT)`).join(" || ', ' || ")
  const row =
    found['rowid'] === null
      ? undefined
      : database.prepare(`SELECT ${list} AS value FROM ${quoteName(name)} WHERE rowid = ?`).get(Number(found['rowid']))
  const values = row === undefined ? '' : `=(${row['value']})`
  const details = `Key (${columns.join(', ')})${values} is not present in table "${found['parent']}".`
  return failure('23503', { message }, { details })
}

function ownTable(name: string, catalog: Catalog): Table | undefined {
  return [...catalog.tables.values()].find((table) => tableName(table) === name)
}
