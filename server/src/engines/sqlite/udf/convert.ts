import { randomUUID } from 'node:crypto'
import { failure } from '../../../errors/error.ts'
import type { ArrayType, ColumnType, LogicalType, ScalarType, Value } from '../../../schema/types.ts'
import { typeLabel } from '../../../schema/types.ts'
import { MICROS_PER_DAY, splitMicros } from '../../../schema/values/calendar.ts'
import { formatInterval, parseInterval } from '../../../schema/values/interval.ts'
import { fitsInteger, formatFloating, type IntegerName } from '../../../schema/values/number.ts'
import {
  daysOf,
  formatDate,
  formatTime,
  formatTimestamp,
  formatTimestamptz,
  isInfinite,
  timeMicros,
  timestampMicros,
} from '../../../schema/values/temporal.ts'
import { castToText, compareValues, fromJson, fromText } from '../../../schema/values.ts'
import { decimalOf, formatDecimal, roundDecimal } from '../../../std/decimal.ts'
import { isJsonArray, type Json, parseJson, RawNumber } from '../../../std/json.ts'
import { Lru } from '../../../std/lru.ts'
import { type SqlValue, toPlain } from '../codecs.ts'
import { type Functions, text } from './define.ts'

const types = new Lru<string, LogicalType>(500)

/** The type that an argument names, as JSON. */
export function typeOf(json: SqlValue): LogicalType {
  const key = text(json)
  const known = types.get(key)
  if (known !== undefined) return known
  const type = JSON.parse(key) as LogicalType
  types.set(key, type)
  return type
}

/** The inverse of `toPlain`. */
export function fromPlain(type: LogicalType, value: SqlValue): Value {
  if (value === null) return null
  switch (type.name) {
    case 'smallint':
    case 'integer':
    case 'real':
    case 'double':
      return Number(value)
    case 'bigint':
      return BigInt(value as bigint)
    case 'boolean':
      return Number(value) !== 0
    case 'bytea':
      return value instanceof Uint8Array ? value : fromText(type, text(value))
    case 'array':
      return fromJson(type, parseJson(text(value)))
    default:
      return text(value)
  }
}

const INTEGERS = new Set(['smallint', 'integer', 'bigint'])
const FLOATS = new Set(['real', 'double'])

/** `value::type` with PostgreSQL's result and errors. */
export function castValue(from: LogicalType, to: ColumnType, value: Exclude<Value, null>): Value {
  if (to.name === 'text' || to.name === 'varchar') return cut(to, castToText(from, value))
  if (from.name === 'text' || from.name === 'varchar' || from.name === 'unknown') return fromText(to, String(value))
  if (from.name === 'jsonb' && to.name !== 'jsonb') return fromJsonb(to, String(value))
  if (from.name === 'array' && to.name === 'array') return castItems(from, to, value as readonly Value[])
  if (INTEGERS.has(to.name)) return toInteger(from, to as ScalarType, value)
  if (to.name === 'numeric')
    return fromText(to, FLOATS.has(from.name) ? shortFloat(from, Number(value)) : String(value))
  if (FLOATS.has(to.name)) return fromText(to, String(value))
  if (to.name === 'boolean') return Number(value) !== 0
  return castMoment(from.name, to, String(value))
}

function cut(type: ScalarType, value: string): string {
  return type.length === undefined ? value : [...value].slice(0, type.length).join('')
}

/** A double becomes numeric through 15 significant digits, a real through 6, as in PostgreSQL. */
function shortFloat(from: LogicalType, value: number): string {
  if (!Number.isFinite(value)) throw failure('0A000', { message: 'cannot convert infinity to numeric' })
  return formatDecimal(decimalOf(String(Number(value.toPrecision(from.name === 'real' ? 6 : 15)))))
}

function toInteger(from: LogicalType, to: ScalarType, value: Exclude<Value, null>): Value {
  const whole = typeof value === 'boolean' ? BigInt(value) : wholeOf(from, value, to)
  if (!fitsInteger(to.name as IntegerName, whole)) throw failure('22003', { message: `${typeLabel(to)} out of range` })
  return to.name === 'bigint' ? whole : Number(whole)
}

