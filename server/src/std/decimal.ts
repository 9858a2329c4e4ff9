/**
 * Exact decimal numbers on BigInt with PostgreSQL's rules for the scale of results. `scale` counts digits after the point; trailing
 * zeros are digits like others (`1.50` has scale 2). Not-a-number and infinities don't exist here.
 */
export interface Decimal {
  /** The value times 10^scale. */
  readonly unscaled: bigint
  readonly scale: number
}

/** PostgreSQL's bounds for numeric: digits before the point, and after it. */
export const WHOLE_DIGITS_MAX = 131_072
export const SCALE_MAX = 16_383
const DIVISION_SCALE_MAX = 1_000
const DIVISION_DIGITS_MIN = 16

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,7}))?$/

/** `-12.50`, `.5`, `5.`, `1e3`: null when the text is no number. Throws `RangeError` beyond PostgreSQL's bounds. */
export function parseDecimal(text: string): Decimal | null {
  const match = DECIMAL.exec(text)
  if (match === null) return null
  const [, sign, whole = '', fraction = '', exponentText] = match
  if (whole === '' && fraction === '') return null
  const digits = BigInt(`${whole}${fraction}` || '0')
  const exponent = exponentText === undefined ? 0 : Number.parseInt(exponentText, 10)
  const scale = fraction.length - exponent
  if (scale > SCALE_MAX && digits === 0n) return { unscaled: 0n, scale: SCALE_MAX }
  const significant = whole.length + exponent
  if (digits !== 0n && (significant > WHOLE_DIGITS_MAX || scale > 10 * SCALE_MAX)) throw outOfRange()
  const value =
    scale < 0 ? { unscaled: digits === 0n ? 0n : digits * power10(-scale), scale: 0 } : { unscaled: digits, scale }
  const bounded = value.scale > SCALE_MAX ? roundDecimal(value, SCALE_MAX) : value
  return sign === '-' ? negate(bounded) : bounded
}

/** Like `parseDecimal`, for text that is known to be a number. */
export function decimalOf(text: string): Decimal {
  const value = parseDecimal(text)
  if (value === null) throw new Error(`assertion failed: not a decimal: ${text}`)
  return value
}

/** All digits, never an exponent: `-0.050`. */
export function formatDecimal(value: Decimal): string {
  const isNegative = value.unscaled < 0n
  const digits = (isNegative ? -value.unscaled : value.unscaled).toString().padStart(value.scale + 1, '0')
  const point = digits.length - value.scale
  const text = value.scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
  return isNegative ? `-${text}` : text
}

export function negate(value: Decimal): Decimal {
  return { unscaled: -value.unscaled, scale: value.scale }
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { unscaled: atScale(a, scale) + atScale(b, scale), scale }
}

export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return addDecimals(a, negate(b))
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  const product = { unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale }
  return product.scale > SCALE_MAX ? roundDecimal(product, SCALE_MAX) : product
}

/** Quotient with PostgreSQL's scale: at least 16 significant digits and both operands' scales. Throws `RangeError` on zero. */
export function divideDecimals(a: Decimal, b: Decimal): Decimal {
  if (b.unscaled === 0n) throw new RangeError('division by zero')
  const scale = divisionScale(a, b)
  const shift = scale - a.scale + b.scale
  const numerator = shift >= 0 ? a.unscaled * power10(shift) : a.unscaled
  const denominator = shift >= 0 ? b.unscaled : b.unscaled * power10(-shift)
  return { unscaled: divideRounded(numerator, denominator), scale }
}

/** Remainder with the sign of `a`. Throws `RangeError` on zero. */
export function remainder(a: Decimal, b: Decimal): Decimal {
  if (b.unscaled === 0n) throw new RangeError('division by zero')
  const scale = Math.max(a.scale, b.scale)
  return { unscaled: atScale(a, scale) % atScale(b, scale), scale }
}

/** Rounds half away from zero to `digits` after the point (before it when negative). Fewer digits than asked are filled up. */
export function roundDecimal(value: Decimal, digits = 0): Decimal {
  if (digits >= value.scale) return { unscaled: atScale(value, digits), scale: digits }
  const rounded = divideRounded(value.unscaled, power10(value.scale - digits))
  return fromWhole(rounded, digits)
}

/** Cuts off after `digits`, towards zero. */
export function truncateDecimal(value: Decimal, digits = 0): Decimal {
  if (digits >= value.scale) return { unscaled: atScale(value, digits), scale: digits }
  return fromWhole(value.unscaled / power10(value.scale - digits), digits)
}

