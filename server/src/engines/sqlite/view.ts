import { parseSelect } from '../../policy/expression/index.ts'
import type { Expr, QuerySource, ViewQuery } from '../../query/expr.ts'
import type { Catalog, Column, Table } from '../../schema/catalog.ts'
import { allOf, quoteName } from '../sql/printer.ts'
import { printAggregate } from './aggregate.ts'
import { storageOf } from './codecs.ts'
import type { ExprPrinter } from './expr.ts'
import { printStored } from './stored-expr.ts'

/** By structure, too: while it changes, a view of the same text may read tables whose columns have other names. */
const parsed = new WeakMap<Catalog, Map<Table, ViewQuery>>()

/**
 * The select of a view that Pilar made, as text to stand in FROM. It is printed in place rather than read from the database's own view, so that
 * it may call our functions and its scans are counted.
 */
export function printView(view: Table, printer: ExprPrinter): string {
  const { catalog } = printer
  const known = parsed.get(catalog) ?? new Map<Table, ViewQuery>()
  parsed.set(catalog, known)
  const query = known.get(view) ?? parseSelect(view.definition ?? '', catalog, view.schema)
  known.set(view, query)
  return printViewQuery(query, view, printer)
}

function printViewQuery(query: ViewQuery, view: Table, printer: ExprPrinter): string {
  return printSelect(query, printer, () =>
    view.columns.flatMap((column) => {
      const output = query.output.find(({ name }) => name === column.name)
      return output === undefined ? [] : [`${printOutput(output.value, column, printer)} AS ${quoteName(column.name)}`]
    }),
  )
}

/** The select with the outputs that `printOutputs` gives. */
export function printSelect(query: ViewQuery, printer: ExprPrinter, printOutputs: () => readonly string[]): string {
  const aggregates = query.aggregates.map(({ fn, value }) => `(${printAggregate(fn, value, printer)})`)
  return printer.withAggregates(aggregates, () => {
    const order = query.order.map((term) => printer.order(term)).join(', ')
    const group = query.group?.map((expr) => printer.print(expr)) ?? []
    return [
      `SELECT ${query.distinct ? 'DISTINCT ' : ''}${printOutputs().join(', ')}`,
      printSources(query, printer),
      group.length === 0 ? '' : ` GROUP BY ${group.join(', ')}`,
      query.having === null ? '' : ` HAVING ${printer.print(query.having)}`,
      order === '' ? '' : ` ORDER BY ${order}`,
      query.limit === null ? '' : ` LIMIT ${query.limit}`,
    ].join('')
  })
}

/** A column as it is, where the view's column is kept in the same way. */
function printOutput(value: Expr, column: Column, printer: ExprPrinter): string {
  if (value.kind === 'column' && value.source !== 'aggregates') {
    const source = printer.columnOf(value)
    const [a, b] = [storageOf(source), storageOf(column)]
    if (source.type.name === column.type.name && JSON.stringify(a) === JSON.stringify(b))
      return printer.rawColumn(value)
  }
  return printStored(value, column, printer)
}

function printSources(query: ViewQuery, printer: ExprPrinter): string {
  if (query.from.length === 0) return query.where === null ? '' : ` WHERE ${printer.print(query.where)}`
  const fuel: (string | null)[] = []
  const sources = query.from.map((item: QuerySource, index) => {
    const table = printer.table(item.table)
    fuel.push(item.join === 'left' ? null : printer.fuel(table, item.source, [query.where, item.on]))
    const name = `${printer.from(table)} AS ${quoteName(item.source)}`
    if (index === 0) return name
    const join = { left: 'LEFT JOIN', inner: 'JOIN', cross: 'CROSS JOIN' }[item.join]
    return `${join} ${name}${item.on === null ? '' : ` ON ${printer.print(item.on)}`}`
  })
  const where = allOf([...fuel, printer.printAll(query.where)])
  return ` FROM ${sources.join(' ')}${where === null ? '' : ` WHERE ${where}`}`
}
