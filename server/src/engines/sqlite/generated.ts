import type { Catalog, Column, Table } from '../../schema/catalog.ts'
import { quoteName } from '../sql/printer.ts'
import { printNative } from './checks.ts'
import type { ExprPrinter } from './expr.ts'
import { parseGenerated, printStored } from './stored-expr.ts'

/** A generated column's expression in SQLite's own functions, for DDL; null where they do not suffice. */
export function nativeGenerated(column: Column, table: Table, catalog: Catalog): string | null {
  const expr = parseGenerated(column, { table, catalog, source: 'self' })
  return printNative((printer) => printStored(expr, column, printer), catalog, 'table')
}

const known = new WeakMap<Table, readonly Column[]>()

/**
 * Generated columns that SQLite can't compute by itself (`lower` beyond ASCII, decimal arithmetic): ordinary columns of the file, which every write
 * of ours fills in. Whoever writes to the file without Pilar has to do it too.
 */
export function computedColumns(table: Table, catalog: Catalog): readonly Column[] {
  const before = known.get(table)
  if (before !== undefined) return before
  const own = table.columns.filter((column) => column.generated !== null && column.storage === undefined)
  const computed = own.filter((column) => nativeGenerated(column, table, catalog) === null)
  known.set(table, computed)
  return computed
}

/** A computed column's new value, from the new values of the others. */
export function printComputed(
  column: Column,
  table: Table,
  values: { of(name: string): string; printer: ExprPrinter },
): string {
  const { printer } = values
  const expr = parseGenerated(column, { table, catalog: printer.catalog, source: 'g' })
  const stored = table.columns.filter((each) => each.generated === null)
  const list = stored.map((each) => `${values.of(each.name)} AS ${quoteName(each.name)}`)
  return `(SELECT ${printStored(expr, column, printer)} FROM (SELECT ${list.join(', ')}) AS g)`
}
