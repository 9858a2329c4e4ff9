import type { DatabaseSync } from 'node:sqlite'
import { quoteName, quoteText } from '../../sql/printer.ts'
import type { ScriptOptions } from '../../transfer.ts'
import { isTransient } from '../migrate/reserved.ts'
import { tableName } from '../tables.ts'

interface SchemaRow {
  readonly type: 'table' | 'index' | 'view' | 'trigger'
  readonly name: string
  readonly tbl_name: string
  readonly sql: string
}

/** What SQLite makes by itself. */
const OWN = "name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"

/**
 * The file as SQL, like `.dump` of the sqlite3 shell, which reads it. Every CREATE text is as it stands in the file, our notes included, so that
 * the copy describes itself as the original does; rowids that are no column are kept.
 */
export function* printScript(database: DatabaseSync, options: ScriptOptions): Iterable<string> {
  const names = options.tables === null ? null : new Set(options.tables.map(tableName))
  const all = database
    .prepare(`SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND ${OWN} ORDER BY rowid`)
    .all() as unknown as readonly SchemaRow[]
  const chosen = all.filter((row) => !isTransient(row.tbl_name) && (names === null || names.has(row.tbl_name)))
  const tables = chosen.filter((row) => row.type === 'table')
  const virtual = tables.filter((row) => /^CREATE VIRTUAL\b/i.test(row.sql))
  yield 'PRAGMA foreign_keys=OFF;'
  yield 'BEGIN TRANSACTION;'
  for (const table of tables) {
    if (virtual.includes(table)) continue
    if (options.structure) yield `${table.sql};`
    if (options.rows) yield* printRows(table.name, database)
  }
  if (options.rows) yield* printSequences(tables, database)
  if (options.structure) {
    if (virtual.length > 0) {
      // Their own tables are there already: only the entry is missing.
      yield 'PRAGMA writable_schema=ON;'
      for (const { name, sql } of virtual) {
        const values = `'table', ${quoteText(name)}, ${quoteText(name)}, 0, ${quoteText(sql)}`
        yield `INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES(${values});`
      }
      yield 'PRAGMA writable_schema=RESET;'
    }
    for (const row of chosen.filter(({ type }) => type !== 'table')) yield `${row.sql};`
  }
  yield 'COMMIT;'
}

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly pk: number
  readonly hidden: number
}

function* printRows(table: string, database: DatabaseSync): Iterable<string> {
  const all = database.prepare('SELECT * FROM pragma_table_xinfo(?)').all(table) as unknown as readonly ColumnRow[]
  const stored = all.filter((column) => column.hidden === 0).map((column) => quoteName(column.name))
  const rowid = hiddenRowid(table, all, database)
  const columns = rowid === null ? stored : [rowid, ...stored]
  if (columns.length === 0) return
  const begin = quoteText(`INSERT INTO ${quoteName(table)}(${columns.join(',')}) VALUES(`)
  const statement = database.prepare(
    `SELECT ${begin} || ${columns.map(literal).join(" || ',' || ")} || ');' FROM ${quoteName(table)}`,
  )
  statement.setReturnArrays(true)
  for (const row of statement.iterate()) yield (row as unknown as [string])[0]
}

/** quote() ends a text at a NUL. */
const literal = (column: string): string =>
  `iif(typeof(${column}) = 'text' AND instr(${column}, char(0)) > 0, 'CAST(x''' || hex(${column}) || ''' AS TEXT)', quote(${column}))`

/** The name of a rowid that no column stands for; null where one does, or there is none. */
function hiddenRowid(table: string, columns: readonly ColumnRow[], database: DatabaseSync): string | null {
  const row = database.prepare("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?").get(table)
  if (row?.['wr'] === 1) return null
  const key = columns.filter((column) => column.pk > 0)
  if (key.length === 1 && key[0]?.type.toUpperCase() === 'INTEGER') return null
  const taken = new Set(columns.map((column) => column.name.toLowerCase()))
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name)) ?? null
}

function* printSequences(tables: readonly SchemaRow[], database: DatabaseSync): Iterable<string> {
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get() === undefined) return
  const names = new Set(tables.map((table) => table.name))
  const rows = database.prepare('SELECT name, CAST(seq AS TEXT) AS last FROM sqlite_sequence').all()
  for (const row of rows) {
    const name = String(row['name'])
    if (!names.has(name)) continue
    yield `DELETE FROM sqlite_sequence WHERE name=${quoteText(name)};`
    yield `INSERT INTO sqlite_sequence(name, seq) VALUES(${quoteText(name)}, ${String(row['last'])});`
  }
}
