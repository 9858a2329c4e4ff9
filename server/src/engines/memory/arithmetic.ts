import { failure } from '../../errors/error.ts'
import { type ColumnType, type LogicalType, typeLabel, type Value } from '../../schema/types.ts'
import { formatInterval, parseInterval } from '../../schema/values/interval.ts'
import { fitsInteger, type IntegerName } from '../../schema/values/number.ts'
import * as decimal from '../../std/decimal.ts'
import { addIntervals, scaleInterval, shift } from './temporal.ts'

const text = (value: Value | undefined): string => String(value)

/** Arithmetic in the result's own kind of number, checked against its range. */
export function arithmetic(
  whole: (a: bigint, b: bigint) => bigint,
  exact: (a: decimal.Decimal, b: decimal.Decimal) => decimal.Decimal,
  float: (a: number, b: number) => number,
) {
  return ([a, b]: readonly Value[], result: ColumnType): Value => {
    if (result.name === 'numeric')
      return decimal.formatDecimal(exact(decimal.decimalOf(text(a)), decimal.decimalOf(text(b))))
    if (result.name === 'real' || result.name === 'double') return floating(float(Number(a), Number(b)), result)
    const value = whole(BigInt(a as number), BigInt(b as number))
    if (!fitsInteger(result.name as IntegerName, value))
      throw failure('22003', { message: `${typeLabel(result)} out of range` })
    return result.name === 'bigint' ? value : Number(value)
  }
}
export function floating(value: number, type: ColumnType): number {
  const fitted = type.name === 'real' ? Math.fround(value) : value
  return fitted === 0 ? 0 : fitted
}
export const divisor = <T>(value: T, zero: T): T => {
  if (value === zero) throw failure('22012')
  return value
}
export const divisorDecimal = (value: decimal.Decimal): decimal.Decimal => {
  divisor(value.unscaled, 0n)
  return value
}
export const plus = arithmetic(
  (a, b) => a + b,
  decimal.addDecimals,
  (a, b) => a + b,
)
export const minus = arithmetic(
  (a, b) => a - b,
  decimal.subtractDecimals,
  (a, b) => a - b,
)
export const times = arithmetic(
  (a, b) => a * b,
  decimal.multiplyDecimals,
  (a, b) => a * b,
)
export const over = arithmetic(
  (a, b) => a / divisor(b, 0n),
  (a, b) => decimal.divideDecimals(a, divisorDecimal(b)),
  (a, b) => a / divisor(b, 0),
)
export const rest = arithmetic(
  (a, b) => a % divisor(b, 0n),
  (a, b) => decimal.remainder(a, divisorDecimal(b)),
  (a, b) => a % divisor(b, 0),
)

/** Rounding of doubles, and of numerics to the digits of a second argument. */
export function rounding(
  float: (value: number) => number,
  exact: (value: decimal.Decimal, digits: number) => decimal.Decimal,
): (args: readonly Value[], types: readonly LogicalType[], result: ColumnType) => Value {
  return ([a, digits], _types, result) =>
    result.name === 'numeric'
      ? decimal.formatDecimal(exact(decimal.decimalOf(text(a)), Number(digits ?? 0)))
      : floating(float(Number(a)), result)
}
/** PostgreSQL rounds doubles half to even. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

export function temporalSum([a, b]: readonly Value[], [left, right]: readonly LogicalType[], sign: 1 | -1): Value {
  const [x, y] = [text(a), text(b)]
  const by = (name: string | undefined, value: string) =>
    name === 'integer' ? { months: 0, days: Number(value), micros: 0n } : parseInterval(value)
  if (left?.name === 'date' && right?.name === 'time') return `${x}T${y}`
  if (left?.name === 'interval' && right?.name === 'interval')
    return formatInterval(addIntervals(parseInterval(x), parseInterval(y), sign))
  if (left?.name === 'interval' || left?.name === 'integer') return shift(y, right?.name ?? '', by(left.name, x))
  const amount = by(right?.name, y)
  return shift(x, left?.name ?? '', sign === 1 ? amount : scaleInterval(amount, -1))
}
export const isNumber = (type: ColumnType): boolean =>
  ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double'].includes(type.name)

/** Numerics to whole powers; the simulation raises to no other. */
export function wholePower(base: decimal.Decimal, exponent: number): decimal.Decimal {
  const one = { unscaled: 1n, scale: 0 }
  const power = Array.from({ length: Math.abs(exponent) }).reduce<decimal.Decimal>(
    (made) => decimal.multiplyDecimals(made, base),
    one,
  )
  return exponent < 0 ? decimal.divideDecimals(one, divisorDecimal(power)) : power
}
