import { failure } from '../../errors/error.ts'
import type { FieldRef, FilterNode, FilterOperator } from '../../query/request.ts'
import { parseArrayLiteral } from '../../schema/values/array.ts'
import { Cursor } from './cursor.ts'
import { limitExceeded, type ParseLimits } from './limits.ts'
import { fieldName, jsonPath, quotedText } from './names.ts'
import type { Values } from './values.ts'

type Quantifier = 'any' | 'all' | null
type IsWord = 'null' | 'not_null' | 'true' | 'false' | 'unknown'

const OPERATORS: ReadonlyMap<string, FilterOperator> = new Map(
  [
    ...(['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'like', 'ilike', 'match', 'imatch'] as const),
    ...(['in', 'is', 'isdistinct', 'cs', 'cd', 'ov', 'sl', 'sr', 'nxr', 'nxl', 'adj'] as const),
    ...(['fts', 'plfts', 'phfts', 'wfts'] as const),
  ].map((name) => [name, name]),
)
const QUANTIFIABLE: ReadonlySet<FilterOperator> = new Set([
  ...(['eq', 'gte', 'gt', 'lte', 'lt', 'like', 'ilike', 'match', 'imatch'] as const),
])
const FULL_TEXT: ReadonlySet<FilterOperator> = new Set(['fts', 'plfts', 'phfts', 'wfts'] as const)

const WORD = /[a-z]+/y
const QUANTIFIER = /\((?:any|all)\)/y
const LANGUAGE = /\([\p{L}0-9_ $]+\)/uy
const IS_WORD = /not_null|null|true|false|unknown/iy
const LIST_ELEMENT = /[^,)]*/y
const LOGIC_BRACES = /\{[^{}]*\}/y

/** Whether `word` is one of the filter operators. */
export function isOperator(word: string): boolean {
  return OPERATORS.has(word)
}

export interface FilterState {
  readonly cursor: Cursor
  readonly limits: ParseLimits
  readonly values: Values
  /** Inside and/or a value ends at `,` or `)`; in a parameter of its own it is the rest of the text. */
  readonly inLogic: boolean
}

/** A filter's key: the embed path before the last dot, then the field. `orders.items.data->>a`. */
export function parseTreePath(
  key: string,
  limits: ParseLimits,
): { readonly path: readonly string[]; readonly field: FieldRef } {
  const cursor = new Cursor('tree path', key)
  const names = [fieldName(cursor)]
  while (cursor.take('.', 'delimiter (.)')) names.push(fieldName(cursor))
  const path = jsonPath(cursor, limits)
  cursor.requireEnd()
  const name = names.pop() ?? ''
  return { path: Object.freeze(names), field: Object.freeze({ name, path }) }
}

/** The value of a filter parameter: `eq.1`, `not.in.(1,2)`. */
export function parseFilter(text: string, field: FieldRef, rest: Omit<FilterState, 'cursor' | 'inLogic'>): FilterNode {
  const cursor = new Cursor('filter', text)
  const node = filterExpression({ ...rest, cursor, inLogic: false }, field)
  cursor.requireEnd()
  return node
}

/** `['not.'] op '.' value` at the cursor. */
export function filterExpression(state: FilterState, field: FieldRef): FilterNode {
  const { cursor } = state
  const negated = cursor.take('not', '"not"')
  if (negated) cursor.require('.', 'delimiter (.)')
  const start = cursor.position
  const op = OPERATORS.get(cursor.match(WORD) ?? '')
  if (op === undefined) {
    cursor.position = start
    cursor.note('operator (eq, gt, ...)')
    throw cursor.error()
  }
  const base = { kind: 'filter', field, op, negated } as const
  if (op === 'is') return Object.freeze({ ...base, quantifier: null, is: isWord(state), language: null, value: -1 })
  const quantifier = quantifierOf(cursor, op)
  const language = FULL_TEXT.has(op) ? (cursor.match(LANGUAGE)?.slice(1, -1).trim() ?? null) : null
  cursor.require('.', 'delimiter (.)')
  const value = state.values.add(operand(state, op, quantifier))
  return Object.freeze({ ...base, quantifier, is: null, language, value })
}

function quantifierOf(cursor: Cursor, op: FilterOperator): Quantifier {
  if (!QUANTIFIABLE.has(op)) return null
  const text = cursor.match(QUANTIFIER)
  if (text === null) return null
  return text === '(any)' ? 'any' : 'all'
}

function isWord(state: FilterState): IsWord {
  const { cursor } = state
  cursor.require('.', 'delimiter (.)')
  const start = cursor.position
  const word = cursor.match(IS_WORD)?.toLowerCase()
  if (state.inLogic) cursor.skipBlanks()
  const ended = cursor.atEnd || (state.inLogic && (cursor.sees(',') || cursor.sees(')')))
  if (word !== undefined && ended) return word as IsWord
  cursor.position = start
  cursor.note('isVal: (null, not_null, true, false, unknown)')
  throw cursor.error()
}

function operand(state: FilterState, op: FilterOperator, quantifier: Quantifier): string | readonly string[] {
  if (op === 'in') return inList(state)
  const text = state.inLogic ? logicValue(state.cursor) : state.cursor.rest()
  const star = op === 'like' || op === 'ilike'
  if (quantifier === null) return star ? text.replaceAll('*', '%') : text
  const elements = parseArrayLiteral(text).map(withoutNull)
  if (elements.length > state.limits.inListMax) throw limitExceeded('inListMax', state.limits)
  return Object.freeze(star ? elements.map((element) => element.replaceAll('*', '%')) : elements)
}

function withoutNull(element: string | null): string {
  if (element !== null) return element
  throw failure('0A000', { message: 'NULL elements are not supported in a list of values' })
}

/** `(a,"b,c",d)`. `()` is the empty list. */
function inList(state: FilterState): readonly string[] {
  const { cursor, limits } = state
  cursor.skipBlanks()
  cursor.require('(')
  cursor.skipBlanks()
  const elements: string[] = []
  do {
    if (elements.length >= limits.inListMax) throw limitExceeded('inListMax', limits)
    elements.push(listElement(cursor))
  } while (cursor.take(','))
  cursor.require(')')
  cursor.skipBlanks()
  return Object.freeze(elements.length === 1 && elements[0] === '' ? [] : elements)
}

function listElement(cursor: Cursor): string {
  return quotedOperand(cursor) ?? cursor.match(LIST_ELEMENT) ?? ''
}

function logicValue(cursor: Cursor): string {
  return quotedOperand(cursor) ?? cursor.match(LOGIC_BRACES) ?? cursor.match(LIST_ELEMENT) ?? ''
}

/** A `"…"` counts as quoted only where `,`, `)` or the end follows it; otherwise its quotes are ordinary characters. */
function quotedOperand(cursor: Cursor): string | null {
  if (!cursor.sees('"')) return null
  const quoted = quotedText(cursor.text, cursor.position)
  if (quoted === null) return null
  const next = cursor.text[quoted.end]
  if (next !== undefined && next !== ',' && next !== ')') return null
  cursor.position = quoted.end
  return quoted.value
}
