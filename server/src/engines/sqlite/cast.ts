import type { Cast } from '../../query/expr.ts'
import type { ColumnType, LogicalType } from '../../schema/types.ts'
import { quoteText } from '../sql/printer.ts'
import type { ExprPrinter } from './expr.ts'

const TEXTS = new Set(['text', 'varchar', 'uuid', 'date', 'time', 'interval', 'enum', 'numeric', 'unknown'])
const INTEGERS: Readonly<Record<string, number>> = { smallint: 2, integer: 4, bigint: 8 }

/** A cast with PostgreSQL's result. Most are one call of `pilar_cast`; those that change nothing in storage cost nothing. */
export function printCast(expr: Cast, printer: ExprPrinter): string {
  return castSql({ from: expr.arg.type, to: expr.type }, printer.print(expr.arg), printer)
}

/** `printCast` for SQL that is in standard form already. */
export function castSql(types: { from: LogicalType; to: ColumnType }, sql: string, printer: ExprPrinter): string {
  const { from: source, to: type } = types
  if (isFree(source, type)) return sql
  if (isUnboundedText(type)) {
    if (source.name in INTEGERS) return `CAST(${sql} AS TEXT)`
    if (source.name === 'boolean') return `iif(${sql} IS NULL, NULL, iif(${sql}, 'true', 'false'))`
  }
  const from = INTEGERS[source.name]
  if (from !== undefined && (type.name === 'double' || type.name === 'real')) return `CAST(${sql} AS REAL)`
  if (from !== undefined && type.name === 'numeric' && type.precision === undefined) return `CAST(${sql} AS TEXT)`
  return printer.udf('cast', quoteText(JSON.stringify(source)), quoteText(JSON.stringify(type)), sql)
}

const isUnboundedText = (type: ColumnType): boolean =>
  type.name === 'text' || (type.name === 'varchar' && type.length === undefined)

function isFree(from: LogicalType, to: ColumnType): boolean {
  if (JSON.stringify(from) === JSON.stringify(to)) return true
  if (isUnboundedText(to)) return TEXTS.has(from.name)
  const [narrow, wide] = [INTEGERS[from.name], INTEGERS[to.name]]
  if (narrow !== undefined && wide !== undefined) return narrow <= wide
  if (from.name === 'numeric' && to.name === 'numeric') return to.precision === undefined
  return from.name === 'real' && to.name === 'double'
}
