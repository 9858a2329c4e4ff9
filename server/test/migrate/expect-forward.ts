/** What a migration makes of rows, from the definitions before and after it. */
import type { Catalog } from '../../src/schema/catalog.ts'
import type { ColumnDefinition, SchemaDefinition, TableDefinition } from '../../src/schema/definition.ts'
import type { RetiredColumn } from '../../src/schema/retired.ts'
import { type Cell, NULL } from './cells.ts'
import { constantOf, convert } from './conversions.ts'
import { type ExpectedTable, keyOf } from './expected.ts'
import { isSameType, lineageOf, type TableLineage } from './lineage.ts'
import type { FileTable, Row, RowKey, Snapshot } from './snapshot.ts'

export interface Forward {
  readonly before: SchemaDefinition
  readonly after: SchemaDefinition
  /** As introspection gave it before and after. */
  readonly from: Catalog
  readonly to: Catalog
  readonly rows: Snapshot
  /** The rows afterwards: only which columns are the key is taken from it. */
  readonly found: Snapshot
  /** True for a file that Pilar did not make: its values are kept otherwise, so that a changed type is not foretold. */
  readonly isAdopted: boolean
}

export interface Foretold {
  readonly tables: readonly ExpectedTable[]
  /** Keys before, by the table's name in the file and the key afterwards. */
  readonly keys: ReadonlyMap<string, ReadonlyMap<RowKey, RowKey>>
}

export const fileName = ({ schema, name }: { schema: string; name: string }): string =>
  schema === 'public' ? name : `${schema}.${name}`

export function expectForward(forward: Forward): Foretold {
  const { before, after, rows } = forward
  const lineage = lineageOf(before, after)
  const keys = new Map<string, Map<RowKey, RowKey>>()
  const tables: ExpectedTable[] = []
  for (const each of lineage) {
    const source = rows.get(fileName(each.before))
    if (source === undefined) throw new Error(`assertion failed: the file has ${each.before.key}`)
    if (each.after === null) tables.push(retiredTable(each.before, source, forward))
    else tables.push(survivingTable({ ...each, after: each.after }, source, { forward, keys }))
  }
  for (const table of after.tables) {
    if (lineage.some((each) => each.after === table)) continue
    const back = forward.from.retired.tables.findLast((one) => {
      return one.table.key === table.key && !forward.to.retired.tables.some((each) => each.storedAs === one.storedAs)
    })
    const former = back === undefined ? undefined : rows.get(back.storedAs)
    const list = [...(former?.rows ?? [])].map(([key]) => ({ key: back === undefined ? key : null, cells: new Map() }))
    tables.push({ name: fileName(table), rows: list })
  }
  return { tables: [...tables, ...stillRetired(forward)], keys }
}

/** Everything it had, under another name. */
function retiredTable(table: TableDefinition, source: FileTable, { from, to }: Forward): ExpectedTable {
  const name = to.retired.tables.findLast(
    (each) => each.table.key === table.key && !from.retired.tables.some(({ storedAs }) => storedAs === each.storedAs),
  )?.storedAs
  return {
    name: name ?? `(retired) ${table.key}`,
    rows: [...source.rows].map(([key, row]) => ({ key, cells: written(table, row) })),
  }
}

/** What is computed has no values of its own. */
function written(table: TableDefinition, row: Row): Row {
  const names = table.columns.filter(({ generated }) => generated === null).map(({ name }) => name)
  return new Map(names.map((name) => [name, row.get(name) ?? NULL]))
}

interface Context {
  readonly forward: Forward
  readonly keys: Map<string, Map<RowKey, RowKey>>
}

function survivingTable(
  lineage: TableLineage & { readonly after: TableDefinition },
  source: FileTable,
  { forward, keys }: Context,
): ExpectedTable {
  const name = fileName(lineage.after)
  const former = new Map<RowKey, RowKey>()
  const rows = [...source.rows].map(([old, row]) => {
    const cells = cellsOf(lineage, row, forward)
    const key = keyOf(forward.found.get(name), cells, old)
    if (key !== null) former.set(key, old)
    return { key, cells }
  })
  if (rows.every(({ key }) => key !== null)) keys.set(name, former)
  return { name, rows }
}

