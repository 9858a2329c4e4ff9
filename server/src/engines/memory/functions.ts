import { failure } from '../../errors/error.ts'
import type { FunctionName } from '../../query/functions.ts'
import type { ColumnType, LogicalType, Value } from '../../schema/types.ts'
import { formatInterval, parseInterval } from '../../schema/values/interval.ts'
import { canonicalJson } from '../../schema/values/json.ts'
import { compareValues } from '../../schema/values.ts'
import * as decimal from '../../std/decimal.ts'
import { isJsonArray, isJsonObject, type Json } from '../../std/json.ts'
import {
  divisor,
  floating,
  isNumber,
  minus,
  over,
  plus,
  rest,
  roundHalfEven,
  rounding,
  temporalSum,
  times,
  wholePower,
} from './arithmetic.ts'
import { asJson, asText, buildObject, json, jsonContains, jsonOf, jsonType, member, path, withoutKey } from './json.ts'
import { dateTrunc, difference, extract, scaleInterval, zoned } from './temporal.ts'
import { capitalised, chars, likeEscape, likeMatches, matches, padded, splitPart, substring, trimmed } from './text.ts'

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
const array = (value: Value | undefined): readonly Value[] => (value === null ? [] : (value as readonly Value[]))
const elementOf = (type: LogicalType | undefined): ColumnType => (type as { element: ColumnType }).element
const equal = (type: LogicalType, a: Value, b: Value): boolean =>
  a === null || b === null ? a === b : compareValues(type, a, b) === 0

const subtract: Operation = (args, types, result) => {
  const [a, b] = args
  const left = types[0]?.name ?? ''
  if (left === types[1]?.name && left !== 'interval' && !isNumber(result))
    return formatInterval(difference(text(a), text(b), left))
  if (left === 'date' && types[1]?.name === 'date') return difference(text(a), text(b), left).days
  if (left === 'jsonb') return withoutKey(json(a), b ?? null)
  return isNumber(result) ? minus(args, result) : temporalSum(args, types, -1)
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
function extreme(args: readonly Value[], types: readonly LogicalType[], sign: 1 | -1): Value {
  return args.reduce(
    (best, value) =>
      value !== null && (best === null || sign * compareValues(types[0] as ColumnType, value, best) > 0) ? value : best,
    null,
  )
}
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
  json_typeof: ([a]) => jsonType(json(a)),
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
