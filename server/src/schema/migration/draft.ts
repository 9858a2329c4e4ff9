import type { Catalog, Column, Table, TableKey } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import { makeCatalog, makeTable } from '../make-catalog.ts'
import type { RetiredColumn, RetiredTable } from '../retired.ts'

/** A Catalog while steps are applied to it. */
export interface Draft {
  readonly from: Catalog
  /** When the steps are run: RFC 3339, UTC; empty where nobody looks at it. */
  readonly at: string
  readonly tables: Map<TableKey, Table>
  retired: { columns: readonly RetiredColumn[]; tables: readonly RetiredTable[] }
}

export function draftOf(catalog: Catalog, at = ''): Draft {
  return { from: catalog, at, tables: new Map(catalog.tables), retired: catalog.retired }
}

export function catalogOf(draft: Draft): Catalog {
  return makeCatalog({
    version: draft.from.version,
    schemas: draft.from.schemas,
    tables: [...draft.tables.values()],
    functions: [...draft.from.functions.values()],
    retired: draft.retired,
    opaque: draft.from.opaque,
  })
}

/** Thrown where a step does not fit the structure it is applied to: the database, or the order of the steps, is another than was planned for. */
export class StepFault extends Error {
  override readonly name = 'StepFault'
}

export function fault(message: string): never {
  throw new StepFault(message)
}

export function tableOf(draft: Draft, key: TableKey): Table {
  return draft.tables.get(key) ?? fault(`there is no table "${shortKey(key)}"`)
}

export function columnOf(table: Table, name: string): Column {
  return table.column.get(name) ?? fault(`${shortKey(table.key)} has no column "${name}"`)
}

/** Puts a table in the place of the one of its key, which keeps its place among the others. */
export function putTable(draft: Draft, table: Table, changes: Partial<Omit<Table, 'key' | 'column'>> = {}): void {
  draft.tables.set(table.key, makeTable({ ...table, ...changes }))
}

export function putColumn(draft: Draft, table: Table, column: Column): void {
  putTable(draft, table, { columns: table.columns.map((each) => (each.name === column.name ? column : each)) })
}

/** The same values in the rest of the Catalog: what a schema.ts says about the way to a structure is no part of it. */
export function plainColumn(column: Column): Column {
  const { was: _was, using: _using, ...plain } = column
  return plain
}
