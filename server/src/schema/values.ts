import { failure } from '../errors/error.ts'
import { compareText } from '../std/compare-text.ts'
import { compareDecimals, decimalOf } from '../std/decimal.ts'
import { isJsonArray, type Json, stringifyJson } from '../std/json.ts'
import type { ArrayType, LogicalType, ScalarType, Value } from './types.ts'
import { formatArrayLiteral, parseArrayLiteral } from './values/array.ts'
import { compareBytes, formatBytes, parseBytes } from './values/bytes.ts'
import { formatInterval, intervalLength, parseInterval } from './values/interval.ts'
import { canonicalJson, compareJsonb, parseJsonb, spacedJson } from './values/json.ts'
import { formatFloating, parseFloating, parseInteger, parseNumeric } from './values/number.ts'
import { parseTemporal } from './values/temporal.ts'
import { parseBoolean, parseEnum, parseText, parseUuid, parseVarchar } from './values/text.ts'

/** What input may depend on beyond its text. */
export interface InputContext {
  /** The request's moment, microseconds since the epoch, for `now`, `today`, `tomorrow` and `yesterday` (0A000 without it). */
  readonly nowMicros: bigint
}

/**
 * A value from PostgreSQL's text form, as a string literal or a filter gives it. Throws 22P02, 22003, 22007, 22008, 22001 with PostgreSQL's
 * message.
 *
 * ```ts
 * fromText(INTEGER, ' 42 ')                  // 42
 * fromText(TIMESTAMPTZ, '2020-01-01 10:00+07') // '2020-01-01T03:00:00+00:00'
 * fromText(arrayOf(TEXT), '{a,"b c",NULL}')  // ['a', 'b c', null]
 * ```
 */
export function fromText(type: LogicalType, text: string, context?: InputContext): Value {
  switch (type.name) {
    case 'array':
      return parseArrayLiteral(text).map((item) => (item === null ? null : fromText(type.element, item, context)))
    case 'unknown':
    case 'text':
      return parseText(text)
    case 'varchar':
      return parseVarchar(type, text)
    case 'smallint':
    case 'integer':
      return Number(parseInteger(type.name, text))
    case 'bigint':
      return parseInteger('bigint', text)
    case 'numeric':
      return parseNumeric(type, text)
    case 'real':
    case 'double':
      return parseFloating(type.name, text)
    case 'boolean':
      return parseBoolean(text)
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return parseTemporal(type.name, text, context?.nowMicros ?? null)
    case 'interval':
      return formatInterval(parseInterval(text))
    case 'uuid':
      return parseUuid(text)
    case 'jsonb':
      return parseJsonb(text)
    case 'bytea':
      return parseBytes(text)
    case 'enum':
      return parseEnum(type, text)
  }
}

/**
 * A value from JSON, as PostgreSQL's json_to_recordset converts it: null is NULL, jsonb takes anything, arrays take JSON arrays (or an array
 * literal in a string), and every scalar takes a JSON scalar through its text; objects and arrays become text too (`{"a":1}` in a text column).
 */
export function fromJson(type: LogicalType, json: Json, context?: InputContext): Value {
  if (json === null) return null
  if (type.name === 'jsonb') return canonicalJson(json)
  if (type.name === 'array') return fromJsonArray(type, json, context)
  if (typeof json === 'boolean' && type.name === 'boolean') return json
  return fromText(type, jsonScalarText(json), context)
}

function fromJsonArray(type: ArrayType, json: Json, context: InputContext | undefined): Value {
  if (typeof json === 'string') return fromText(type, json, context)
  if (json === null || !isJsonArray(json)) throw failure('22P02', { message: 'expected JSON array' })
  return json.map((item) => {
    if (item !== null && isJsonArray(item) && type.element.name !== 'jsonb') {
      throw failure('0A000', { message: 'arrays of several dimensions are not supported' })
    }
    return fromJson(type.element, item, context)
  })
}

function jsonScalarText(json: Json): string {
  return typeof json === 'string' ? json : stringifyJson(json)
}

/** The value as JSON on the wire (protocol.md §1.10). 64-bit integers and numerics keep every digit. */
export function toJsonText(type: LogicalType, value: Value): string {
  if (value === null) return 'null'
  switch (type.name) {
    case 'array':
      return `[${(value as readonly Value[]).map((item) => toJsonText(type.element, item)).join(',')}]`
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
    case 'boolean':
    case 'jsonb':
      return String(value)
    case 'real':
    case 'double':
      return Number.isFinite(value) ? formatFloating(type.name, value as number) : JSON.stringify(String(value))
    case 'bytea':
      return JSON.stringify(formatBytes(value as Uint8Array))
    default:
      return JSON.stringify(value)
  }
}

/**
 * PostgreSQL's output text, as in CSV, arrays and error details: `t`, `2020-01-01 10:00:00+00`, `{a,"b c",NULL}`, `{"a": 1}`. A cast to text
 * is `castToText`.
 */
export function toText(type: LogicalType, value: Exclude<Value, null>): string {
  switch (type.name) {
    case 'array':
      return formatArrayLiteral(
        (value as readonly Value[]).map((item) => (item === null ? null : toText(type.element, item))),
      )
    case 'boolean':
      return value === true ? 't' : 'f'
    case 'real':
    case 'double':
      return formatFloating(type.name, value as number)
    case 'timestamp':
      return String(value).replace('T', ' ')
    case 'timestamptz':
      return String(value).replace('T', ' ').replace('+00:00', '+00')
    case 'bytea':
      return formatBytes(value as Uint8Array)
    case 'jsonb':
      return spacedJson(String(value))
    default:
      return String(value)
  }
}

/** `value::text`: the output text, except that booleans are written out. */
export function castToText(type: LogicalType, value: Exclude<Value, null>): string {
  return typeof value === 'boolean' ? String(value) : toText(type, value)
}

/**
 * PostgreSQL's order of two values of one type: negative, zero or positive. Texts by code point, NaN above all numbers, enums by declaration.
 * NULL is greater than everything, as in `order by … asc`.
 */
export function compareValues(type: LogicalType, a: Value, b: Value): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  switch (type.name) {
    case 'array':
      return compareArrays(type, a as readonly Value[], b as readonly Value[])
    case 'smallint':
    case 'integer':
    case 'real':
    case 'double':
      return compareNumbers(a as number, b as number)
    case 'bigint':
    case 'boolean':
      return a < b ? -1 : a > b ? 1 : 0
    case 'numeric':
      return compareDecimals(decimalOf(String(a)), decimalOf(String(b)))
    case 'interval':
      return compareBigints(intervalLength(parseInterval(String(a))), intervalLength(parseInterval(String(b))))
    case 'jsonb':
      return compareJsonb(String(a), String(b))
    case 'bytea':
      return compareBytes(a as Uint8Array, b as Uint8Array)
    case 'enum':
      return enumRank(type, a) - enumRank(type, b)
    default:
      return compareText(String(a), String(b))
  }
}

function compareArrays(type: ArrayType, a: readonly Value[], b: readonly Value[]): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const order = compareValues(type.element, a[index] ?? null, b[index] ?? null)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareNumbers(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : a > b ? 1 : 0
}

function compareBigints(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function enumRank(type: ScalarType, value: Value): number {
  return type.values?.indexOf(String(value)) ?? -1
}
