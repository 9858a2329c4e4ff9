import { compareText } from '../../std/compare-text.ts'
import type { Catalog, Column, Table } from '../catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../make-catalog.ts'
import { parseTypeName } from '../type-names.ts'
import type { ColumnType } from '../types.ts'
import { plainColumn } from './draft.ts'
import { describeType, sameType } from './type-change.ts'

/**
 * The structure as stable JSON text, a table a line, sorted by key; what has its usual value is left out. Tables and views and served schemas only:
 * neither what is retired nor functions, nor the way to the structure (`was`, `using`).
 */
export function writeCatalog(catalog: Catalog): string {
  const tables = [...catalog.tables.values()].sort((a, b) => compareText(a.key, b.key))
  const lines = tables.map((table) => `  ${JSON.stringify(table.key)}: ${JSON.stringify(inOrder(shortTable(table)))}`)
  const list = lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n }`
  return `{\n "schemas": ${JSON.stringify(catalog.schemas)},\n "tables": ${list}\n}`
}

/** The Catalog of a text of `writeCatalog`, version 0. Throws an Error for anything else. */
export function readCatalog(text: string): Catalog {
  const value = JSON.parse(text) as { readonly schemas?: unknown; readonly tables?: unknown }
  const { schemas, tables } = value
  if (!Array.isArray(schemas) || typeof tables !== 'object' || tables === null) {
    throw new Error('this is not the structure of a database')
  }
  return makeCatalog({
    version: 0,
    schemas: schemas as readonly string[],
    tables: Object.entries(tables).map(([key, table]) => readTable(key, table as ShortTable)),
  })
}

type ShortColumn = Omit<Column, 'type'> & { readonly type: string | ColumnType }
type ShortTable = Omit<Partial<Table>, 'columns'> & { readonly columns: readonly ShortColumn[] }

function shortTable(table: Table): object {
  const { key: _key, schema: _schema, name: _name, column: _column, was: _was, using: _using, ...rest } = table
  const plain = makeTable({ name: '', columns: [], kind: table.kind })
  const columns = table.columns.map((column) => shortColumn(column))
  const kind = table.kind === 'view' ? { kind: 'view' } : {}
  return { ...kind, columns, ...changedMembers({ ...rest, columns: [] }, { ...plain, columns: [] }) }
}

function shortColumn(column: Column): object {
  const { name, type, ...rest } = plainColumn(column)
  return { name, type: shortType(type), ...changedMembers(rest, makeColumn({ name, type })) }
}

/** What a person looks for first, first; the rest by name, wherever the structure came from. */
const FIRST = ['kind', 'name', 'type', 'columns']

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const place = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  const members = Object.entries(value).sort(([a], [b]) => place(a) - place(b) || compareText(a, b))
  return Object.fromEntries(members.map(([name, member]) => [name, inOrder(member)]))
}

/** The members that differ from those of a plain thing of their kind. */
function changedMembers(value: object, plain: object): object {
  const usual = new Map(Object.entries(plain).map(([name, member]) => [name, JSON.stringify(member)]))
  return Object.fromEntries(
    Object.entries(value).filter(([name, member]) => usual.get(name) !== JSON.stringify(member)),
  )
}

/** As PostgreSQL spells it, where that says everything: `numeric(10,2)`, `text[]`. */
function shortType(type: ColumnType): string | ColumnType {
  const name = describeType(type).replace(/^character varying/, 'varchar')
  const parsed = parseTypeName(name)
  return parsed !== null && sameType(parsed, type) ? name : type
}

function readTable(key: string, short: ShortTable): Table {
  const dot = key.indexOf('.')
  const columns = short.columns.map((column) => makeColumn({ ...column, type: readType(column.type) }))
  return makeTable({ ...short, schema: key.slice(0, dot), name: key.slice(dot + 1), columns })
}

function readType(type: string | ColumnType): ColumnType {
  if (typeof type !== 'string') return type
  const parsed = parseTypeName(type)
  if (parsed === null) throw new Error(`there is no type "${type}"`)
  return parsed
}

/** JSON text without blanks in which members stand in the order of their names: the same for equal values. For checksums. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => compareText(a, b)))
  })
}
