import type { FieldRef, JsonStep } from '../../query/request.ts'
import type { Cursor } from './cursor.ts'
import { limitExceeded, type ParseLimits } from './limits.ts'

/** The common case: ASCII letters, digits and `_`, with nothing after them that could belong to the name. */
const PLAIN_IDENTIFIER = /[A-Za-z0-9_]+(?![-A-Za-z0-9_ $]|[^\0-\x7f])/y
const IDENTIFIER = /[\p{L}0-9_ $]+(?:-(?!>)[\p{L}0-9_ $]+)*/uy
const CAST = /[\p{L}0-9_ $]+/uy
const JSON_KEY = /[^(\-:.,>)]+(?:-(?!>)[^(\-:.,>)]+)*/y
const JSON_INDEX = /-?[0-9]{1,9}(?=->|::|[.,)]|$)/y
const JSON_NEGATIVE = /-[0-9]*/y
const FIELD_LABEL = 'field name (* or [a..z0..9_$])'

/** A name as users write it: `"…"` with backslash escapes, or letters, digits, `_`, `$`, blanks and inner dashes. */
export function fieldName(cursor: Cursor): string {
  cursor.skipBlanks()
  const name = optionalName(cursor)
  if (name !== null) return name
  cursor.note(FIELD_LABEL)
  throw cursor.error()
}

/** Like `fieldName`, but null when no name stands here. */
export function optionalName(cursor: Cursor): string | null {
  if (cursor.sees('"')) {
    const quoted = quotedText(cursor.text, cursor.position)
    if (quoted === null) {
      cursor.position = cursor.text.length
      cursor.note('"\\""')
      throw cursor.error()
    }
    cursor.position = quoted.end
    cursor.skipBlanks()
    return quoted.value
  }
  const start = cursor.position
  const name = cursor.match(PLAIN_IDENTIFIER) ?? cursor.match(IDENTIFIER)
  if (name === null) return null
  const trimmed = trimRuns(name)
  if (trimmed !== '') return trimmed
  cursor.position = start
  return null
}

function trimRuns(name: string): string {
  if (!name.includes('-')) return name.trim()
  return name
    .split('-')
    .map((run) => run.trim())
    .join('-')
}

/** The `"…"` that starts at `start`, with backslash escapes undone, and the position after it. Null when it does not end. */
export function quotedText(text: string, start: number): { readonly value: string; readonly end: number } | null {
  let value = ''
  let from = start + 1
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === '"') return { value: value + text.slice(from, at), end: at + 1 }
    if (char === '\\') {
      value += text.slice(from, at)
      from = at + 1
      at++
    }
  }
  return null
}

/** `name` with an optional JSON path. */
export function field(cursor: Cursor, limits: ParseLimits): FieldRef {
  const name = fieldName(cursor)
  return Object.freeze({ name, path: jsonPath(cursor, limits) })
}

const NO_PATH: readonly JsonStep[] = Object.freeze([])

/** Zero or more `->key`, `->>key`, `->3`. */
export function jsonPath(cursor: Cursor, limits: ParseLimits): readonly JsonStep[] {
  if (!cursor.take('->')) return NO_PATH
  const steps: JsonStep[] = []
  do {
    if (steps.length >= limits.jsonPathStepsMax) throw limitExceeded('jsonPathStepsMax', limits)
    const asText = cursor.match(/>/y) !== null
    steps.push(Object.freeze({ key: jsonOperand(cursor), asText }))
  } while (cursor.take('->'))
  return Object.freeze(steps)
}

function jsonOperand(cursor: Cursor): string | number {
  const index = cursor.match(JSON_INDEX)
  if (index !== null) return Number(index)
  if (cursor.sees('"')) return fieldName(cursor)
  if (cursor.match(JSON_NEGATIVE) !== null) {
    for (const label of ['digit', '"->"', '"::"', '"."', '","', 'end of input']) cursor.note(label)
    throw cursor.error()
  }
  const key = cursor.match(JSON_KEY)?.trim()
  if (key !== undefined && key !== '') return key
  cursor.note('digit')
  cursor.note(FIELD_LABEL)
  throw cursor.error()
}

/** The type name after `::`. */
export function castName(cursor: Cursor): string {
  const name = cursor.match(CAST)?.trim()
  if (name !== undefined && name !== '') return name
  cursor.note('letter')
  cursor.note('digit')
  throw cursor.error()
}

/** `a,b,"c d"`: the names of `columns` and `on_conflict`. Repeated ones count once. */
export function nameList(cursor: Cursor, limits: ParseLimits): readonly string[] {
  const names = new Set<string>()
  do {
    names.add(fieldName(cursor))
    if (names.size > limits.payloadColumnsMax) throw limitExceeded('payloadColumnsMax', limits)
    cursor.skipBlanks()
  } while (cursor.take(','))
  cursor.requireEnd()
  return Object.freeze([...names])
}
