import type { ColumnType, ScalarType, ScalarTypeName } from '../types.ts'

/**
 * What a change of type without `using` does to values. `exact`: every value has its like in the new type. `checked`: each value has to be looked
 * at, for it may have none. `none`: the types have nothing in common, an expression has to say what becomes of the values.
 */
export interface CastRule {
  readonly kind: 'exact' | 'checked' | 'none'
  /** What a value that can be converted may lose, in words that follow "3 rows lose": `digits after the point`; null where nothing. */
  readonly loses: string | null
}

const EXACT: CastRule = { kind: 'exact', loses: null }
const CHECKED: CastRule = { kind: 'checked', loses: null }
const NONE: CastRule = { kind: 'none', loses: null }
const losing = (loses: string): CastRule => ({ kind: 'checked', loses })

const DIGITS = 'digits'
const FRACTION = 'digits after the point'
const TIME_OF_DAY = 'the time of day'

/**
 * PostgreSQL's explicit casts, but a text that is too long is refused: not cut, nor its blanks at the end. The way back is the same question with
 * the types exchanged.
 */
export function castRule(from: ColumnType, to: ColumnType): CastRule {
  if (from.name === 'array' || to.name === 'array') return arrayRule(from, to)
  if (isText(to)) return toTextRule(from, to)
  if (isText(from)) return fromTextRule(to)
  if (from.name === 'enum' || to.name === 'enum') return enumRule(from, to)
  if (isInteger(from)) return integerRule(from, to)
  if (from.name === 'numeric') return numericRule(from, to)
  if (isFloat(from)) return floatRule(from, to)
  return RULES.get(`${from.name} ${to.name}`) ?? (from.name === to.name ? EXACT : NONE)
}

const isText = (type: ScalarType): boolean => type.name === 'text' || type.name === 'varchar'
const isInteger = (type: ScalarType): boolean => type.name in INTEGER_DIGITS
const isFloat = (type: ScalarType): boolean => type.name === 'real' || type.name === 'double'

/** Decimal digits that any value of the type has at most. */
const INTEGER_DIGITS: Readonly<Partial<Record<ScalarTypeName, number>>> = { smallint: 5, integer: 10, bigint: 19 }
/** Decimal digits that a float keeps, whatever the value. */
const FLOAT_DIGITS: Readonly<Partial<Record<ScalarTypeName, number>>> = { real: 6, double: 15 }

/** Types without lengths whose casts need no thought. */
const RULES: ReadonlyMap<string, CastRule> = new Map([
  ['boolean integer', EXACT],
  ['date timestamp', EXACT],
  ['date timestamptz', EXACT],
  ['timestamp timestamptz', EXACT],
  ['timestamptz timestamp', EXACT],
  ['timestamp date', losing(TIME_OF_DAY)],
  ['timestamptz date', losing(TIME_OF_DAY)],
  ['timestamp time', losing('the date')],
  ['timestamptz time', losing('the date')],
  ['date time', NONE],
  ['time interval', EXACT],
  ['interval time', losing('their days and months')],
  ...['boolean', 'smallint', 'integer', 'bigint', 'numeric', 'real', 'double'].map((name): [string, CastRule] => [
    `jsonb ${name}`,
    losing(name === 'boolean' ? 'a JSON null' : 'digits or a JSON null'),
  ]),
])

function arrayRule(from: ColumnType, to: ColumnType): CastRule {
  if (from.name === 'array') {
    if (to.name === 'array') return castRule(from.element, to.element)
    return isText(to) ? (to.length === undefined ? EXACT : CHECKED) : NONE
  }
  return isText(from) ? CHECKED : NONE
}

function toTextRule(from: ScalarType, to: ScalarType): CastRule {
  const { length } = to
  if (length === undefined) return EXACT
  if (isText(from)) return (from.length ?? Number.POSITIVE_INFINITY) <= length ? EXACT : CHECKED
  return (textLength(from) ?? Number.POSITIVE_INFINITY) <= length ? EXACT : CHECKED
}

/** Characters of the longest text of a type; null where there is no such number. */
function textLength(type: ScalarType): number | null {
  if (type.name === 'enum') return Math.max(0, ...(type.values ?? []).map((value) => [...value].length))
  return TEXT_LENGTHS[type.name] ?? null
}

const TEXT_LENGTHS: Readonly<Partial<Record<ScalarTypeName, number>>> = {
  boolean: 5,
  smallint: 6,
  integer: 11,
  bigint: 20,
  uuid: 36,
}

const LOST_BY_TEXT: Readonly<Partial<Record<ScalarTypeName, string>>> = {
  numeric: FRACTION,
  real: DIGITS,
  double: DIGITS,
  date: TIME_OF_DAY,
  timestamp: 'their time zone',
}

function fromTextRule(to: ScalarType): CastRule {
  const loses = LOST_BY_TEXT[to.name]
  return loses === undefined || (to.name === 'numeric' && to.precision === undefined) ? CHECKED : losing(loses)
}

function enumRule(from: ScalarType, to: ScalarType): CastRule {
  if (from.name !== 'enum' || to.name !== 'enum') return NONE
  return from.values?.every((value) => to.values?.includes(value)) === true ? EXACT : CHECKED
}

function integerRule(from: ScalarType, to: ScalarType): CastRule {
  const digits = INTEGER_DIGITS[from.name] ?? 0
  const target = INTEGER_DIGITS[to.name]
  if (target !== undefined) return digits <= target ? EXACT : CHECKED
  if (isFloat(to)) return digits <= (FLOAT_DIGITS[to.name] ?? 0) ? EXACT : losing(DIGITS)
  if (to.name === 'numeric') return digits <= wholeDigits(to) ? EXACT : CHECKED
  return from.name === 'integer' && to.name === 'boolean' ? losing('a number that is neither 0 nor 1') : NONE
}

function wholeDigits({ precision, scale = 0 }: ScalarType): number {
  return precision === undefined ? Number.POSITIVE_INFINITY : precision - scale
}

function numericRule(from: ScalarType, to: ScalarType): CastRule {
  const { precision, scale = 0 } = from
  const hasFraction = precision === undefined || scale > 0
  const target = INTEGER_DIGITS[to.name]
  if (target !== undefined) {
    if (hasFraction) return losing(FRACTION)
    // One digit less: not every number of so many digits is in the range.
    return wholeDigits(from) < target ? EXACT : CHECKED
  }
  if (isFloat(to))
    return (precision ?? Number.POSITIVE_INFINITY) <= (FLOAT_DIGITS[to.name] ?? 0) ? EXACT : losing(DIGITS)
  if (to.name !== 'numeric') return NONE
  if (to.precision === undefined) return EXACT
  if (precision === undefined || scale > (to.scale ?? 0)) return losing(FRACTION)
  return wholeDigits(from) <= wholeDigits(to) ? EXACT : CHECKED
}

function floatRule(from: ScalarType, to: ScalarType): CastRule {
  if (from.name === to.name || to.name === 'double') return EXACT
  if (isInteger(to)) return losing(FRACTION)
  return to.name === 'real' || to.name === 'numeric' ? losing(DIGITS) : NONE
}
