import { failure } from '../../../errors/error.ts'
import { fitsInteger, formatFloating, type IntegerName } from '../../../schema/values/number.ts'
import {
  addDecimals,
  ceilDecimal,
  type Decimal,
  decimalOf,
  divideDecimals,
  floorDecimal,
  formatDecimal,
  fromSortKey,
  multiplyDecimals,
  negate,
  remainder,
  roundDecimal,
  subtractDecimals,
  toSortKey,
  truncateDecimal,
} from '../../../std/decimal.ts'
import type { SqlValue } from '../codecs.ts'
import { type Functions, text } from './define.ts'

const read = (value: SqlValue): Decimal => decimalOf(text(value))

const binary =
  (operate: (a: Decimal, b: Decimal) => Decimal) =>
  (a: SqlValue, b: SqlValue): SqlValue => {
    try {
      return formatDecimal(operate(read(a), read(b)))
    } catch (error) {
      throw asFailure(error)
    }
  }

const unary =
  (operate: (a: Decimal) => Decimal) =>
  (a: SqlValue): SqlValue =>
    formatDecimal(operate(read(a)))

const withDigits =
  (operate: (a: Decimal, digits: number) => Decimal) =>
  (a: SqlValue, digits: SqlValue = 0n): SqlValue =>
    formatDecimal(operate(read(a), Number(digits)))

function asFailure(error: unknown): unknown {
  if (!(error instanceof RangeError)) return error
  return error.message === 'division by zero' ? failure('22012') : failure('22003', { message: error.message })
}

const isNegative = (value: Decimal): boolean => value.unscaled < 0n

/** 17 significant digits are what PostgreSQL gives at least; Newton's method on integers is exact to the last of them. */
function squareRoot(value: Decimal): Decimal {
  if (isNegative(value)) throw failure('22023', { message: 'cannot take square root of a negative number' })
  const scale = Math.max(16, value.scale)
  const target = value.unscaled * 10n ** BigInt(2 * scale + 2 - value.scale)
  let root = target
  let next = target === 0n ? 0n : 10n ** BigInt(Math.ceil(target.toString().length / 2))
  while (next < root) {
    root = next
    next = (root + target / root) / 2n
  }
  return roundDecimal({ unscaled: root, scale: scale + 1 }, scale)
}

function power(a: Decimal, b: Decimal): Decimal {
  const exponent = Number(formatDecimal(b))
  if (Number.isInteger(exponent) && exponent >= 0 && exponent <= 1000) {
    return roundDecimal({ unscaled: a.unscaled ** BigInt(exponent), scale: a.scale * exponent }, Math.max(16, a.scale))
  }
  const result = Number(formatDecimal(a)) ** exponent
  if (!Number.isFinite(result)) throw failure('22003', { message: 'value overflows numeric format' })
  return roundDecimal(decimalOf(formatFloating('double', result)), 16)
}

/** Round half to even, as rint() does for double precision. */
function roundFloat(value: number): number {
  const rounded = Math.round(value)
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

export const numericFunctions: Functions = {
  numeric_add: { arity: 2, call: binary(addDecimals) },
  numeric_sub: { arity: 2, call: binary(subtractDecimals) },
  numeric_mul: { arity: 2, call: binary(multiplyDecimals) },
  numeric_div: { arity: 2, call: binary(divideDecimals) },
  numeric_mod: { arity: 2, call: binary(remainder) },
  numeric_power: { arity: 2, call: binary(power) },
  numeric_neg: { arity: 1, call: unary(negate) },
  numeric_abs: { arity: 1, call: unary((a) => (isNegative(a) ? negate(a) : a)) },
  numeric_sign: {
    arity: 1,
    call: (a) => {
      const { unscaled } = read(a)
      return unscaled > 0n ? '1' : unscaled < 0n ? '-1' : '0'
    },
  },
  numeric_sqrt: { arity: 1, call: unary(squareRoot) },
  numeric_round: { arity: -1, call: withDigits(roundDecimal) },
  numeric_trunc: { arity: -1, call: withDigits(truncateDecimal) },
  numeric_ceil: { arity: 1, call: unary(ceilDecimal) },
  numeric_floor: { arity: 1, call: unary(floorDecimal) },
  numeric_key: { arity: 1, call: (a) => toSortKey(read(a)) },
  numeric_scaled: {
    arity: 2,
    call: (a, scale) => {
      const { unscaled } = roundDecimal(read(a), Number(scale))
      if (BigInt.asIntN(64, unscaled) !== unscaled) throw failure('22003', { message: 'numeric field overflow' })
      return unscaled
    },
  },
  numeric_of_key: {
    arity: -1,
    call: (key, scale) => {
      const value = fromSortKey(text(key))
      return formatDecimal(scale === undefined ? value : roundDecimal(value, Number(scale)))
    },
  },
  numeric_of_native: { arity: 1, call: ofNative },
  integer: {
    arity: 2,
    call: (value, name) => {
      if (typeof value === 'bigint' && fitsInteger(text(name) as IntegerName, value)) return value
      throw failure('22003', { message: `${text(name)} out of range` })
    },
  },
  nonzero: {
    arity: 1,
    call: (value) => {
      if (Number(value) === 0) throw failure('22012')
      return value
    },
  },
  float_json: {
    arity: 2,
    call: (value, width) => {
      const number = Number(value)
      if (!Number.isFinite(number)) return JSON.stringify(formatFloating('double', number))
      return formatFloating(width === 4n ? 'real' : 'double', number)
    },
  },
  float_round: { arity: 1, call: (value) => roundFloat(Number(value)) },
  float_sqrt: {
    arity: 1,
    call: (value) => {
      if (Number(value) < 0) throw failure('22023', { message: 'cannot take square root of a negative number' })
      return Math.sqrt(Number(value))
    },
  },
  float_power: { arity: 2, call: (a, b) => Number(a) ** Number(b) },
}

/** An adopted number as decimal text; what is no number is its own text and will not parse. */
function ofNative(value: SqlValue): SqlValue {
  if (typeof value === 'number') return formatDecimal(decimalOf(formatFloating('double', value)))
  return typeof value === 'bigint' ? value.toString() : text(value)
}

interface Sum {
  total: Decimal
  count: number
}

const sumOf = (sum: Sum | null, value: SqlValue): Sum | null => {
  if (value === null) return sum
  return { total: sum === null ? read(value) : addDecimals(sum.total, read(value)), count: (sum?.count ?? 0) + 1 }
}

export const numericAggregates = {
  numeric_sum: { step: sumOf, result: (sum: Sum | null) => (sum === null ? null : formatDecimal(sum.total)) },
  numeric_avg: {
    step: sumOf,
    result: (sum: Sum | null) => {
      if (sum === null) return null
      return formatDecimal(divideDecimals(sum.total, { unscaled: BigInt(sum.count), scale: 0 }))
    },
  },
}
