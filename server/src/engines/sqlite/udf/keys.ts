import type { ScalarType } from '../../../schema/types.ts'
import { compareText } from '../../../std/compare-text.ts'
import { decimalOf, toSortKey } from '../../../std/decimal.ts'
import { isJsonArray, type Json, parseJson, RawNumber } from '../../../std/json.ts'

/**
 * Texts whose byte order is PostgreSQL's order of jsonb and of arrays. An end mark (U+0001 U+0001) is below every character; U+0001 inside a
 * text is written U+0001 U+0002.
 */
const END = '\u0001\u0001'

function textKey(text: string): string {
  return `${text.replaceAll('\u0001', '\u0001\u0002')}${END}`
}

function numberKey(text: string): string {
  return `${toSortKey(decimalOf(text))}${END}`
}

/** Object > Array > Boolean > Number > String > Null; an empty top-level array is below all, as PostgreSQL has it. */
export function jsonbKey(canonical: string): string {
  return canonical === '[]' ? '' : jsonKey(parseJson(canonical))
}

function jsonKey(value: Json): string {
  if (value === null) return '1'
  if (typeof value === 'string') return `2${textKey(value)}`
  if (typeof value === 'number') return `3${numberKey(String(value))}`
  if (value instanceof RawNumber) return `3${numberKey(value.text)}`
  if (typeof value === 'boolean') return value ? '5' : '4'
  if (isJsonArray(value)) return `6${count(value.length)}${value.map(jsonKey).join('')}`
  const keys = Object.keys(value).sort((a, b) => byLength(a) - byLength(b) || compareText(a, b))
  const members = keys.map((key) => `${textKey(key)}${jsonKey(value[key] ?? null)}`)
  return `7${count(keys.length)}${members.join('')}`
}

const byLength = (key: string): number => Buffer.byteLength(key)
const count = (length: number): string => String(length).padStart(8, '0')

/** How array elements sort: as numbers or as texts. */
export type ElementKind = 'number' | 'text'

const NUMBERS = new Set(['smallint', 'integer', 'bigint', 'numeric', 'real', 'double'])

export function elementKind(element: ScalarType): ElementKind {
  return NUMBERS.has(element.name) ? 'number' : 'text'
}

/** Elements in order; a shorter array is below its extensions; NULL is above every element. */
export function arrayKey(json: string, kind: ElementKind): string {
  const items = parseJson(json) as readonly Json[]
  return `${items.map((item) => elementKey(item, kind)).join('')}0`
}

function elementKey(item: Json, kind: ElementKind): string {
  if (item === null) return '9'
  const text = item instanceof RawNumber ? item.text : String(item)
  return kind === 'number' && /^[-\d.]/.test(text) ? `5${numberKey(text)}` : `5${textKey(text)}`
}
