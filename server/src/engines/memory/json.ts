import { failure } from '../../errors/error.ts'
import type { ColumnType, LogicalType, Value } from '../../schema/types.ts'
import { canonicalJson } from '../../schema/values/json.ts'
import { compareValues, toJsonText, toText } from '../../schema/values.ts'
import { isJsonArray, isJsonObject, type Json, parseJson } from '../../std/json.ts'

export const json = (value: Value | undefined): Json => parseJson(String(value))
export const jsonOf = (value: Value, type: LogicalType): Json => parseJson(toJsonText(type, value))

export function withoutKey(value: Json, key: Value): Value {
  if (value !== null && isJsonArray(value)) {
    const index = typeof key === 'number' ? (key < 0 ? key + value.length : key) : -1
    return canonicalJson(value.filter((item, at) => (typeof key === 'number' ? at !== index : item !== key)))
  }
  if (typeof key === 'number' || !isJsonObject(value)) throw failure('22023', { message: 'cannot delete from scalar' })
  return canonicalJson(Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)))
}

export const stepInto = (value: Json | undefined, key: Value): Json | undefined => {
  if (value === undefined || value === null) return undefined
  if (isJsonArray(value))
    return typeof key === 'number' || /^-?\d+$/.test(String(key)) ? value.at(Number(key)) : undefined
  return isJsonObject(value) && typeof key === 'string' && Object.hasOwn(value, key) ? value[key] : undefined
}
/** `->` takes a text for objects and an integer for arrays; a path takes texts for both. */
export const member = (value: Json, key: Value): Json | undefined =>
  isJsonArray(value ?? '') === (typeof key === 'number') ? stepInto(value, key) : undefined
export const path = (value: Json, keys: readonly Value[]): Json | undefined =>
  keys.reduce<Json | undefined>(stepInto, value)
export const asJson = (value: Json | undefined): Value => (value === undefined ? null : canonicalJson(value))
export const asText = (value: Json | undefined): Value =>
  value === undefined || value === null
    ? null
    : typeof value === 'string'
      ? value
      : toText({ name: 'jsonb' }, canonicalJson(value))

export function jsonContains(a: Json, b: Json, isTop = true): boolean {
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
export function buildObject(args: readonly Value[], types: readonly LogicalType[]): Value {
  if (args.length % 2 === 1) throw failure('22023', { message: 'argument list must have even number of elements' })
  const members: [string, Json][] = []
  for (let at = 0; at < args.length; at += 2) {
    const [key, value] = [args[at] ?? null, args[at + 1] ?? null]
    if (key === null) throw failure('22023', { message: `argument ${at + 1}: key must not be null` })
    members.push([toText(types[at] as ColumnType, key), jsonOf(value, types[at + 1] as ColumnType)])
  }
  return canonicalJson(Object.fromEntries(members))
}
export const jsonType = (value: Json): string =>
  value === null
    ? 'null'
    : isJsonArray(value)
      ? 'array'
      : typeof value === 'object' && !isJsonObject(value)
        ? 'number'
        : typeof value
