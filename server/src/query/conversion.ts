import { failure } from '../errors/error.ts'
import { type ColumnType, type LogicalType, typeLabel, UNKNOWN, type Value } from '../schema/types.ts'
import { fromText } from '../schema/values.ts'
import { baseType, commonType, isNumber, isText, sameBase } from './common-type.ts'
import type { Expr, Literal } from './expr.ts'
import { cast, literal } from './expr-tools.ts'

/**
 * Gives `expr` the type `target`, which is known to be allowed: literals and params are re-typed, everything else is cast. Lengths and
 * precisions make no cast: `numeric(10,2)` stays what it is where `numeric` is wanted.
 */
export function coerce(expr: Expr, target: ColumnType): Expr {
  if (expr.kind === 'param') return Object.freeze({ ...expr, type: baseType(target) })
  if (expr.kind === 'literal') return convertLiteral(expr, baseType(target))
  return sameBase(expr.type, target) ? expr : cast(expr, baseType(target))
}

function convertLiteral(expr: Literal, target: ColumnType): Expr {
  const { value, type } = expr
  if (type.name !== 'unknown' && sameBase(type, target)) return expr
  if (value === null) return literal(null, target)
  if (type.name === 'unknown') return literal(fromText(target, String(value)), target)
  if (isNumber(type) && isNumber(target)) return literal(convertNumber(value, target), target)
  return cast(expr, target)
}

function convertNumber(value: Value, target: ColumnType): Value {
  if (target.name === 'numeric') return String(value)
  if (target.name === 'bigint') return BigInt(String(value))
  return Number(value)
}

const INTEGER_MAX: ReadonlyMap<string, bigint> = new Map([
  ['smallint', 2n ** 15n - 1n],
  ['integer', 2n ** 31n - 1n],
  ['bigint', 2n ** 63n - 1n],
])

/**
 * For comparisons: an integer constant takes the other side's integer type when it fits, so that `smallint_column = 5` compares the column
 * as it is stored (PostgreSQL has an operator for every pair of integer types; the outcome is the same).
 */
export function narrowed(args: readonly Expr[], types: readonly LogicalType[]): readonly LogicalType[] {
  const isInteger = (arg: Expr): boolean => arg.kind === 'literal' && INTEGER_MAX.has(arg.type.name)
  const others = types.filter((_, index) => !isInteger(args[index] as Expr))
  const target = others.length === types.length ? null : commonType(others, 'compare')
  const max = target === null ? undefined : INTEGER_MAX.get(target.name)
  if (target === null || max === undefined) return types
  return types.map((type, index) => (fits(args[index] as Expr, max) ? target : type))
}

function fits(arg: Expr, max: bigint): boolean {
  if (arg.kind !== 'literal' || !INTEGER_MAX.has(arg.type.name) || arg.value === null) return false
  const value = BigInt(String(arg.value))
  return value <= max && value >= -max - 1n
}

/** What PostgreSQL casts to what when told to (`::`), beyond a type to itself and anything from and to text. */
const CASTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['boolean', ['integer']],
  ['smallint', ['integer', 'bigint', 'numeric', 'real', 'double']],
  ['integer', ['smallint', 'bigint', 'numeric', 'real', 'double', 'boolean']],
  ['bigint', ['smallint', 'integer', 'numeric', 'real', 'double']],
  ['numeric', ['smallint', 'integer', 'bigint', 'real', 'double']],
  ['real', ['smallint', 'integer', 'bigint', 'numeric', 'double']],
  ['double', ['smallint', 'integer', 'bigint', 'numeric', 'real']],
  ['date', ['timestamp', 'timestamptz']],
  ['time', ['interval']],
  ['timestamp', ['date', 'time', 'timestamptz']],
  ['timestamptz', ['date', 'time', 'timestamp']],
  ['interval', ['time']],
  ['jsonb', ['boolean', 'smallint', 'integer', 'bigint', 'numeric', 'real', 'double']],
])

/** Whether PostgreSQL has the explicit cast. */
export function castable(from: LogicalType, to: ColumnType): boolean {
  if (from.name === 'unknown' || sameBase(from, to) || isText(from) || isText(to)) return true
  if (from.name === 'array') return to.name === 'array' && castable(from.element, to.element)
  return CASTS.get(from.name)?.includes(to.name) ?? false
}

/** An explicit cast. Throws 42846 where there is none, and the conversion's own error for a literal that can't be converted. */
export function castTo(expr: Expr, target: ColumnType): Expr {
  if (!castable(expr.type, target)) throw failure('42846', { from: typeLabel(expr.type), to: typeLabel(target) })
  if (expr.kind === 'literal' && expr.type.name === 'unknown') {
    const value = expr.value === null ? null : fromText(target, String(expr.value))
    return literal(value, target)
  }
  if (expr.kind === 'literal' && isExact(expr, target)) return literal(convertNumber(expr.value, target), target)
  if (expr.type.name !== 'unknown' && sameBase(expr.type, target) && typeLabel(expr.type) === typeLabel(target))
    return expr
  return cast(expr, target)
}

/** An integer constant cast to a number type that holds it: the constant itself in that type. */
function isExact(expr: Literal, target: ColumnType): boolean {
  if (expr.value === null || !INTEGER_MAX.has(expr.type.name) || !isNumber(target) || target.precision !== undefined)
    return false
  const max = INTEGER_MAX.get(target.name)
  return max === undefined ? target.name === 'numeric' : fits(expr, max)
}

/** Brings the alternatives of CASE, COALESCE, ARRAY[…] to one type. Throws 42804 `CASE types integer and text cannot be matched`. */
export function mergeTypes(
  what: string,
  exprs: readonly Expr[],
): { readonly type: ColumnType; readonly exprs: readonly Expr[] } {
  const types = exprs.map((expr) => (expr.kind === 'param' ? UNKNOWN : expr.type))
  const type = commonType(types, 'merge')
  if (type !== null) return { type, exprs: exprs.map((expr) => coerce(expr, type)) }
  const first = types.find((candidate) => candidate.name !== 'unknown') ?? UNKNOWN
  const other = types.find((candidate) => commonType([first, candidate], 'merge') === null) ?? UNKNOWN
  throw failure('42804', { message: `${what} types ${typeLabel(first)} and ${typeLabel(other)} cannot be matched` })
}
