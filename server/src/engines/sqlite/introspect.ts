import type { DatabaseSync } from 'node:sqlite'
import type { Catalog, Column, ForeignKey, Index, ReferentialAction, Table, Unique } from '../../schema/catalog.ts'
import { DEFAULT_SCHEMA, tableKey } from '../../schema/catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../../schema/make-catalog.ts'
import { quoteName } from '../sql/printer.ts'
import { adoptedType, ownType } from './adopted-types.ts'
import type { SqlValue } from './codecs.ts'
import { type ColumnNote, readNote } from './notes.ts'
import { readTableText, type TableText } from './read-table-sql.ts'
import { ON_CONFLICT, WITHOUT_ROWID } from './tables.ts'

interface Found {
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly withoutRowid: boolean
  readonly text: TableText
}

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly dflt_value: string | null
  readonly pk: number
  /** 0 ordinary, 1 hidden, 2 virtual, 3 stored. */
  readonly hidden: number
}

/** The structure of a file as it is. Reads only. Tables of SQLite itself and of its extensions are left out. */
export function introspect(database: DatabaseSync): Catalog {
  const tables = foundTables(database)
  const made = tables.flatMap((found) => {
    try {
      return [readTable(found, tables, database)]
    } catch (error) {
      // A view over something that is gone can't be read by anybody; the rest of the file can.
      if (found.kind === 'view' && error instanceof Error && 'errcode' in error) return []
      throw error
    }
  })
  const schemas = [
    DEFAULT_SCHEMA,
    ...new Set(made.map((table) => table.schema).filter((schema) => schema !== DEFAULT_SCHEMA)),
  ]
  return makeCatalog({ version: 0, schemas, tables: made })
}

const rows = <T>(database: DatabaseSync, sql: string, ...params: readonly string[]): T[] =>
  database.prepare(sql).all(...params) as unknown as T[]

function foundTables(database: DatabaseSync): readonly Found[] {
  const sql = `SELECT l.name, l.type, l.wr, m.sql FROM pragma_table_list AS l JOIN sqlite_schema AS m ON m.name = l.name
    WHERE l.schema = 'main' AND l.type IN ('table', 'view') AND m.type IN ('table', 'view') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY m.rowid`
  return rows<{ name: string; type: 'table' | 'view'; wr: number; sql: string }>(database, sql).map((row) => ({
    name: row.name,
    kind: row.type,
    withoutRowid: row.wr === 1,
    text: readTableText(row.sql, row.name),
  }))
}

/** A table of ours may be called `auth.users`: that is its schema then. */
function nameOf(found: Found): { schema: string; name: string } {
  const dot = found.name.indexOf('.')
  if (!found.text.own || dot <= 0) return { schema: DEFAULT_SCHEMA, name: found.name }
  return { schema: found.name.slice(0, dot), name: found.name.slice(dot + 1) }
}

function readTable(found: Found, all: readonly Found[], database: DatabaseSync): Table {
  const { schema, name } = nameOf(found)
  const { text } = found
  const columnRows = rows<ColumnRow>(database, 'SELECT * FROM pragma_table_xinfo(?)', found.name).filter(
    (row) => row.hidden !== 1,
  )
  const key = columnRows.filter((row) => row.pk > 0).sort((a, b) => a.pk - b.pk)
  const columns = columnRows.map((row) => readColumn(row, { found, isRowid: isRowid(row, key, found), database }))
  const primaryKey = key.map((row) => row.name)
  const indexRows = rows<IndexRow>(database, 'SELECT * FROM pragma_index_list(?) ORDER BY seq DESC', found.name)
  return makeTable({
    schema,
    name,
    kind: found.kind,
    columns,
    primaryKey,
    primaryKeyName: primaryKey.length === 0 ? null : (nameIn(text, 'primary', primaryKey) ?? `${name}_pkey`),
    uniques: readUniques(indexRows, { name, text, database }),
    foreignKeys: readForeignKeys(found, all, database),
    checks: text.checks,
    indexes: readIndexes(indexRows, database),
    comment: text.note?.comment ?? null,
    openColumn: text.note?.open ?? null,
    system: text.note?.system ?? false,
    definition: text.note?.definition ?? null,
    ...storageOf(found),
  })
}

function storageOf({ withoutRowid, text }: Found): { storage?: string } {
  const words = [...(withoutRowid ? [WITHOUT_ROWID] : []), ...(text.onConflict ? [ON_CONFLICT] : [])]
  return words.length === 0 ? {} : { storage: words.join(', ') }
}

function isRowid(row: ColumnRow, key: readonly ColumnRow[], found: Found): boolean {
  return key.length === 1 && row.pk === 1 && row.type.toUpperCase() === 'INTEGER' && !found.withoutRowid
}

function nameIn(text: TableText, kind: string, columns: readonly string[]): string | undefined {
  return text.names.get(`${kind} ${[...columns].sort().join(',')}`)
}

function readColumn(row: ColumnRow, context: { found: Found; isRowid: boolean; database: DatabaseSync }): Column {
  const { found, isRowid, database } = context
  const note = found.text.columns.get(row.name)
  const viewed = found.text.note?.columns?.find((column) => column.name === row.name)
  const own = note?.type ?? viewed?.type ?? (found.text.own ? ownColumn(row.type) : null)
  const adopted = own === null ? adoptedType(row.type, sampleOf(row, found, database)) : null
  const generated = generatedOf(row, note)
  return makeColumn({
    name: row.name,
    type: own ?? adopted?.type ?? { name: 'text' },
    nullable: viewed?.nullable ?? (row.notnull === 0 && !(row.pk > 0 && (isRowid || found.withoutRowid))),
    default: note?.default ?? (own === null ? row.dflt_value : null),
    generated,
    identity: note === undefined ? (isRowid ? 'by default' : null) : (note.identity ?? null),
    comment: note?.comment ?? null,
    ...(adopted === null ? {} : { storage: adopted.storage }),
  })
}

