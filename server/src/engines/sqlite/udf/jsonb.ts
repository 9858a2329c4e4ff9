import { failure } from '../../../errors/error.ts'
import { canonicalJson, spacedJson } from '../../../schema/values/json.ts'
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  parseJson,
  RawNumber,
  stringifyJson,
} from '../../../std/json.ts'
import type { SqlValue } from '../codecs.ts'
import { bool, type Functions, text } from './define.ts'
import { arrayKey, type ElementKind, jsonbKey } from './keys.ts'

const read = (value: SqlValue): Json => parseJson(text(value))

function step(value: Json, key: string | number): Json | undefined {
  if (isJsonObject(value)) return typeof key === 'string' && Object.hasOwn(value, key) ? value[key] : undefined
  if (value === null || !isJsonArray(value)) return undefined
  const index = typeof key === 'number' ? key : /^-?\d+$/.test(key) ? Number(key) : Number.NaN
  return value[index < 0 ? value.length + index : index]
}

/** `->`: an integer key is for arrays only, a text key for objects only. */
function get(document: SqlValue, key: SqlValue): Json | undefined {
  const value = read(document)
  if (typeof key === 'bigint') return isJsonObject(value) ? undefined : step(value, Number(key))
  return isJsonObject(value) ? step(value, text(key)) : undefined
}

/** `#>`: a path of texts, where digits index arrays. */
function follow(document: SqlValue, path: SqlValue): Json | undefined {
  let value: Json | undefined = read(document)
  for (const key of read(path) as readonly Json[]) {
    if (value === undefined || key === null) return undefined
    value = step(value, String(key))
  }
  return value
}

const asJsonb = (value: Json | undefined): SqlValue => (value === undefined ? null : stringifyJson(value))

function asText(value: Json | undefined): SqlValue {
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : spacedJson(canonicalJson(value))
}

const same = (a: Json, b: Json): boolean => jsonbKey(stringifyJson(a)) === jsonbKey(stringifyJson(b))

/** `a @> b`; a top-level array also contains a scalar. */
function contains(a: Json, b: Json, top = true): boolean {
  if (isJsonObject(a) && isJsonObject(b)) {
    return Object.keys(b).every((key) => Object.hasOwn(a, key) && contains(a[key] ?? null, b[key] ?? null, false))
  }
  if (a !== null && isJsonArray(a)) {
    if (b !== null && isJsonArray(b)) return b.every((item) => a.some((other) => contains(other, item, false)))
    return top && !isJsonObject(b) && a.some((other) => same(other, b))
  }
  return !isJsonObject(b) && !(b !== null && isJsonArray(b)) && same(a, b)
}

function typeName(value: Json): string {
  if (value === null) return 'null'
  if (value instanceof RawNumber) return 'number'
  return isJsonArray(value) ? 'array' : typeof value
}

/** `a || b`: members of b win; anything that is no object is taken as an array. */
function concat(a: Json, b: Json): Json {
  if (isJsonObject(a) && isJsonObject(b)) return { ...a, ...b }
  const asArray = (value: Json): readonly Json[] => (value !== null && isJsonArray(value) ? value : [value])
  return [...asArray(a), ...asArray(b)]
}

function remove(value: Json, key: SqlValue): Json {
  if (isJsonObject(value)) {
    if (typeof key === 'bigint') throw failure('22023', { message: 'cannot delete from object using integer index' })
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== text(key)))
  }
  if (value === null || !isJsonArray(value)) throw failure('22023', { message: 'cannot delete from scalar' })
  if (typeof key !== 'bigint') return value.filter((item) => item !== text(key))
  const index = key < 0n ? value.length + Number(key) : Number(key)
  return value.filter((_, position) => position !== index)
}

function buildObject(items: readonly Json[]): JsonObject {
  if (items.length % 2 !== 0) throw failure('22023', { message: 'argument list must have even number of elements' })
  const entries: [string, Json][] = []
  for (let index = 0; index < items.length; index += 2) {
    const key = items[index] ?? null
    if (key === null) throw failure('22023', { message: `argument ${index + 1}: key must not be null` })
    entries.push([typeof key === 'string' ? key : stringifyJson(key), items[index + 1] ?? null])
  }
  return Object.fromEntries(entries)
}

