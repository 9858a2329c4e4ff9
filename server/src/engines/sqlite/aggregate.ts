import { failure } from '../../errors/error.ts'
import type { AggregateName, Expr } from '../../query/expr.ts'
import { quoteText } from '../sql/printer.ts'
import { comparable } from './compare.ts'
import { decimalText, numericOfKey } from './encode-json.ts'
import type { ExprPrinter } from './expr.ts'

/** An aggregate in the standard form of PostgreSQL's result type: sum(integer) is bigint, sum(bigint) and avg are numeric. */
export function printAggregate(fn: AggregateName, value: Expr | null, printer: ExprPrinter): string {
  if (value === null) return 'count(*)'
  switch (fn) {
    case 'count':
      return `count(${printer.print(value)})`
    case 'sum':
      return printSum(value, printer)
    case 'avg':
      return printAverage(value, printer)
    case 'min':
    case 'max':
      return printExtreme(fn, value, printer)
  }
}

function printSum(value: Expr, printer: ExprPrinter): string {
  const sql = printer.print(value)
  switch (value.type.name) {
    case 'smallint':
    case 'integer':
    case 'real':
    case 'double':
      return `sum(${sql})`
    case 'bigint':
      return printer.udf('numeric_sum', `CAST(${sql} AS TEXT)`)
    case 'numeric':
      return printer.udf('numeric_sum', sql)
    case 'interval':
      return printer.udf('interval_sum', sql)
    default:
      throw unsupported('sum', value)
  }
}

function printAverage(value: Expr, printer: ExprPrinter): string {
  const sql = printer.print(value)
  switch (value.type.name) {
    case 'real':
    case 'double':
      return `avg(${sql})`
    case 'smallint':
    case 'integer':
      return printer.udf('numeric_div', `CAST(sum(${sql}) AS TEXT)`, `nullif(CAST(count(${sql}) AS TEXT), '0')`)
    case 'bigint':
      return printer.udf('numeric_avg', `CAST(${sql} AS TEXT)`)
    case 'numeric':
      return printer.udf('numeric_avg', sql)
    case 'interval':
      return printer.udf('interval_avg', sql)
    default:
      throw unsupported('avg', value)
  }
}

function printExtreme(fn: 'min' | 'max', value: Expr, printer: ExprPrinter): string {
  const side = comparable(value, 'lt', printer)
  const extreme = `${fn}(${side.sql})`
  if (side.tag === 'plain') return extreme
  if (side.tag === 'key' && value.type.name === 'numeric') return numericOfKey(value.type, extreme, printer)
  if (side.tag === 'native') return printer.udf('numeric_of_native', extreme)
  if (side.tag === 'spaced') return `replace(${extreme}, ' ', 'T')`
  if (side.tag.startsWith('scaled ')) return decimalText(extreme, Number(side.tag.slice('scaled '.length)))
  if (side.tag === 'rank' && value.type.name === 'enum') {
    const arms = (value.type.values ?? []).map((text, rank) => `WHEN ${rank} THEN ${quoteText(text)}`)
    return `CASE ${extreme} ${arms.join(' ')} END`
  }
  if (side.tag === 'length') return printer.udf(`interval_${fn}`, printer.print(value))
  throw unsupported(fn, value)
}

function unsupported(fn: string, value: Expr) {
  return failure('42883', { message: `function ${fn}(${value.type.name}) does not exist` })
}
