import { parseUsingSelect } from '../../../policy/using.ts'
import type { ViewQuery } from '../../../query/expr.ts'
import { mapViewQuery } from '../../../query/expr-tools.ts'
import type { Catalog, Column, Table } from '../../../schema/catalog.ts'
import { quoteName } from '../../sql/printer.ts'
import { ExprPrinter, Usage } from '../expr.ts'
import { computedColumns } from '../generated.ts'
import { printSelect } from '../view.ts'
import { convertColumn, convertComputed, fittedSql, located, readNames, withNow } from './convert.ts'

/** The rows of a new table: `INSERT INTO … (columns) select`. */
export interface FilledTable {
  /** Quoted columns that get a value; the others are given by the file itself (a new number, a computed column). */
  readonly columns: readonly string[]
  readonly select: string
  /** Tables of the file that are read, by their names there. */
  readonly reads: readonly string[]
}

export interface FillSource {
  /** The structure before the first step. */
  readonly found: Catalog
  /** The structure that has the new table. */
  readonly after: Catalog
  readonly nowMicros: bigint
}

/** Alias of the rows that the select gave. */
const ROWS = 'o'

/**
 * The rows that `create-table.using` gives, as the new table keeps them: outputs assigned to their columns, the other columns by their defaults.
 * Throws PILAR_SCHEMA with the place in the select.
 */
export function fillTable(table: Table, using: string, source: FillSource): FilledTable {
  const { found, after, nowMicros } = source
  const printer = new ExprPrinter(found, new Usage())
  const place = { where: table.name, part: 'using' }
  const { query, select } = located(place, () => {
    const given = mapViewQuery(parseUsingSelect(using, table, found), (expr) => withNow(expr, nowMicros))
    return { query: given, select: printOutputs(given, table, printer) }
  })
  const given = new Set(query.output.map((output) => output.name))
  const computed = computedColumns(table, after)
  const rest = table.columns.filter((column) => !given.has(column.name) && column.generated === null)
  const defaults = rest.flatMap((column): [Column, string][] => {
    if (column.default === null) return []
    const value = { column, from: null, using: null, fill: null, restores: null }
    return [[column, convertColumn(value, { found, table, nowMicros }).sql]]
  })
  const values = new Map<string, string>([
    ...query.output.map(({ name }): [string, string] => [name, `${ROWS}.${quoteName(name)}`]),
    ...defaults.map(([column, sql]): [string, string] => [column.name, sql]),
  ])
  for (const column of computed) {
    const of = (name: string): string => values.get(name) ?? 'NULL'
    values.set(column.name, convertComputed(column, { table, catalog: after }, of))
  }
  const list = [...values].map(([name, sql]) => `${sql} AS ${quoteName(name)}`)
  return {
    columns: [...values.keys()].map(quoteName),
    select: `SELECT ${list.join(', ')} FROM (${select}) AS ${ROWS}`,
    reads: readNames(printer, found),
  }
}

function printOutputs(query: ViewQuery, table: Table, printer: ExprPrinter): string {
  return printSelect(query, printer, () =>
    query.output.flatMap(({ name, value }) => {
      const column = table.column.get(name)
      return column === undefined ? [] : [`${fittedSql(value, column, printer)} AS ${quoteName(name)}`]
    }),
  )
}