export function floorDecimal(value: Decimal): Decimal {
  const truncated = truncateDecimal(value)
  return compareDecimals(truncated, value) > 0 ? { unscaled: truncated.unscaled - 1n, scale: 0 } : truncated
}

export function ceilDecimal(value: Decimal): Decimal {
  return negate(floorDecimal(negate(value)))
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale)
  const difference = atScale(a, scale) - atScale(b, scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** The same value without trailing zeros after the point. */
export function stripZeros(value: Decimal): Decimal {
  if (value.scale === 0) return value
  if (value.unscaled === 0n) return { unscaled: 0n, scale: 0 }
  const digits = value.unscaled.toString()
  let zeros = 0
  while (zeros < value.scale && digits.charCodeAt(digits.length - 1 - zeros) === 48) zeros++
  return zeros === 0 ? value : { unscaled: value.unscaled / power10(zeros), scale: value.scale - zeros }
}

/** The value times 10^scale as an integer. `scale` must not be less than the value's own. */
export function atScale(value: Decimal, scale: number): bigint {
  return scale === value.scale ? value.unscaled : value.unscaled * power10(scale - value.scale)
}

const EXPONENT_BIAS = 500_000
const EXPONENT_MAX = 999_999

/**
 * A text whose byte order is the numbers' order, both signs; equal numbers have equal keys (trailing zeros are not kept):
 * `0` for zero, `1` + exponent + digits above it, `-` + complements + `~` below it.
 */
export function toSortKey(value: Decimal): string {
  if (value.unscaled === 0n) return '0'
  const isNegative = value.unscaled < 0n
  const all = (isNegative ? -value.unscaled : value.unscaled).toString()
  const exponent = all.length - value.scale + EXPONENT_BIAS
  const digits = all.replace(/0+$/, '')
  if (!isNegative) return `1${String(exponent).padStart(6, '0')}${digits}`
  return `-${String(EXPONENT_MAX - exponent).padStart(6, '0')}${complement(digits)}~`
}

/** The inverse of `toSortKey`, without trailing zeros. */
export function fromSortKey(key: string): Decimal {
  if (key === '0') return { unscaled: 0n, scale: 0 }
  const isNegative = key.startsWith('-')
  const exponentText = Number.parseInt(key.slice(1, 7), 10)
  const exponent = (isNegative ? EXPONENT_MAX - exponentText : exponentText) - EXPONENT_BIAS
  const digits = isNegative ? complement(key.slice(7, -1)) : key.slice(7)
  const scale = digits.length - exponent
  const unscaled = scale < 0 ? BigInt(digits) * power10(-scale) : BigInt(digits)
  return { unscaled: isNegative ? -unscaled : unscaled, scale: Math.max(scale, 0) }
}

function complement(digits: string): string {
  return digits.replace(/\d/g, (digit) => String(9 - Number(digit)))
}

function fromWhole(units: bigint, digits: number): Decimal {
  return digits < 0 ? { unscaled: units * power10(-digits), scale: 0 } : { unscaled: units, scale: digits }
}

function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const isNegative = numerator < 0n !== denominator < 0n
  const top = numerator < 0n ? -numerator : numerator
  const bottom = denominator < 0n ? -denominator : denominator
  const rounded = (top * 2n + bottom) / (bottom * 2n)
  return isNegative ? -rounded : rounded
}

/** PostgreSQL's select_div_scale: it estimates the quotient's weight in its base-10000 digits. */
function divisionScale(a: Decimal, b: Decimal): number {
  const first = leadingDigit(a)
  const second = leadingDigit(b)
  const weight = first.weight - second.weight - (first.digit <= second.digit ? 1 : 0)
  const scale = Math.max(DIVISION_DIGITS_MIN - weight * 4, a.scale, b.scale, 0)
  return Math.min(scale, DIVISION_SCALE_MAX)
}

function leadingDigit(value: Decimal): { weight: number; digit: number } {
  if (value.unscaled === 0n) return { weight: 0, digit: 0 }
  const digits = (value.unscaled < 0n ? -value.unscaled : value.unscaled).toString()
  const position = digits.length - value.scale - 1
  const weight = Math.floor(position / 4)
  const count = position - weight * 4 + 1
  return { weight, digit: Number(digits.slice(0, count).padEnd(count, '0')) }
}

function outOfRange(): RangeError {
  return new RangeError('value overflows numeric format')
}

function power10(exponent: number): bigint {
  return 10n ** BigInt(exponent)
}
