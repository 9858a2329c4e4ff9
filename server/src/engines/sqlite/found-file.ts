import type { DatabaseSync } from 'node:sqlite'
import { DEFAULT_SCHEMA } from '../../schema/catalog.ts'
import { isTransient } from './migrate/reserved.ts'
import { readTableText, type TableText } from './read-table-sql.ts'

/** A table or view of the file, as sqlite_schema has it. */
export interface Found {
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly withoutRowid: boolean
  readonly text: TableText
}

/** A row of pragma table_xinfo. */
export interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly dflt_value: string | null
  readonly pk: number
  /** 0 ordinary, 1 hidden, 2 virtual, 3 stored. */
  readonly hidden: number
}

/** A row of pragma index_list. */
export interface IndexRow {
  readonly name: string
  readonly unique: number
  /** `c` CREATE INDEX, `u` UNIQUE constraint, `pk`. */
  readonly origin: string
  readonly partial: number
}

/** A row of sqlite_schema. */
export interface SchemaRow {
  readonly type: 'table' | 'index' | 'view' | 'trigger'
  readonly name: string
  readonly tbl_name: string
  readonly sql: string | null
}

/** What a file is made of, read once for everything that looks at it. */
export interface FoundFile {
  readonly database: DatabaseSync
  /** In the order of their making; without what is SQLite's own, in the making, or retired. */
  readonly tables: readonly Found[]
  readonly retired: readonly Found[]
  readonly objects: readonly SchemaRow[]
  readonly virtual: readonly string[]
  columns(table: string): readonly ColumnRow[]
  /** In the order of their making. */
  indexes(table: string): readonly IndexRow[]
}

interface ListRow {
  readonly name: string
  readonly type: 'table' | 'view' | 'virtual' | 'shadow'
  readonly wr: number
  readonly sql: string
}

const LIST = `SELECT l.name, l.type, l.wr, m.sql FROM pragma_table_list AS l JOIN sqlite_schema AS m ON m.name = l.name
  WHERE l.schema = 'main' AND m.type IN ('table', 'view') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  ORDER BY m.rowid`

export function readFile(database: DatabaseSync): FoundFile {
  const list = rows<ListRow>(database, LIST).filter((row) => !isTransient(row.name))
  const all = list.flatMap((row): Found[] => {
    if (row.type !== 'table' && row.type !== 'view') return []
    return [{ name: row.name, kind: row.type, withoutRowid: row.wr === 1, text: readTableText(row.sql, row.name) }]
  })
  const columnRows = new Map<string, readonly ColumnRow[]>()
  const columns = (table: string): readonly ColumnRow[] => {
    let known = columnRows.get(table)
    if (known === undefined) {
      const found = rows<ColumnRow>(database, 'SELECT * FROM pragma_table_xinfo(?)', table)
      // Of a generated column, SQLite takes a comment after the type for a part of it.
      known = found.flatMap((row) => (row.hidden === 1 ? [] : [{ ...row, type: row.type.replace(/\s*\/\*.*$/s, '') }]))
      columnRows.set(table, known)
    }
    return known
  }
  const isRetired = (found: Found): boolean => found.text.note?.retired !== undefined
  return {
    database,
    tables: all.filter((found) => !isRetired(found)),
    retired: all.filter(isRetired),
    objects: rows<SchemaRow>(database, 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid'),
    virtual: list.filter((row) => row.type === 'virtual').map((row) => row.name),
    columns,
    indexes: (table) => rows<IndexRow>(database, 'SELECT * FROM pragma_index_list(?) ORDER BY seq DESC', table),
  }
}

export const rows = <T>(database: DatabaseSync, sql: string, ...params: readonly string[]): T[] =>
  database.prepare(sql).all(...params) as unknown as T[]

/** A table of ours may be called `auth.users`: that is its schema then. */
export function nameOf({ name, text }: Found): { schema: string; name: string } {
  const schema = text.note?.schema ?? (text.own ? name.slice(0, Math.max(name.indexOf('.'), 0)) : '')
  if (schema === '' || !name.startsWith(`${schema}.`)) return { schema: DEFAULT_SCHEMA, name }
  return { schema, name: name.slice(schema.length + 1) }
}