const elements = (value: SqlValue, kind: SqlValue): Set<string> => {
  const items = (read(value) as readonly Json[]).filter((item) => item !== null)
  return new Set(items.map((item) => arrayKey(stringifyJson([item]), text(kind) as ElementKind)))
}

function arrayContains(a: SqlValue, b: SqlValue, kind: SqlValue): bigint {
  if ((read(b) as readonly Json[]).includes(null)) return 0n
  const whole = elements(a, kind)
  return bool([...elements(b, kind)].every((item) => whole.has(item)))
}

function arrayPosition(array: SqlValue, element: SqlValue, kind: SqlValue): SqlValue {
  const keyOf = (item: Json): string => arrayKey(stringifyJson([item]), text(kind) as ElementKind)
  const wanted = keyOf(read(element))
  const index = (read(array) as readonly Json[]).findIndex((item) => keyOf(item) === wanted)
  return index < 0 ? null : BigInt(index + 1)
}

function joinArrays(a: SqlValue, b: SqlValue): SqlValue {
  if (a === null || b === null) return a ?? b
  const inner = [text(a), text(b)].map((array) => array.slice(1, -1)).filter((items) => items !== '')
  return `[${inner.join(',')}]`
}

export const jsonbFunctions: Functions = {
  jsonb: { arity: 1, call: (value) => canonicalJson(read(value)) },
  jsonb_key: { arity: 1, call: (value) => jsonbKey(text(value)) },
  jsonb_get: { arity: 2, call: (a, key) => asJsonb(get(a, key)) },
  jsonb_get_text: { arity: 2, call: (a, key) => asText(get(a, key)) },
  jsonb_path: { arity: 2, call: (a, path) => asJsonb(follow(a, path)) },
  jsonb_path_text: { arity: 2, call: (a, path) => asText(follow(a, path)) },
  jsonb_has_key: {
    arity: 2,
    call: (a, key) => {
      const value = read(a)
      if (isJsonObject(value)) return bool(Object.hasOwn(value, text(key)))
      return bool(value !== null && isJsonArray(value) ? value.includes(text(key)) : value === text(key))
    },
  },
  jsonb_typeof: { arity: 1, call: (a) => typeName(read(a)) },
  jsonb_array_length: {
    arity: 1,
    call: (a) => {
      const value = read(a)
      if (value === null || !isJsonArray(value)) {
        throw failure('22023', {
          message: `cannot get array length of a ${isJsonObject(value) ? 'non-array' : 'scalar'}`,
        })
      }
      return BigInt(value.length)
    },
  },
  jsonb_build_object: { arity: 1, call: (items) => canonicalJson(buildObject(read(items) as readonly Json[])) },
  jsonb_build_array: { arity: 1, call: (items) => canonicalJson(read(items)) },
  jsonb_contains: { arity: 2, call: (a, b) => bool(contains(read(a), read(b))) },
  jsonb_concat: { arity: 2, call: (a, b) => canonicalJson(concat(read(a), read(b))) },
  jsonb_merge: { arity: 2, call: (a, b) => canonicalJson({ ...(read(a) as JsonObject), ...(read(b) as JsonObject) }) },
  jsonb_delete: { arity: 2, call: (a, key) => canonicalJson(remove(read(a), key)) },
  array_key: { arity: 2, call: (a, kind) => arrayKey(text(a), text(kind) as ElementKind) },
  array_contains: { arity: 3, call: arrayContains },
  array_overlaps: {
    arity: 3,
    call: (a, b, kind) => {
      const other = elements(b, kind)
      return bool([...elements(a, kind)].some((item) => other.has(item)))
    },
  },
  array_concat: { arity: 2, takesNull: true, call: joinArrays },
  array_position: { arity: 3, call: arrayPosition },
}
