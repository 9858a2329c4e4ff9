import { constants, type DatabaseSync, type StatementSync } from 'node:sqlite'
import { PilarError } from '../../../errors/error.ts'
import type { Catalog, Column, Table } from '../../../schema/catalog.ts'
import { atScale, formatDecimal, fromSortKey } from '../../../std/decimal.ts'
import type { Console, ConsoleResult } from '../../transfer.ts'
import { type SqlValue, storageOf } from '../codecs.ts'
import { openConnection } from '../connection.ts'
import { mapError } from '../errors.ts'
import { introspect } from '../introspect.ts'
import type { SqliteSettings } from '../settings.ts'
import { tableName } from '../tables.ts'
import { StatementReader } from './statements.ts'

const SYSTEM_PREFIX = 'pilar.'

/** A connection for a person: reads everything, and with `write` changes everything but Pilar's own tables. No other file is in its reach. */
export class SqliteConsole implements Console {
  #catalog: Catalog | null = null
  readonly #database: DatabaseSync

  constructor({ file, lockTimeoutMs }: SqliteSettings, { write }: { readonly write: boolean }) {
    this.#database = openConnection(file, write ? 'writer' : 'inspector', lockTimeoutMs).database
    this.#database.setAuthorizer(confined)
  }

  /** As it is now: a statement may have changed it. */
  get catalog(): Catalog {
    this.#catalog ??= introspect(this.#database)
    return this.#catalog
  }

  run(sql: string, options: { readonly raw: boolean; readonly rowsMax: number }): ConsoleResult {
    this.#catalog = null
    try {
      const statement = this.#database.prepare(sql)
      const columns = statement.columns()
      if (columns.length === 0) {
        const { changes } = statement.run()
        return { columns: [], rows: [], cut: false, changed: Number(changes) }
      }
      const kinds = columns.map((column) => (options.raw ? null : this.#columnOf(column)))
      const rows: (string | null)[][] = []
      let cut = false
      for (const row of values(statement)) {
        cut = rows.length === options.rowsMax
        if (cut) break
        rows.push(row.map((value, index) => wireText(kinds[index] ?? null, value)))
      }
      return { columns: columns.map((column) => column.name), rows, cut, changed: null }
    } catch (error) {
      throw asPilarError(mapError(error))
    }
  }

  isComplete(sql: string): boolean {
    const { found, rest } = cut(sql)
    return found.length > 0 && rest === null
  }

  split(sql: string): readonly string[] {
    const { found, rest } = cut(sql)
    return rest === null ? found : [...found, rest]
  }

  definitionOf(table: Table): readonly string[] {
    const sql = 'SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY rowid'
    return this.#database
      .prepare(sql)
      .all(tableName(table))
      .map((row) => String(row['sql']))
  }

  close(): void {
    this.#database.close()
  }

  /** The column of ours that a result column shows as it is stored. */
  #columnOf({ table, column }: ReturnType<StatementSync['columns']>[number]): Column | null {
    if (table === null || column === null) return null
    const found = [...this.catalog.tables.values()].find((each) => tableName(each) === table)
    return found?.column.get(column) ?? null
  }
}

function cut(sql: string): { readonly found: readonly string[]; readonly rest: string | null } {
  const reader = new StatementReader()
  const found = sql.split('\n').flatMap((line) => reader.push(line).map((statement) => statement.sql))
  return { found, rest: reader.rest()?.sql ?? null }
}

function* values(statement: StatementSync): Iterable<readonly SqlValue[]> {
  statement.setReturnArrays(true)
  statement.setReadBigInts(true)
  for (const row of statement.iterate()) yield row as unknown as SqlValue[]
}

function wireText(column: Column | null, value: SqlValue): string | null {
  if (value === null) return null
  if (typeof value === 'object') return `\\x${Buffer.from(value).toString('hex')}`
  if (column === null) return String(value)
  const { type } = column
  const storage = storageOf(column)
  if (type.name === 'boolean' && typeof value === 'bigint') return value === 0n ? 'false' : 'true'
  if (storage.kind === 'scaled' && typeof value === 'bigint')
    return formatDecimal({ unscaled: value, scale: storage.scale })
  if (storage.kind === 'key' && type.name === 'numeric') {
    const decimal = fromSortKey(String(value))
    if (type.precision === undefined) return formatDecimal(decimal)
    const scale = type.scale ?? 0
    return formatDecimal({ unscaled: atScale(decimal, scale), scale })
  }
  return String(value)
}

const CHANGES: ReadonlySet<number> = new Set([
  constants.SQLITE_INSERT,
  constants.SQLITE_UPDATE,
  constants.SQLITE_DELETE,
  constants.SQLITE_DROP_TABLE,
  constants.SQLITE_ALTER_TABLE,
  constants.SQLITE_CREATE_INDEX,
  constants.SQLITE_DROP_INDEX,
  constants.SQLITE_CREATE_TRIGGER,
  constants.SQLITE_DROP_TRIGGER,
  constants.SQLITE_CREATE_TABLE,
])

function confined(action: number, name: string | null, argument: string | null): number {
  if (action === constants.SQLITE_ATTACH || action === constants.SQLITE_DETACH) return constants.SQLITE_DENY
  if (action === constants.SQLITE_FUNCTION && argument === 'load_extension') return constants.SQLITE_DENY
  const isOurs = name?.startsWith(SYSTEM_PREFIX) === true || argument?.startsWith(SYSTEM_PREFIX) === true
  return CHANGES.has(action) && isOurs ? constants.SQLITE_DENY : constants.SQLITE_OK
}

/** What the database says to a person's own SQL is no bug. */
function asPilarError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PilarError) return error
  const hint =
    error.message === 'not authorized' ? { hint: "Pilar's own tables and other files are out of reach here." } : {}
  return new PilarError('42601', error.message, { cause: error, ...hint })
}