function wholeOf(from: LogicalType, value: Exclude<Value, null>, to: ScalarType): bigint {
  if (!FLOATS.has(from.name)) return roundDecimal(decimalOf(String(value))).unscaled
  const number = Number(value)
  if (!Number.isFinite(number)) throw failure('22003', { message: `${typeLabel(to)} out of range` })
  const rounded = Math.round(number)
  return BigInt(Math.abs(number % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded)
}

function fromJsonb(to: ColumnType, canonical: string): Value {
  const json = parseJson(canonical)
  if (json === null) return null
  const isNumber = typeof json === 'number' || json instanceof RawNumber
  if (to.name === 'boolean' ? typeof json === 'boolean' : isNumber) {
    const number = json instanceof RawNumber ? json.text : String(json)
    return to.name === 'boolean' ? (json as boolean) : castValue({ name: 'numeric' }, to, number)
  }
  throw failure('22023', { message: `cannot cast jsonb ${kindOf(json)} to type ${typeLabel(to)}` })
}

function kindOf(json: Json): string {
  if (json === null) return 'null'
  if (typeof json === 'string') return 'string'
  if (typeof json === 'boolean') return 'boolean'
  if (typeof json === 'number' || json instanceof RawNumber) return 'numeric'
  return isJsonArray(json) ? 'array' : 'object'
}

function castItems(from: ArrayType, to: ArrayType, items: readonly Value[]): Value {
  return items.map((item) => (item === null ? null : castValue(from.element, to.element, item)))
}

function castMoment(from: string, to: ColumnType, value: string): Value {
  if (from === to.name) return fromText(to, value)
  if (from === 'time' && to.name === 'interval')
    return formatInterval({ months: 0, days: 0, micros: timeMicros(value) })
  if (from === 'interval' && to.name === 'time') {
    return formatTime(((parseInterval(value).micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY)
  }
  if (isInfinite(value)) return value
  const micros = from === 'date' ? BigInt(daysOf(value)) * MICROS_PER_DAY : timestampMicros(value)
  switch (to.name) {
    case 'date':
      return formatDate(splitMicros(micros).days)
    case 'time':
      return formatTime(splitMicros(micros).micros)
    case 'timestamp':
      return formatTimestamp(micros)
    case 'timestamptz':
      return formatTimestamptz(micros)
    default:
      throw failure('42846', { from, to: typeLabel(to) })
  }
}

/** Whatever an adopted column holds, as JSON: numbers as they are, texts quoted, blobs as `\x…`. */
function anyJson(value: SqlValue): string {
  if (value === null) return 'null'
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number')
    return Number.isFinite(value) ? formatFloating('double', value) : JSON.stringify(String(value))
  if (typeof value === 'string') return JSON.stringify(value)
  return JSON.stringify(`\\x${Buffer.from(value).toString('hex')}`)
}

function extreme(typeJson: SqlValue, which: SqlValue, items: readonly SqlValue[]): SqlValue {
  const type = typeOf(typeJson)
  const values = items.filter((item) => item !== null).map((item) => fromPlain(type, item))
  const sign = which === 'max' ? 1 : -1
  const best = values.reduce<Value>(
    (top, value) => (top === null || sign * compareValues(type, value, top) > 0 ? value : top),
    null,
  )
  return toPlain(type, best)
}

export const convertFunctions: Functions = {
  cast: {
    arity: 3,
    call: (from, to, value) => {
      const [source, target] = [typeOf(from), typeOf(to) as ColumnType]
      const decoded = fromPlain(source, value)
      return decoded === null ? null : toPlain(target, castValue(source, target, decoded))
    },
  },
  any_json: { arity: 1, takesNull: true, call: anyJson },
  extreme: { arity: -1, takesNull: true, call: (type, which, ...items) => extreme(type ?? null, which ?? null, items) },
  uuid: { arity: 0, deterministic: false, call: () => randomUUID() },
}
