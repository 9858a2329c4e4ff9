import type { A_Const, SQLValueFunction } from 'libpg-query'
import type { Expr } from '../../query/expr.ts'
import { cast, context, literal } from '../../query/expr-tools.ts'
import {
  BIGINT,
  BOOLEAN,
  DATE,
  INTEGER,
  NUMERIC,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UNKNOWN,
} from '../../schema/types.ts'
import { ExpressionError } from './error.ts'

const BIGINT_MAX = 2n ** 63n - 1n

/** A constant with the type PostgreSQL gives it: integer, bigint or numeric by size; quoted texts are `unknown` until used. */
export function checkConstant(node: A_Const): Expr {
  if (node.isnull === true) return literal(null, UNKNOWN)
  if (node.ival !== undefined) return literal(node.ival.ival ?? 0, INTEGER)
  if (node.boolval !== undefined) return literal(node.boolval.boolval ?? false, BOOLEAN)
  if (node.sval !== undefined) return literal(node.sval.sval ?? '', UNKNOWN)
  if (node.fval === undefined) throw new ExpressionError('bit strings are not supported')
  return numberConstant(node.fval.fval ?? '0')
}

/** Numbers beyond integer reach us as text. */
function numberConstant(text: string): Expr {
  if (!/^-?\d+$/.test(text)) return literal(plainDecimal(text), NUMERIC)
  const whole = BigInt(text)
  return whole <= BIGINT_MAX && whole >= -BIGINT_MAX - 1n ? literal(whole, BIGINT) : literal(text, NUMERIC)
}

/** Digits without an exponent: `1.5e3` → `1500`, `.5` → `0.5`. */
function plainDecimal(text: string): string {
  const parts = /^(-?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(text)
  if (parts === null) throw new ExpressionError(`the number ${text} is not supported; write it in decimal digits`)
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = parts
  const exponent = Number(exponentText)
  if (Math.abs(exponent) > 1000) throw new ExpressionError(`the number ${text} is out of range`)
  const scale = Math.max(0, fraction.length - exponent)
  const digits = (whole + fraction + '0'.repeat(Math.max(0, exponent - fraction.length))).padStart(scale + 1, '0')
  const point = digits.length - scale
  const integral = digits.slice(0, point).replace(/^0+(?=\d)/, '')
  return `${sign}${integral}${scale > 0 ? `.${digits.slice(point)}` : ''}`
}

/** `now()` and its relatives: one moment per request. */
export const NOW: Expr = context('now', TIMESTAMPTZ)
export const ROLE: Expr = context('role', TEXT)

/** `current_date`, `current_user` and the other words that are calls without parentheses. The session's time zone is UTC. */
export function checkValueFunction(node: SQLValueFunction): Expr {
  if (node.typmod !== undefined && node.typmod >= 0 && node.typmod < 6) {
    throw new ExpressionError('a precision of the current time is not supported')
  }
  switch (node.op) {
    case 'SVFOP_CURRENT_TIMESTAMP':
    case 'SVFOP_CURRENT_TIMESTAMP_N':
      return NOW
    case 'SVFOP_LOCALTIMESTAMP':
    case 'SVFOP_LOCALTIMESTAMP_N':
      return cast(NOW, TIMESTAMP)
    case 'SVFOP_CURRENT_DATE':
      return cast(NOW, DATE)
    case 'SVFOP_LOCALTIME':
    case 'SVFOP_LOCALTIME_N':
      return cast(NOW, TIME)
    case 'SVFOP_CURRENT_ROLE':
    case 'SVFOP_CURRENT_USER':
    case 'SVFOP_USER':
    case 'SVFOP_SESSION_USER':
      return ROLE
    default:
      throw new ExpressionError('this word is not supported', { hint: 'Use now(), current_date or localtimestamp.' })
  }
}
