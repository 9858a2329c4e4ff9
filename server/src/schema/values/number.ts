import { failure } from '../../errors/error.ts'
import { type Decimal, formatDecimal, parseDecimal, roundDecimal, stripZeros } from '../../std/decimal.ts'
import type { ScalarType } from '../types.ts'
import { invalidSyntax } from './invalid.ts'

const INTEGER_BOUNDS = {
  smallint: [-32_768n, 32_767n],
  integer: [-2_147_483_648n, 2_147_483_647n],
  bigint: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
} as const

export type IntegerName = keyof typeof INTEGER_BOUNDS

/** Decimal digits with a sign and blanks around it, within the type's range (22003). */
export function parseInteger(name: IntegerName, text: string): bigint {
  const trimmed = text.trim()
  if (!/^[+-]?\d+$/.test(trimmed)) throw invalidSyntax(name, text)
  if (trimmed.length > 30 && /^[+-]?0*[1-9]\d{20}/.test(trimmed)) throw integerOutOfRange(name, text)
  const value = BigInt(trimmed.replace(/^\+/, ''))
  if (!fitsInteger(name, value)) throw integerOutOfRange(name, text)
  return value
}

/** True when `value` lies in the range of the type. */
export function fitsInteger(name: IntegerName, value: bigint): boolean {
  const [low, high] = INTEGER_BOUNDS[name]
  return value >= low && value <= high
}

function integerOutOfRange(name: IntegerName, text: string) {
  return failure('22003', { message: `value "${text}" is out of range for type ${name}` })
}

/** The canonical text of a numeric; with a precision it is rounded to the scale and must fit (22003). */
export function parseNumeric(type: ScalarType, text: string): string {
  const trimmed = text.trim()
  const value = readDecimal(trimmed)
  if (value !== null) return formatDecimal(fitDecimal(type, value))
  if (/^[+-]?(nan|inf|infinity)$/i.test(trimmed)) {
    if (type.precision !== undefined) throw failure('22003', { message: 'numeric field overflow' })
    throw failure('0A000', { message: 'numeric values cannot be NaN or infinite in Pilar' })
  }
  throw invalidSyntax('numeric', text)
}

function readDecimal(text: string): Decimal | null {
  try {
    return parseDecimal(text)
  } catch (error) {
    if (error instanceof RangeError) throw failure('22003', { message: 'value overflows numeric format' })
    throw error
  }
}

/**
 * A decimal as a column of the type holds it: rounded to the scale; without trailing zeros when the type is unconstrained. 22003 when
 * it has too many digits.
 */
export function fitDecimal(type: ScalarType, value: Decimal): Decimal {
  if (type.precision === undefined) return stripZeros(value)
  const scale = type.scale ?? 0
  const rounded = roundDecimal(value, scale)
  const wholeDigits = type.precision - scale
  const size = rounded.unscaled < 0n ? -rounded.unscaled : rounded.unscaled
  if (size < 10n ** BigInt(type.precision)) return rounded
  const bound = wholeDigits === 0 ? '1' : `10^${wholeDigits}`
  throw failure(
    '22003',
    { message: 'numeric field overflow' },
    {
      details: `A field with precision ${type.precision}, scale ${scale} must round to an absolute value less than ${bound}.`,
    },
  )
}

const FLOAT_LABEL = { real: 'real', double: 'double precision' } as const

/** `NaN` and `Infinity` in any case are numbers here. -0 becomes 0. */
export function parseFloating(name: 'real' | 'double', text: string): number {
  const trimmed = text.trim()
  const special = /^([+-]?)(?:(nan)|(inf|infinity))$/i.exec(trimmed)
  if (special !== null) {
    if (special[2] !== undefined) return Number.NaN
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) throw invalidSyntax(FLOAT_LABEL[name], text)
  const parsed = Number(trimmed)
  const value = name === 'real' ? Math.fround(parsed) : parsed
  const isLost = !Number.isFinite(value) || (value === 0 && /[1-9]/.test(trimmed.replace(/e.*$/i, '')))
  if (isLost) throw failure('22003', { message: `"${trimmed}" is out of range for type ${FLOAT_LABEL[name]}` })
  return value === 0 ? 0 : value
}

/** PostgreSQL's shortest exact output: `0.1`, `1e+15`, `1e-05`, `NaN`, `-Infinity`. */
export function formatFloating(name: 'real' | 'double', value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity'
  if (value === 0) return '0'
  const shortest = name === 'real' ? shortestReal(value) : value.toExponential()
  const [mantissa = '', exponentText = '0'] = shortest.split('e')
  const exponent = Number.parseInt(exponentText, 10)
  if (exponent < -4 || exponent >= (name === 'real' ? 6 : 15)) {
    const sign = exponent < 0 ? '-' : '+'
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  return formatDecimal(parseDecimal(shortest) ?? { unscaled: 0n, scale: 0 })
}

/** The fewest digits that give the same 32-bit number again. */
function shortestReal(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === value)
      return text.replace(/\.?0+e/, (zeros) => (zeros.startsWith('.') ? 'e' : zeros))
  }
  return value.toExponential(8)
}
