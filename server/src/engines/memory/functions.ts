import { failure } from '../../errors/error.ts'
import type { FunctionName } from '../../query/functions.ts'
import { type ColumnType, type LogicalType, typeLabel, type Value } from '../../schema/types.ts'
import { formatInterval, parseInterval } from '../../schema/values/interval.ts'
import { canonicalJson } from '../../schema/values/json.ts'
import { fitsInteger, type IntegerName } from '../../schema/values/number.ts'
import { compareValues, toJsonText, toText } from '../../schema/values.ts'
import * as decimal from '../../std/decimal.ts'
import { isJsonArray, isJsonObject, type Json, parseJson } from '../../std/json.ts'
import { addIntervals, dateTrunc, difference, extract, scaleInterval, shift, zoned } from './temporal.ts'

/** Arguments and their types, and the type of the result. Null arguments come only to the functions that are not strict. */
type Operation = (args: readonly Value[], types: readonly LogicalType[], result: ColumnType) => Value

const NOT_STRICT: ReadonlySet<FunctionName> = new Set<FunctionName>([
  'distinct',
  'greatest',
  'least',
  'coalesce',
  'nullif',
  'concat_all',
  'json_build_object',
  'json_build_array',
  'array_append',
  'array_position',
])
/** Arrays take a null as an element: `tags || null`. */
export function isStrict(fn: FunctionName, result: ColumnType): boolean {
  return !(NOT_STRICT.has(fn) || (fn === 'concat' && result.name === 'array'))
}

const order = (args: readonly Value[], types: readonly LogicalType[]): number =>
  compareValues(types[0] as ColumnType, args[0] ?? null, args[1] ?? null)
const text = (value: Value | undefined): string => String(value)
const chars = (value: Value | undefined): string[] => [...text(value)]
const array = (value: Value | undefined): readonly Value[] => (value === null ? [] : (value as readonly Value[]))
const json = (value: Value | undefined): Json => parseJson(text(value))
const jsonOf = (value: Value, type: LogicalType): Json => parseJson(toJsonText(type, value))
const elementOf = (type: LogicalType | undefined): ColumnType => (type as { element: ColumnType }).element
const equal = (type: LogicalType, a: Value, b: Value): boolean =>
  a === null || b === null ? a === b : compareValues(type, a, b) === 0