function cellsOf(
  { after, columns }: TableLineage & { readonly after: TableDefinition },
  row: Row,
  forward: Forward,
): Map<string, Cell | undefined> {
  const kept = newlyRetired(forward, after)
  const cells = new Map<string, Cell | undefined>()
  for (const { before, after: next } of columns) {
    const cell = row.get(before.name) ?? NULL
    const isFilled = (next?.generated ?? null) !== null && isAnyFilled(columns)
    if (next !== null) cells.set(next.name, isFilled ? undefined : successorCell(before, next, { cell, forward }))
    if (before.generated !== null) continue
    const names = after.columns.filter(({ was, name }) => (was ?? name) === before.name).map(({ name }) => name)
    const storedAs = kept.find((each) => [...names, before.name].includes(each.column.name))?.storedAs
    const isKept =
      next === null || (!forward.isAdopted && storedAs !== undefined && !isSameType(before.type, next.type))
    if (isKept) cells.set(storedAs ?? `(retired) ${before.name}`, cell)
  }
  for (const column of after.columns) {
    if (!columns.some((each) => each.after === column)) cells.set(column.name, newCell(column, after, { row, forward }))
  }
  return cells
}

/** Whether what is computed may have changed with a column that got values for its nulls. */
function isAnyFilled(columns: TableLineage['columns']): boolean {
  return columns.some(({ before, after }) => before.nullable && after?.nullable === false)
}

function newlyRetired({ from, to }: Forward, { schema, name, key, was }: TableDefinition): readonly RetiredColumn[] {
  const former = `${schema}.${was ?? name}`
  const known = from.retired.columns.filter(({ table }) => table === former).map(({ storedAs }) => storedAs)
  return to.retired.columns.filter(({ table, storedAs }) => table === key && !known.includes(storedAs))
}

function successorCell(
  before: ColumnDefinition,
  after: ColumnDefinition,
  { cell, forward }: { cell: Cell; forward: Forward },
): Cell | undefined {
  if (after.generated !== null) {
    const isSame = before.generated?.expression === after.generated.expression
    // What it is computed from may have been filled.
    return isSame && cell !== NULL ? cell : undefined
  }
  if (isSameType(before.type, after.type)) {
    if (cell !== NULL || after.nullable) return cell
    // In a column of somebody else's, it is written as that one keeps it.
    return after.using === null || forward.isAdopted ? undefined : constantOf(after.type, after.using)
  }
  if (cell === NULL && !after.nullable) return undefined
  // A column of somebody else's is only read as another type.
  if (forward.isAdopted) return undefined
  if (after.using !== null) return constantOf(after.type, after.using)
  return isComingBack(after, forward) ? undefined : convert(before.type, after.type, cell)
}

/** Of a type that the column had before: values that were not changed since are the former ones. */
function isComingBack({ name, was, type }: ColumnDefinition, { from }: Forward): boolean {
  const names = [name, was]
  return from.retired.columns.some(({ column }) => names.includes(column.name) && isSameType(column.type, type))
}

/** Of a column that comes: what it had when it was retired, or its default. */
function newCell(
  column: ColumnDefinition,
  table: TableDefinition,
  { row, forward }: { row: Row; forward: Forward },
): Cell | undefined {
  if (column.generated !== null || column.identity !== null) return undefined
  const former = retiredBefore(column, table, forward)
  if (former !== null) {
    const cell = row.get(former.storedAs) ?? NULL
    return cell === NULL ? undefined : cell
  }
  const fill = column.using ?? column.default
  if (fill === null) return column.nullable ? NULL : undefined
  return constantOf(column.type, fill)
}

function retiredBefore(column: ColumnDefinition, table: TableDefinition, { from }: Forward): RetiredColumn | null {
  const key = `${table.schema}.${table.was ?? table.name}`
  const names = [column.name, column.was]
  // Somebody else's column may be read as any type.
  const fits = (each: RetiredColumn) => each.column.storage !== undefined || isSameType(each.column.type, column.type)
  const found = from.retired.columns.findLast(
    (each) => each.table === key && names.includes(each.column.name) && fits(each),
  )
  return found?.converted === undefined ? (found ?? null) : null
}

/** Tables that were retired before and still are. */
function stillRetired({ from, to, rows }: Forward): readonly ExpectedTable[] {
  const names = from.retired.tables.map(({ storedAs }) => storedAs)
  return names.flatMap((name) => {
    const source = rows.get(name)
    if (source === undefined || !to.retired.tables.some(({ storedAs }) => storedAs === name)) return []
    return [{ name, rows: [...source.rows].map(([key, cells]) => ({ key, cells })) }]
  })
}
