import { failure } from '../../errors/error.ts'
import type { Call, Expr } from '../../query/expr.ts'
import { quoteText } from '../sql/printer.ts'
import type { ExprPrinter } from './expr.ts'

const INTEGERS = new Set(['smallint', 'integer', 'bigint'])
const FLOATS = new Set(['real', 'double'])
const SYMBOLS: Readonly<Record<string, string>> = { add: '+', sub: '-', mul: '*', div: '/', mod: '%' }

/** Numbers by the kind of the result; dates and intervals by our own functions. */
export function printArithmetic(expr: Call, printer: ExprPrinter): string {
  const args = expr.args.map((arg) => printer.print(arg))
  const operand = expr.args[0]?.type.name ?? ''
  if (expr.type.name === 'jsonb') return printer.udf('jsonb_delete', ...args)
  if (expr.args.every((arg) => INTEGERS.has(arg.type.name)) && INTEGERS.has(expr.type.name))
    return integer(expr, args, printer)
  if (FLOATS.has(operand) && FLOATS.has(expr.type.name)) return float(expr, args, printer)
  if (expr.type.name === 'numeric') return printer.udf(`numeric_${expr.fn}`, ...args)
  return temporal(expr, args, printer)
}

/** Results beyond the type are 22003; SQLite itself would go on in floating point. */
function integer(expr: Call, args: readonly string[], printer: ExprPrinter): string {
  const [a = '', b = ''] = args
  const checked = (sql: string): string => (printer.ddl ? sql : printer.udf('integer', sql, quoteText(expr.type.name)))
  switch (expr.fn) {
    case 'add':
    case 'sub':
    case 'mul':
      return checked(`(${a} ${SYMBOLS[expr.fn]} ${b})`)
    case 'div':
    case 'mod':
      return checked(`(${a} ${SYMBOLS[expr.fn]} ${printer.ddl ? b : printer.udf('nonzero', b)})`)
    case 'neg':
      return checked(`(-${a})`)
    case 'abs':
      return `abs(${a})`
    default:
      throw failure('0A000', { message: `${expr.fn} of integers is not supported` })
  }
}

function float(expr: Call, args: readonly string[], printer: ExprPrinter): string {
  const [a = '', b = ''] = args
  switch (expr.fn) {
    case 'add':
    case 'sub':
    case 'mul':
      return `(${a} ${SYMBOLS[expr.fn]} ${b})`
    case 'div':
      return `(${a} / ${printer.ddl ? b : printer.udf('nonzero', b)})`
    case 'neg':
      return `(-${a})`
    case 'abs':
      return `abs(${a})`
    case 'round':
      return printer.udf('float_round', a)
    case 'ceil':
    case 'floor':
    case 'trunc':
      return `${expr.fn}(${a})`
    case 'sign':
      return `CAST(sign(${a}) AS REAL)`
    case 'power':
    case 'sqrt':
      return printer.udf(`float_${expr.fn}`, ...args)
    default:
      throw failure('0A000', { message: `${expr.fn} of floating-point numbers is not supported` })
  }
}

function temporal(expr: Call, args: readonly string[], printer: ExprPrinter): string {
  const types = expr.args.map((arg: Expr) => quoteText(arg.type.name))
  return printer.udf(`temporal_${expr.fn}`, ...args, ...types)
}
