import { failure } from '../../errors/error.ts'
import { baseType, coercible, isNumber, isText, sameBase } from '../../query/common-type.ts'
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
export function assign(expr: Expr, type: ColumnType, subject: Subject): Expr {
  refuseUnassignable(expr, type, subject)
  if (expr.type.name === 'unknown' || !sameBase(expr.type, type)) return castTo(expr, type)
  return expr
}

interface Subject {
  readonly name: string
  readonly what: string
}

function refuseUnassignable(expr: Expr, type: ColumnType, subject: Subject): void {
  if (assignable(expr.type, type)) return
  const message = `${subject.name} is of type ${typeLabel(type)} but ${subject.what} is of type ${typeLabel(expr.type)}`
  throw failure('42804', { message }, { hint: 'You will need to rewrite or cast the expression.' })
}

/**
 * `assign` for values that whoever stores them has yet to fit into the type's length and scale (a cast would cut texts where an assignment
 * refuses them). A text may be meant for an enum, whose name no expression over the former structure could know: it stays a text.
 * So does the value of an enum that had other values.
 */
export function assignUnfitted(expr: Expr, type: ColumnType, subject: Subject): Expr {
  if (expr.type.name === 'unknown') return castTo(expr, type)
  if (isText(expr.type) && type.name === 'enum') return expr
  if (expr.type.name === 'enum' && type.name === 'enum' && !sameBase(expr.type, type)) return castTo(expr, TEXT)
  refuseUnassignable(expr, type, subject)
  return sameBase(expr.type, type) ? expr : castTo(expr, baseType(type))
}
