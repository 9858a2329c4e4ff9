import { failure } from '../../errors/error.ts'
import { compareText, utf8Length } from '../../std/compare-text.ts'
import { compareDecimals, decimalOf, formatDecimal, parseDecimal } from '../../std/decimal.ts'
import { isJsonArray, type Json, type JsonObject, parseJson, RawNumber } from '../../std/json.ts'

/** Nesting that jsonb takes; the database's own JSON functions stop there too. */
const DEPTH_MAX = 1_000

/** jsonb from JSON text, canonical: see `canonicalJson`. 22P02 when it is no JSON. */
export function parseJsonb(text: string): string {
  return canonicalJson(parseJsonText(text))
}

/** Any JSON text as a value; 22P02 with the reason when malformed. */
export function parseJsonText(text: string): Json {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error
    throw failure(
      '22P02',
      { message: 'invalid input syntax for type json' },
      { details: jsonDetails(text), cause: error },
    )
  }
}

function jsonDetails(text: string): string {
  if (text.trim() === '') return 'The input string ended unexpectedly.'
  const token = /^\s*([\w$]+|\S)/.exec(text)?.[1] ?? ''
  return /^[\w$]/.test(token) && !/^-?\d/.test(token) ? `Token "${token}" is invalid.` : 'The input is not valid JSON.'
}

/**
 * The one text of a jsonb value: minified, keys ordered by length in bytes, then by bytes, the last of equal keys, numbers without
 * exponent. Throws 22P05 for `\u0000`, which PostgreSQL can't keep.
 */
export function canonicalJson(value: Json, depth = 0): string {
  if (depth > DEPTH_MAX) throw failure('54001', { message: 'stack depth limit exceeded' })
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return canonicalString(value)
  if (typeof value === 'number') return canonicalNumber(String(value))
  if (value instanceof RawNumber) return canonicalNumber(value.text)
  if (isJsonArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`
  return canonicalObject(value, depth)
}

function canonicalObject(value: JsonObject, depth: number): string {
  const keys = Object.keys(value).sort(compareKeys)
  const members = keys.map((key) => `${canonicalString(key)}:${canonicalJson(value[key] ?? null, depth + 1)}`)
  return `{${members.join(',')}}`
}

function canonicalString(value: string): string {
  if (value.includes('\u0000')) throw failure('22P05', {}, { details: '\\u0000 cannot be converted to text.' })
  if (!value.isWellFormed()) {
    const details = 'Unicode low surrogate must follow a high surrogate.'
    throw failure('22P02', { message: 'invalid input syntax for type json' }, { details })
  }
  return JSON.stringify(value)
}

function canonicalNumber(text: string): string {
  if (/^(0|-?[1-9]\d*)$/.test(text)) return text
  try {
    const value = parseDecimal(text)
    if (value !== null) return formatDecimal(value)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  throw failure('22003', { message: 'value overflows numeric format' })
}

function compareKeys(a: string, b: string): number {
  return utf8Length(a) - utf8Length(b) || compareText(a, b)
}

/** jsonb as `::text` prints it: `{"a": 1, "b": [1, 2]}`. */
export function spacedJson(canonical: string): string {
  let text = ''
  let isString = false
  for (let at = 0; at < canonical.length; at++) {
    const character = canonical[at] ?? ''
    text += character
    if (isString && character === '\\') text += canonical[++at] ?? ''
    else if (character === '"') isString = !isString
    else if (!isString && (character === ',' || character === ':')) text += ' '
  }
  return text
}

/** PostgreSQL's order of jsonb: Object > Array > Boolean > Number > String > Null; see "jsonb indexing" in its manual. */
export function compareJsonb(a: string, b: string): number {
  if (a === b) return 0
  const left = parseJson(a)
  const right = parseJson(b)
  // An old quirk that PostgreSQL keeps: a top-level empty array is less than anything else.
  const isLeftEmpty = isJsonArray(left) && left.length === 0
  const isRightEmpty = isJsonArray(right) && right.length === 0
  if (isLeftEmpty !== isRightEmpty) return isLeftEmpty ? -1 : 1
  return compareJson(left, right)
}

function compareJson(a: Json, b: Json): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a === null || b === null) return 0
  if (isNumber(a) && isNumber(b)) return compareDecimals(numberOf(a), numberOf(b))
  if (isJsonArray(a) && isJsonArray(b)) return compareLists(a, b)
  return compareObjects(a as JsonObject, b as JsonObject)
}

function compareLists(a: readonly Json[], b: readonly Json[]): number {
  if (a.length !== b.length) return a.length - b.length
  for (const [index, item] of a.entries()) {
    const order = compareJson(item, b[index] ?? null)
    if (order !== 0) return order
  }
  return 0
}

function compareObjects(a: JsonObject, b: JsonObject): number {
  const left = Object.keys(a).sort(compareKeys)
  const right = Object.keys(b).sort(compareKeys)
  if (left.length !== right.length) return left.length - right.length
  for (const [index, key] of left.entries()) {
    const other = right[index] ?? ''
    const order = compareText(key, other) || compareJson(a[key] ?? null, b[other] ?? null)
    if (order !== 0) return order
  }
  return 0
}

function rankOf(value: Json): number {
  if (value === null) return 0
  if (typeof value === 'string') return 1
  if (isNumber(value)) return 2
  if (typeof value === 'boolean') return 3
  return isJsonArray(value) ? 4 : 5
}

function isNumber(value: Json): value is number | RawNumber {
  return typeof value === 'number' || value instanceof RawNumber
}

function numberOf(value: number | RawNumber) {
  return decimalOf(typeof value === 'number' ? String(value) : value.text)
}
