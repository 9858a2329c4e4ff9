/** What a file has, read with plain SQL: no code of the engine takes part. */
import type { DatabaseSync } from 'node:sqlite'
import { type Cell, cellOf, NULL } from './cells.ts'

/** A row by what finds it again: its rowid, or its key where it has none. */
export type RowKey = string

export type Row = ReadonlyMap<string, Cell>

export interface FileTable {
  /** The columns that the key of a row is made of; null where the rowid is no column. */
  readonly key: readonly string[] | null
  readonly rows: ReadonlyMap<RowKey, Row>
}

/** Tables by their names in the file. */
export type Snapshot = ReadonlyMap<string, FileTable>

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

interface Listed {
  readonly name: string
  readonly type: string
  readonly wr: number
}

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly pk: number
}

/** All rows but those of virtual tables and of Pilar's own: retired tables count. */
export function readSnapshot(database: DatabaseSync): Snapshot {
  const tables = new Map<string, FileTable>()
  for (const { name, type, wr } of listed(database)) {
    if (type !== 'table' || name.startsWith('sqlite_')) continue
    if (name.startsWith('pilar.') && !name.startsWith('pilar.retired_')) continue
    tables.set(name, readTable(database, name, wr === 1))
  }
  return tables
}

function listed(database: DatabaseSync): readonly Listed[] {
  const sql = "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' ORDER BY name"
  return database.prepare(sql).all() as unknown as Listed[]
}

function readTable(database: DatabaseSync, name: string, withoutRowid: boolean): FileTable {
  const columns = database
    .prepare('SELECT name, type, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY pk')
    .all(name) as unknown as readonly ColumnRow[]
  const keys = columns.filter(({ pk }) => pk > 0)
  const [only] = keys
  const isAlias = !withoutRowid && keys.length === 1 && only?.type.toUpperCase() === 'INTEGER'
  const key = withoutRowid ? keys.map((each) => quote(each.name)) : ['rowid']
  const list = [...key, ...columns.map((each) => quote(each.name))].join(', ')
  const statement = database.prepare(`SELECT ${list} FROM ${quote(name)}`)
  statement.setReturnArrays(true)
  statement.setReadBigInts(true)
  const rows = new Map<RowKey, Row>()
  for (const values of statement.all() as unknown as unknown[][]) {
    const cells = values.map(cellOf)
    const row = new Map(columns.map((each, index) => [each.name, cells[key.length + index] ?? NULL]))
    rows.set(cells.slice(0, key.length).join('\u0000'), row)
  }
  return { key: isAlias || withoutRowid ? keys.map((each) => each.name) : null, rows }
}

/** Everything in the file that may not change when nothing was to be changed: structure, rows, journal; not who holds the lease. */
export const dump = (database: DatabaseSync): string => dumpLines(database).join('\n')

export function dumpLines(database: DatabaseSync): readonly string[] {
  const schema = database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all()
  const lines = schema.map((row) => JSON.stringify(row))
  const names = schema.filter(({ type, name }) => type === 'table' && name !== 'pilar.leases').map(({ name }) => name)
  for (const name of names.map(String)) {
    const statement = database.prepare(`SELECT * FROM ${quote(name)}`)
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    for (const row of statement.all() as unknown as unknown[][])
      lines.push(`${name}: ${row.map(cellOf).join('\u0000')}`)
  }
  return lines
}

/** What is left behind of migrations; empty when all is as it should be. */
export function leftOvers(database: DatabaseSync): readonly string[] {
  const sql = "SELECT name FROM sqlite_schema WHERE name LIKE 'pilar.copy%' OR name LIKE 'pilar.rubbish%'"
  return database
    .prepare(sql)
    .all()
    .map(({ name }) => String(name))
}

/** What SQLite itself finds wrong with the file. */
export function faults(database: DatabaseSync): readonly string[] {
  const integrity = database.prepare('PRAGMA integrity_check').all()
  const orphans = database.prepare('PRAGMA foreign_key_check').all()
  return [
    ...integrity.map((row) => String(row['integrity_check'])).filter((text) => text !== 'ok'),
    ...orphans.map(({ table, rowid, parent }) => `row ${rowid} of ${table} has no row in ${parent}`),
  ]
}