function generatedOf(row: ColumnRow, note: ColumnNote | undefined): Column['generated'] {
  if (row.hidden >= 2) return { expression: note?.generated ?? 'null', stored: row.hidden === 3 }
  return note?.generated === undefined ? null : { expression: note.generated, stored: note.stored ?? true }
}

function ownColumn(declared: string) {
  return declared === 'TEXT' ? { name: 'text' as const } : ownType(declared)
}

/** Some value of the column; null where a broken page holds it, which is no reason to give up the rest of the file. */
function sampleOf(row: ColumnRow, found: Found, database: DatabaseSync): SqlValue {
  if (!/INT|DATE|TIME/i.test(row.type) || found.kind === 'view') return null
  const column = quoteName(row.name)
  try {
    const sql = `SELECT ${column} FROM ${quoteName(found.name)} WHERE ${column} IS NOT NULL LIMIT 1`
    const statement = database.prepare(sql)
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    return (statement.get() as unknown as SqlValue[] | undefined)?.[0] ?? null
  } catch {
    return null
  }
}

interface IndexRow {
  readonly name: string
  readonly unique: number
  /** `c` CREATE INDEX, `u` UNIQUE constraint, `pk`. */
  readonly origin: string
  readonly partial: number
}

interface IndexColumnRow {
  readonly cid: number
  readonly name: string | null
  readonly desc: number
  readonly key: number
}

function indexColumns(index: IndexRow, database: DatabaseSync): readonly IndexColumnRow[] {
  return rows<IndexColumnRow>(database, 'SELECT * FROM pragma_index_xinfo(?)', index.name).filter(
    (row) => row.key === 1,
  )
}

function readUniques(
  all: readonly IndexRow[],
  table: { name: string; text: TableText; database: DatabaseSync },
): Unique[] {
  return all
    .filter((index) => index.origin === 'u')
    .map((index) => {
      const columns = indexColumns(index, table.database).map((column) => column.name ?? '')
      return { name: nameIn(table.text, 'unique', columns) ?? `${table.name}_${columns.join('_')}_key`, columns }
    })
}

/** Indexes over expressions are left out: they have no columns to name. */
function readIndexes(all: readonly IndexRow[], database: DatabaseSync): Index[] {
  return all.flatMap((index): Index[] => {
    if (index.origin !== 'c') return []
    const columns = indexColumns(index, database)
    if (columns.some((column) => column.name === null)) return []
    return [
      {
        name: index.name,
        unique: index.unique === 1,
        columns: columns.map((column) => ({ name: column.name ?? '', descending: column.desc === 1 })),
        where: index.partial === 1 ? indexCondition(index.name, database) : null,
      },
    ]
  })
}

function indexCondition(name: string, database: DatabaseSync): string {
  const [row] = rows<{ sql: string | null }>(
    database,
    "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?",
    name,
  )
  const sql = row?.sql ?? ''
  const note = readNote(sql)
  return typeof note === 'string' ? note : (/\bWHERE\b([\s\S]*)$/i.exec(sql)?.[1]?.trim() ?? '')
}

interface ForeignKeyRow {
  readonly id: number
  readonly table: string
  readonly from: string
  readonly to: string | null
  readonly on_update: string
  readonly on_delete: string
}

function readForeignKeys(found: Found, all: readonly Found[], database: DatabaseSync): ForeignKey[] {
  const byId = Map.groupBy(
    rows<ForeignKeyRow>(database, 'SELECT * FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq', found.name),
    (row) => row.id,
  )
  return [...byId.values()].flatMap((parts): ForeignKey[] => {
    const [first] = parts
    if (first === undefined) return []
    const target = all.find((each) => each.name.toLowerCase() === first.table.toLowerCase())
    if (target === undefined) return []
    const columns = parts.map((part) => part.from)
    const { schema, name } = nameOf(target)
    const named = parts.every((part) => part.to !== null) ? parts.map((part) => part.to ?? '') : keyOf(target, database)
    return [
      {
        name: nameIn(found.text, 'foreign', columns) ?? `${nameOf(found).name}_${columns.join('_')}_fkey`,
        columns,
        references: {
          table: tableKey(schema, name),
          columns: named.map((column) => spelled(column, target, database)),
        },
        onDelete: first.on_delete.toLowerCase() as ReferentialAction,
        onUpdate: first.on_update.toLowerCase() as ReferentialAction,
      },
    ]
  })
}

function keyOf(found: Found, database: DatabaseSync): readonly string[] {
  const all = rows<ColumnRow>(database, 'SELECT * FROM pragma_table_xinfo(?)', found.name)
  return all
    .filter((row) => row.pk > 0)
    .sort((a, b) => a.pk - b.pk)
    .map((row) => row.name)
}

/** SQLite's names ignore case; ours do not. */
function spelled(column: string, found: Found, database: DatabaseSync): string {
  const all = rows<ColumnRow>(database, 'SELECT * FROM pragma_table_xinfo(?)', found.name)
  return all.find((row) => row.name.toLowerCase() === column.toLowerCase())?.name ?? column
}
