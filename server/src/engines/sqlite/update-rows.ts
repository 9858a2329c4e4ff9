import type { DeletePlan, UpdatePlan } from '../../query/plan.ts'
import type { Table } from '../../schema/catalog.ts'
import { quoteName } from '../sql/printer.ts'
import { withGenerated } from './candidates.ts'
import type { ExprPrinter } from './expr.ts'
import { encodeCell, type PayloadColumn } from './payload.ts'
import { parseDefault, printStored } from './stored-expr.ts'
import { tableName } from './tables.ts'

/** An update and the columns that it sets. */
export interface RowChange {
  readonly plan: UpdatePlan
  readonly columns: readonly PayloadColumn[]
}

/** The table as an UPDATE or DELETE names it. */
export const printTarget = (table: Table, source: string): string =>
  `${quoteName(tableName(table))} AS ${quoteName(source)}`

/** Which rows a PATCH or DELETE touches: guards first, then the request's filters. */
export function printWhere(plan: UpdatePlan | DeletePlan, printer: ExprPrinter): string {
  const { table, source, guard, where, embeds } = plan
  return printer.withEmbeds(embeds, () => {
    const fuel = printer.fuel(table, source, [guard, where])
    const conditions = [fuel, printer.printAll(guard, where)].filter((condition) => condition !== null)
    return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  })
}

/** The rows as they would become, under the source's name. */
export function printNewRows(change: RowChange, wanted: ReadonlySet<string>, printer: ExprPrinter): string {
  const { plan } = change
  const { table, source } = plan
  const list = table.columns
    .filter((column) => column.generated === null)
    .map((column) => `${newValue(change, column.name, printer)} AS ${quoteName(column.name)}`)
  const rows = `SELECT ${list.join(', ')} FROM ${printer.from(table)} AS ${quoteName(source)}${printWhere(plan, printer)}`
  return `(${withGenerated({ table, catalog: printer.catalog, rows, wanted }, printer)}) AS ${quoteName(source)}`
}

/** A column of the row as it would become. */
export function newValue({ plan, columns }: RowChange, name: string, printer: ExprPrinter): string {
  const given = columns.find((each) => each.name === name)
  return given === undefined ? `${quoteName(plan.source)}.${quoteName(name)}` : printNew(plan, given, printer)
}

/** What a PATCH writes into a column: the payload's one row; an absent cell is NULL, or with `missing=default` the default. */
export function printNew(plan: UpdatePlan, column: PayloadColumn, printer: ExprPrinter): string {
  const cell = printer.slots.add(
    `p${column.name}`,
    (input) => encodeCell(column, input.params.cells[0] ?? [], input) ?? null,
  )
  if (column.cells[0]?.openKey != null) {
    return printer.udf('jsonb_merge', `ifnull(${quoteName(plan.source)}.${quoteName(column.name)}, '{}')`, cell)
  }
  const definition = plan.table.column.get(column.name)
  if (plan.missing === 'null' || definition === undefined || definition.default === null) return cell
  const absent = printer.slots.add(`a${column.name}`, ({ params }) =>
    params.cells[0]?.[column.cells[0]?.index ?? -1] === undefined ? 1n : 0n,
  )
  const fallback = printStored(parseDefault(definition.default, definition, printer.catalog), definition, printer)
  return `iif(${absent}, ${fallback}, ${cell})`
}
