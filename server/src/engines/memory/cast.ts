import { failure } from '../../errors/error.ts'
import { type ColumnType, type LogicalType, typeLabel, type Value } from '../../schema/types.ts'
import { formatInterval, parseInterval } from '../../schema/values/interval.ts'
import { fitDecimal, fitsInteger, type IntegerName } from '../../schema/values/number.ts'
import { formatTime, timeMicros } from '../../schema/values/temporal.ts'
import { castToText, fromText } from '../../schema/values.ts'
import { decimalOf, formatDecimal, roundDecimal } from '../../std/decimal.ts'
import { parseJson } from '../../std/json.ts'
import { roundHalfEven } from './arithmetic.ts'

const DAY = 86_400_000_000n

/** `value::to`, as PostgreSQL's explicit casts do. */
export function castValue(value: Value, from: LogicalType, to: ColumnType): Value {
  if (value === null) return null
  if (to.name === 'array' && from.name === 'array') {
    return (value as readonly Value[]).map((item) => castValue(item, from.element, to.element))
  }
  if (to.name === 'text') return castToText(from, value)
  if (to.name === 'varchar') return [...castToText(from, value)].slice(0, to.length).join('')
  if (from.name === 'jsonb' && to.name !== 'jsonb') return fromJsonb(String(value), to)
  switch (to.name) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return typeof value === 'string' && from.name !== 'numeric' ? fromText(to, value) : toInteger(value, from, to)
    case 'numeric':
      return toNumeric(value, from, to)
    case 'real':
    case 'double':
      return fromText(to, String(value))
    case 'boolean':
      return typeof value === 'number' ? value !== 0 : typeof value === 'string' ? fromText(to, value) : value
    default:
      return typeof value === 'string' ? toTemporal(value, from.name, to) : value
  }
}

function toInteger(value: Value, from: LogicalType, to: ColumnType): Value {
  const isWhole = typeof value === 'bigint' || typeof value === 'boolean'
  const whole = isWhole
    ? BigInt(value)
    : from.name === 'numeric'
      ? roundDecimal(decimalOf(String(value))).unscaled
      : null
  const rounded = whole ?? (Number.isFinite(value) ? BigInt(roundHalfEven(value as number)) : null)
  if (rounded === null || !fitsInteger(to.name as IntegerName, rounded))
    throw failure('22003', { message: `${typeLabel(to)} out of range` })
  return to.name === 'bigint' ? rounded : Number(rounded)
}

/** Doubles keep 15 significant digits, reals 6. */
function toNumeric(value: Value, from: LogicalType, to: ColumnType): Value {
  const digits = from.name === 'double' ? 15 : from.name === 'real' ? 6 : null
  const text = digits === null ? String(value) : (value as number).toPrecision(digits)
  const canonical = String(fromText({ name: 'numeric' }, text))
  return to.name === 'numeric' && to.precision !== undefined
    ? formatDecimal(fitDecimal(to, decimalOf(canonical)))
    : canonical
}

function fromJsonb(text: string, to: ColumnType): Value {
  const json = parseJson(text)
  if (json === null) return null
  const isWanted = to.name === 'boolean' ? typeof json === 'boolean' : /^[-\d]/.test(text)
  if (!isWanted) throw failure('22023', { message: `cannot cast jsonb ${typeof json} to type ${typeLabel(to)}` })
  return typeof json === 'boolean' ? json : castValue(text, { name: 'numeric' }, to)
}

function toTemporal(text: string, from: string, to: ColumnType): Value {
  const isInfinite = text.endsWith('infinity')
  switch (`${from} ${to.name}`) {
    case 'date timestamp':
      return isInfinite ? text : `${text}T00:00:00`
    case 'date timestamptz':
      return isInfinite ? text : `${text}T00:00:00+00:00`
    case 'timestamp timestamptz':
      return isInfinite ? text : `${text}+00:00`
    case 'timestamptz timestamp':
      return text.replace('+00:00', '')
    case 'timestamp date':
    case 'timestamptz date':
      return isInfinite ? text : text.slice(0, 10)
    case 'timestamp time':
    case 'timestamptz time':
      return isInfinite ? null : text.replace('+00:00', '').slice(11)
    case 'time interval':
      return formatInterval({ months: 0, days: 0, micros: timeMicros(text) })
    case 'interval time':
      return formatTime(((parseInterval(text).micros % DAY) + DAY) % DAY)
    default:
      return fromText(to, text)
  }
}
