import { failure } from '../../errors/error.ts'
import { coercible, isNumber, isText, sameBase } from '../../query/common-type.ts'
import { castTo, coerce } from '../../query/conversion.ts'
import type { Expr } from '../../query/expr.ts'
import { BOOLEAN, type ColumnType, type LogicalType, TEXT, typeLabel } from '../../schema/types.ts'

/** PostgreSQL's rule for WHERE, AND, WHEN and the like. Throws 42804 `argument of WHERE must be type boolean, not type integer`. */
export function booleanArgument(expr: Expr, of: string): Expr {
  if (expr.type.name === 'unknown' || expr.type.name === 'boolean') return coerce(expr, BOOLEAN)
  const message = `argument of ${of} must be type boolean, not type ${typeLabel(expr.type)}`
  throw failure('42804', { message })
}

/** A column type for what has none yet: PostgreSQL makes text of it. */
export function settled(expr: Expr): Expr {
  return expr.type.name === 'unknown' ? coerce(expr, TEXT) : expr
}

const TEMPORAL: ReadonlySet<string> = new Set(['date', 'timestamp', 'timestamptz'])

/** Whether a value of `from` may be stored in a column of `to` without a written cast. */
function assignable(from: LogicalType, to: ColumnType): boolean {
  if (from.name === 'unknown' || sameBase(from, to) || isText(to)) return true
  if (to.name === 'array' || from.name === 'array') return false
  return (
    (isNumber(from) && isNumber(to)) || (TEMPORAL.has(from.name) && TEMPORAL.has(to.name)) || coercible(from, to.name)
  )
}

/**
 * Converts `expr` as an assignment to a column of `type` does; literals take its length and scale too. `subject` opens the message:
 * `column "age" is of type integer but default expression is of type text`.
 */
export function assign(expr: Expr, type: ColumnType, subject: { readonly name: string; readonly what: string }): Expr {
  if (!assignable(expr.type, type)) {
    const message = `${subject.name} is of type ${typeLabel(type)} but ${subject.what} is of type ${typeLabel(expr.type)}`
    throw failure('42804', { message }, { hint: 'You will need to rewrite or cast the expression.' })
  }
  if (expr.type.name === 'unknown' || !sameBase(expr.type, type)) return castTo(expr, type)
  return expr
}