/** Arithmetic in the result's own kind of number, checked against its range. */
function arithmetic(
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
function floating(value: number, type: ColumnType): number {
  const fitted = type.name === 'real' ? Math.fround(value) : value
  return fitted === 0 ? 0 : fitted
}
const divisor = <T>(value: T, zero: T): T => {
  if (value === zero) throw failure('22012')
  return value
}
const divisorDecimal = (value: decimal.Decimal): decimal.Decimal => {
  divisor(value.unscaled, 0n)
  return value
}
const plus = arithmetic(
  (a, b) => a + b,
  decimal.addDecimals,
  (a, b) => a + b,
)
const minus = arithmetic(
  (a, b) => a - b,
  decimal.subtractDecimals,
  (a, b) => a - b,
)
const times = arithmetic(
  (a, b) => a * b,
  decimal.multiplyDecimals,
  (a, b) => a * b,
)
const over = arithmetic(
  (a, b) => a / divisor(b, 0n),
  (a, b) => decimal.divideDecimals(a, divisorDecimal(b)),
  (a, b) => a / divisor(b, 0),
)
const rest = arithmetic(
  (a, b) => a % divisor(b, 0n),
  (a, b) => decimal.remainder(a, divisorDecimal(b)),
  (a, b) => a % divisor(b, 0),
)

/** Rounding of doubles, and of numerics to the digits of a second argument. */
function rounding(
  float: (value: number) => number,
  exact: (value: decimal.Decimal, digits: number) => decimal.Decimal,
): Operation {
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

function temporalSum([a, b]: readonly Value[], [left, right]: readonly LogicalType[], sign: 1 | -1): Value {
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
const isNumber = (type: ColumnType): boolean =>
  ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double'].includes(type.name)

const subtract: Operation = (args, types, result) => {
  const [a, b] = args
  const left = types[0]?.name ?? ''
  if (left === types[1]?.name && left !== 'interval' && !isNumber(result))
    return formatInterval(difference(text(a), text(b), left))
  if (left === 'date' && types[1]?.name === 'date') return difference(text(a), text(b), left).days
  if (left === 'jsonb') return withoutKey(json(a), b ?? null)
  return isNumber(result) ? minus(args, result) : temporalSum(args, types, -1)
}
function withoutKey(value: Json, key: Value): Value {
  if (value !== null && isJsonArray(value)) {
    const index = typeof key === 'number' ? (key < 0 ? key + value.length : key) : -1
    return canonicalJson(value.filter((item, at) => (typeof key === 'number' ? at !== index : item !== key)))
  }
  if (typeof key === 'number' || !isJsonObject(value)) throw failure('22023', { message: 'cannot delete from scalar' })
  return canonicalJson(Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)))
}

function likeMatches(value: string, pattern: string): boolean {
  let source = ''
  const items = [...pattern]
  for (let at = 0; at < items.length; at++) {
    const item = items[at] ?? ''
    source +=
      item === '%'
        ? '[^]*'
        : item === '_'
          ? '[^]'
          : (item === '\\' ? (items[++at] ?? '') : item).replace(/[\\^$.*+?()[\]{}|/-]/u, '\\$&')
  }
  return new RegExp(`^${source}$`, 'u').test(value)
}
/** Any escape character becomes the backslash that `like` knows. */
function likeEscape(pattern: string, escaper: string): string {
  let made = ''
  const items = [...pattern]
  for (let at = 0; at < items.length; at++) {
    const item = items[at] ?? ''
    if (item === escaper) made += `\\${items[++at] ?? ''}`
    else made += item === '\\' ? '\\\\' : item
  }
  return made
}
function matches(value: string, pattern: string, flags: string): boolean {
  try {
    return new RegExp(pattern, flags).test(value)
  } catch (error) {
    throw failure('2201B', { message: (error as Error).message })
  }
}

function trimmed(value: string, set: string, sides: { start: boolean; end: boolean }): string {
  const [items, cut] = [[...value], new Set(set)]
  if (sides.start) while (items.length > 0 && cut.has(items[0] ?? '')) items.shift()
  if (sides.end) while (items.length > 0 && cut.has(items.at(-1) ?? '')) items.pop()
  return items.join('')
}
function padded(args: readonly Value[], side: 'left' | 'right'): string {
  const [items, length, fill] = [chars(args[0]), Math.max(Number(args[1]), 0), chars(args[2] ?? ' ')]
  if (items.length >= length || fill.length === 0) return items.slice(0, length).join('')
  const filling = Array.from({ length: length - items.length }, (_, at) => fill[at % fill.length]).join('')
  return side === 'left' ? filling + items.join('') : items.join('') + filling
}
function substring([value, from, count]: readonly Value[]): string {
  if (count !== undefined && Number(count) < 0)
    throw failure('22023', { message: 'negative substring length not allowed' })
  const start = Number(from) - 1
  const end = count === undefined ? Number.POSITIVE_INFINITY : start + Number(count)
  return chars(value).slice(Math.max(start, 0), Math.max(end, 0)).join('')
}
function splitPart([value, delimiter, n]: readonly Value[]): string {
  if (n === 0) throw failure('22023', { message: 'field position must not be zero' })
  const parts = delimiter === '' ? [text(value)] : text(value).split(text(delimiter))
  return parts.at(Number(n) > 0 ? Number(n) - 1 : Number(n)) ?? ''
}

const stepInto = (value: Json | undefined, key: Value): Json | undefined => {
  if (value === undefined || value === null) return undefined
  if (isJsonArray(value))
    return typeof key === 'number' || /^-?\d+$/.test(text(key)) ? value.at(Number(key)) : undefined
  return isJsonObject(value) && typeof key === 'string' && Object.hasOwn(value, key) ? value[key] : undefined
}
/** `->` takes a text for objects and an integer for arrays; a path takes texts for both. */
const member = (value: Json, key: Value): Json | undefined =>
  isJsonArray(value ?? '') === (typeof key === 'number') ? stepInto(value, key) : undefined
const path = (value: Json, keys: readonly Value[]): Json | undefined => keys.reduce<Json | undefined>(stepInto, value)
const asJson = (value: Json | undefined): Value => (value === undefined ? null : canonicalJson(value))
const asText = (value: Json | undefined): Value =>
  value === undefined || value === null
    ? null
    : typeof value === 'string'
      ? value
      : toText({ name: 'jsonb' }, canonicalJson(value))

function jsonContains(a: Json, b: Json, isTop = true): boolean {
  if (a !== null && b !== null && isJsonArray(a)) {
    if (!isJsonArray(b)) return isTop && !isJsonObject(b) && a.some((item) => jsonContains(item, b, false))
    return b.every((wanted) => a.some((item) => jsonContains(item, wanted, false)))
  }
  if (isJsonObject(a))
    return (
      isJsonObject(b) &&
      Object.entries(b).every(([key, wanted]) => Object.hasOwn(a, key) && jsonContains(a[key] ?? null, wanted, false))
    )
  return compareValues({ name: 'jsonb' }, canonicalJson(a), canonicalJson(b)) === 0
}
const contains: Operation = ([a, b], [type]) => {
  if (type?.name === 'jsonb') return jsonContains(json(a), json(b))
  const element = elementOf(type)
  return array(b).every(
    (wanted) => wanted !== null && array(a).some((item) => item !== null && equal(element, item, wanted)),
  )
}
const concat: Operation = ([a = null, b = null], [left, right], result) => {
  if (result.name === 'array') {
    if (a === null && left?.name === 'array' && right?.name === 'array') return b
    if (b === null && left?.name === 'array' && right?.name === 'array') return a
    return [...(left?.name === 'array' ? array(a) : [a]), ...(right?.name === 'array' ? array(b) : [b])]
  }
  if (result.name !== 'jsonb') return text(a) + text(b)
  const [x, y] = [json(a), json(b)]
  if (isJsonObject(x) && isJsonObject(y)) return canonicalJson({ ...x, ...y })
  const items = (value: Json): readonly Json[] => (value !== null && isJsonArray(value) ? value : [value])
  return canonicalJson([...items(x), ...items(y)])
}
function buildObject(args: readonly Value[], types: readonly LogicalType[]): Value {
  if (args.length % 2 === 1) throw failure('22023', { message: 'argument list must have even number of elements' })
  const members: [string, Json][] = []
  for (let at = 0; at < args.length; at += 2) {
    const [key, value] = [args[at] ?? null, args[at + 1] ?? null]
    if (key === null) throw failure('22023', { message: `argument ${at + 1}: key must not be null` })
    members.push([toText(types[at] as ColumnType, key), jsonOf(value, types[at + 1] as ColumnType)])
  }
  return canonicalJson(Object.fromEntries(members))
}
function extreme(args: readonly Value[], types: readonly LogicalType[], sign: 1 | -1): Value {
  return args.reduce(
    (best, value) =>
      value !== null && (best === null || sign * compareValues(types[0] as ColumnType, value, best) > 0) ? value : best,
    null,
  )
}
const capitalised = (value: string): string =>
  value.toLowerCase().replace(/[\p{L}\p{N}]+/gu, (word) => word.replace(/^./u, (first) => first.toUpperCase()))
const JSON_TYPES = (value: Json): string =>
  value === null
    ? 'null'
    : isJsonArray(value)
      ? 'array'
      : typeof value === 'object' && !isJsonObject(value)
        ? 'number'
        : typeof value

/** Each function and operator in the plainest JavaScript; a new name is a compile error here until it has a meaning. */
export const OPERATIONS: Readonly<Record<FunctionName, Operation>> = {
  eq: (args, types) => order(args, types) === 0,
  neq: (args, types) => order(args, types) !== 0,
  lt: (args, types) => order(args, types) < 0,
  lte: (args, types) => order(args, types) <= 0,
  gt: (args, types) => order(args, types) > 0,
  gte: (args, types) => order(args, types) >= 0,
  distinct: ([a = null, b = null], [type]) => !equal(type as ColumnType, a, b),
  like: ([a, b]) => likeMatches(text(a), text(b)),
  ilike: ([a, b]) => likeMatches(text(a).toLowerCase(), text(b).toLowerCase()),
  like_escape: ([a, b]) => likeEscape(text(a), text(b)),
  match: ([a, b]) => matches(text(a), text(b), 'u'),
  imatch: ([a, b]) => matches(text(a), text(b), 'iu'),
  add: (args, types, result) => (isNumber(result) ? plus(args, result) : temporalSum(args, types, 1)),
  sub: subtract,
  mul: (args, types, result) => {
    if (result.name !== 'interval') return times(args, result)
    const [interval, factor] = types[0]?.name === 'interval' ? args : [args[1], args[0]]
    return formatInterval(scaleInterval(parseInterval(text(interval)), Number(factor)))
  },
  div: (args, _types, result) =>
    result.name === 'interval'
      ? formatInterval(scaleInterval(parseInterval(text(args[0])), 1 / divisor(Number(args[1]), 0)))
      : over(args, result),
  mod: (args, _types, result) => rest(args, result),
  neg: ([a = null], _types, result) =>
    result.name === 'interval'
      ? formatInterval(scaleInterval(parseInterval(text(a)), -1))
      : minus([result.name === 'bigint' ? 0n : result.name === 'numeric' ? '0' : 0, a], result),
  power: ([a, b], _types, result) =>
    result.name === 'numeric'
      ? decimal.formatDecimal(wholePower(decimal.decimalOf(text(a)), Number(b)))
      : Number(a) ** Number(b),
  abs: ([a = null], _types, result) =>
    text(a).startsWith('-')
      ? minus([result.name === 'bigint' ? 0n : result.name === 'numeric' ? '0' : 0, a], result)
      : a,
  sign: ([a], _types, result) =>
    result.name === 'numeric' ? String(Math.sign(Number(a))) : floating(Math.sign(Number(a)), result),
  sqrt: ([a], _types, result) => (result.name === 'numeric' ? String(Math.sqrt(Number(a))) : Math.sqrt(Number(a))),
  round: rounding(roundHalfEven, decimal.roundDecimal),
  trunc: rounding(Math.trunc, decimal.truncateDecimal),
  ceil: rounding(Math.ceil, decimal.ceilDecimal),
  floor: rounding(Math.floor, decimal.floorDecimal),
  greatest: (args, types) => extreme(args, types, 1),
  least: (args, types) => extreme(args, types, -1),
  coalesce: (args) => args.find((arg) => arg !== null) ?? null,
  nullif: ([a = null, b = null], [type]) => (a !== null && b !== null && equal(type as ColumnType, a, b) ? null : a),
  concat,
  concat_all: (args) => args.map((arg) => arg ?? '').join(''),
  lower: ([a]) => text(a).toLowerCase(),
  upper: ([a]) => text(a).toUpperCase(),
  initcap: ([a]) => capitalised(text(a)),
  trim: ([a, set = ' ']) => trimmed(text(a), text(set), { start: true, end: true }),
  ltrim: ([a, set = ' ']) => trimmed(text(a), text(set), { start: true, end: false }),
  rtrim: ([a, set = ' ']) => trimmed(text(a), text(set), { start: false, end: true }),
  length: ([a]) => (a instanceof Uint8Array ? a.length : chars(a).length),
  octet_length: ([a]) => (a instanceof Uint8Array ? a.length : new TextEncoder().encode(text(a)).length),
  reverse: ([a]) => chars(a).reverse().join(''),
  repeat: ([a, n]) => text(a).repeat(Math.max(Number(n), 0)),
  substring,
  left: ([a, n]) => chars(a).slice(0, Number(n)).join(''),
  right: ([a, n]) => (n === 0 ? '' : chars(a).slice(-Number(n)).join('')),
  lpad: (args) => padded(args, 'left'),
  rpad: (args) => padded(args, 'right'),
  position: ([a, part]) =>
    text(a).includes(text(part)) ? [...text(a).slice(0, text(a).indexOf(text(part)))].length + 1 : 0,
  replace: ([a, from, to]) => (from === '' ? text(a) : text(a).replaceAll(text(from), () => text(to))),
  split_part: splitPart,
  starts_with: ([a, prefix]) => text(a).startsWith(text(prefix)),
  json_get: ([a, key = null]) => asJson(member(json(a), key)),
  json_get_text: ([a, key = null]) => asText(member(json(a), key)),
  json_path: ([a, keys]) => asJson(path(json(a), array(keys))),
  json_path_text: ([a, keys]) => asText(path(json(a), array(keys))),
  json_has_key: ([a, key]) => {
    const value = json(a)
    return isJsonObject(value)
      ? Object.hasOwn(value, text(key))
      : value !== null && isJsonArray(value)
        ? value.includes(text(key))
        : value === key
  },
  json_typeof: ([a]) => JSON_TYPES(json(a)),
  json_array_length: ([a]) => {
    const value = json(a)
    if (value === null || !isJsonArray(value))
      throw failure('22023', { message: 'cannot get array length of a scalar' })
    return value.length
  },
  json_build_object: buildObject,
  json_build_array: (args, types) => canonicalJson(args.map((arg, at) => jsonOf(arg, types[at] as ColumnType))),
  to_jsonb: ([a = null], [type]) => canonicalJson(jsonOf(a, type as ColumnType)),
  contains,
  contained: ([a = null, b = null], types, result) => contains([b, a], types, result),
  overlaps: ([a, b], [type]) =>
    array(a).some(
      (item) => item !== null && array(b).some((other) => other !== null && equal(elementOf(type), item, other)),
    ),
  array_length: ([a, dimension]) => (dimension === 1 && array(a).length > 0 ? array(a).length : null),
  cardinality: ([a]) => array(a).length,
  array_append: ([a, item = null]) => [...array(a), item],
  array_position: ([a = null, wanted = null], [type]) => {
    const at = array(a).findIndex((item) => equal(elementOf(type), item, wanted))
    return a === null || at < 0 ? null : at + 1
  },
  date_trunc: ([field, a], types) => dateTrunc(text(field).toLowerCase(), text(a), types[1]?.name ?? ''),
  extract: ([field, a], types) => extract(text(field).toLowerCase(), text(a), types[1]?.name ?? ''),
  timezone: ([zone, a], types) => zoned(text(a), text(zone), types[1]?.name ?? ''),
  gen_random_uuid: () => crypto.randomUUID(),
}

/** Numerics to whole powers; the simulation raises to no other. */
function wholePower(base: decimal.Decimal, exponent: number): decimal.Decimal {
  const one = { unscaled: 1n, scale: 0 }
  const power = Array.from({ length: Math.abs(exponent) }).reduce<decimal.Decimal>(
    (made) => decimal.multiplyDecimals(made, base),
    one,
  )
  return exponent < 0 ? decimal.divideDecimals(one, divisorDecimal(power)) : power
}
