import type { DatabaseSync } from 'node:sqlite'
import type { Catalog, Column, Table, TableKey } from '../../schema/catalog.ts'
import { DEFAULT_SCHEMA } from '../../schema/catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../../schema/make-catalog.ts'
import { generatedName, RETIRED_PREFIX } from '../../schema/names.ts'
import type { Opaque, RetiredColumn, RetiredTable } from '../../schema/retired.ts'
import { compareText } from '../../std/compare-text.ts'
import { atOnce, type Pieces } from '../../std/pieces.ts'
import { quoteName } from '../sql/printer.ts'
import { adoptedType, ownType } from './adopted-types.ts'
import type { SqlValue } from './codecs.ts'
import { type ColumnRow, type Found, type FoundFile, nameOf, readFile } from './found-file.ts'
import { readForeignKeys, readIndexes, readUniques } from './introspect-keys.ts'
import type { ColumnNote } from './notes.ts'
import { readOpaque } from './opaque.ts'
import { keyText } from './read-table-sql.ts'
import { ON_CONFLICT, WITHOUT_ROWID } from './tables.ts'

/**
 * The structure of a file as it is. Reads only. Tables of SQLite itself and of its extensions are left out, and so is what a migration has not
 * finished or not yet removed; what is retired is told apart.
 */
export function introspect(database: DatabaseSync): Catalog {
  return atOnce(introspectInPieces(database))
}

/** The same in pieces. The database must not change in between: in a transaction. */
export function* introspectInPieces(database: DatabaseSync): Pieces<Catalog> {
  const file = readFile(database)
  yield
  const retired: { columns: RetiredColumn[]; tables: RetiredTable[] } = { columns: [], tables: [] }
  const tables: Table[] = []
  const unreadable: Opaque[] = []
  for (const found of file.tables) {
    const table = readTable(found, file)
    if (table === null)
      unreadable.push({ kind: 'view', table: null, name: found.name, text: 'over something that is not there' })
    if (table === null) continue
    tables.push(table)
    retired.columns.push(...retiredColumns(found, table.key))
    yield
  }
  for (const found of file.retired) {
    const note = found.text.note?.retired
    if (note === undefined) continue
    retired.tables.push({ table: makeTable(note.table), storedAs: found.name, retiredAt: note.retiredAt })
    retired.columns.push(...retiredColumns(found, found.name))
  }
  const schemas = new Set([DEFAULT_SCHEMA, ...tables.map((table) => table.schema)])
  return makeCatalog({
    version: 0,
    schemas: [...schemas],
    tables,
    retired: { columns: retired.columns.sort(byAge), tables: retired.tables.sort(byAge) },
    opaque: [...readOpaque(file), ...unreadable],
  })
}

/** The last one is what is meant where several have the same name. */
const byAge = (a: { readonly retiredAt: string }, b: { readonly retiredAt: string }): number =>
  compareText(a.retiredAt, b.retiredAt)

function retiredColumns({ text }: Found, table: TableKey): RetiredColumn[] {
  return [...text.columns].flatMap(([storedAs, { retired }]) =>
    retired === undefined ? [] : [{ table, storedAs, ...retired }],
  )
}

/** A view over something that is gone can't be read by anybody: null; the rest of the file can. */
function readTable(found: Found, file: FoundFile): Table | null {
  try {
    return readStructure(found, file)
  } catch (error) {
    if (found.kind === 'view' && error instanceof Error && 'errcode' in error) return null
    throw error
  }
}

/** Somebody else's view goes on reading what is retired: SQLite gives it the reserved name. */
function isOutOfSight({ name }: ColumnRow, { kind, text }: Found): boolean {
  if (kind === 'view') return name.toLowerCase().includes(RETIRED_PREFIX)
  return text.columns.get(name)?.retired !== undefined
}

function readStructure(found: Found, file: FoundFile): Table {
  const { schema, name } = nameOf(found)
  const { text } = found
  const rows = file.columns(found.name)
  const key = rows.filter((row) => row.pk > 0).sort((a, b) => a.pk - b.pk)
  const visible = rows.filter((row) => !isOutOfSight(row, found))
  const columns = visible.map((row) => readColumn(row, { found, isRowid: isRowid(row, key, found), file }))
  const primaryKey = key.map((row) => row.name)
  return makeTable({
    schema,
    name,
    kind: found.kind,
    columns,
    primaryKey,
    primaryKeyName:
      primaryKey.length === 0
        ? null
        : (text.names.get(keyText('primary', primaryKey)) ??
          generatedName({ table: name, columns: [], label: 'pkey' })),
    uniques: readUniques(found, file),
    foreignKeys: readForeignKeys(found, file),
    checks: text.checks,
    indexes: readIndexes(found, file),
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

function readColumn(row: ColumnRow, context: { found: Found; isRowid: boolean; file: FoundFile }): Column {
  const { found, isRowid, file } = context
  const note = found.text.columns.get(row.name)
  const viewed = found.text.note?.columns?.find((column) => column.name === row.name)
  const own = note?.type ?? viewed?.type ?? (found.text.own ? ownColumn(row.type) : null)
  const adopted = own === null ? adoptedType(row.type, sampleOf(row, found, file.database)) : null
  const generated = generatedOf(row, note, found)
  const conflict = found.text.conflicting.has(row.name.toLowerCase()) ? [ON_CONFLICT] : []
  return makeColumn({
    name: row.name,
    type: own ?? adopted?.type ?? { name: 'text' },
    nullable: viewed?.nullable ?? (row.notnull === 0 && !(row.pk > 0 && (isRowid || found.withoutRowid))),
    default: note?.default ?? (own === null ? row.dflt_value : null),
    generated,
    identity: note === undefined ? (isRowid ? 'by default' : null) : (note.identity ?? null),
    comment: note?.comment ?? null,
    ...(adopted === null ? {} : { storage: [adopted.storage, ...conflict].join(', ') }),
    ...(note?.default === undefined && own === null && row.dflt_value !== null ? { nativeDefault: true } : {}),
  })
}

/** Ours have the PostgreSQL expression beside them; others are SQLite's own text. */
function generatedOf(row: ColumnRow, note: ColumnNote | undefined, { text }: Found): Column['generated'] {
  if (row.hidden >= 2) {
    const stored = row.hidden === 3
    if (note?.generated !== undefined) return { expression: note.generated, stored }
    return { expression: text.generated.get(row.name) ?? 'null', stored, native: true }
  }
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
    // The first row of the table: an index would lead to another one, and a new index to another type.
    const sql = `SELECT ${column} FROM ${quoteName(found.name)} NOT INDEXED WHERE ${column} IS NOT NULL LIMIT 1`
    const statement = database.prepare(sql)
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    return (statement.get() as unknown as SqlValue[] | undefined)?.[0] ?? null
  } catch {
    return null
  }
}
