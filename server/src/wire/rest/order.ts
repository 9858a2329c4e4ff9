import type { OrderItem } from '../../query/request.ts'
import { Cursor } from './cursor.ts'
import { limitExceeded, type ParseLimits } from './limits.ts'
import { field, fieldName, jsonPath } from './names.ts'

const WORD = /(?:asc|desc|nullsfirst|nullslast)(?=[.,) \t]|$)/y
const PREFIX = /nullsfirst|nullslast|asc|desc/y

/** The key of an order, limit or offset parameter: the embed path before the last dot. */
export function parseEmbedPath(key: string): readonly string[] {
  const cursor = new Cursor('tree path', key)
  const names = [fieldName(cursor)]
  while (cursor.take('.', 'delimiter (.)')) names.push(fieldName(cursor))
  cursor.requireEnd()
  names.pop()
  return Object.freeze(names)
}

/** `name.desc.nullslast,author(name),data->>a`. */
export function parseOrder(text: string, limits: ParseLimits): readonly OrderItem[] {
  const cursor = new Cursor('order', text)
  const terms: OrderItem[] = []
  do {
    if (terms.length >= limits.orderTermsMax) throw limitExceeded('orderTermsMax', limits)
    terms.push(orderTerm(cursor, limits))
  } while (cursor.take(','))
  cursor.requireEnd()
  return Object.freeze(terms)
}

function orderTerm(cursor: Cursor, limits: ParseLimits): OrderItem {
  const name = fieldName(cursor)
  let relation: string | null = null
  let target = { name, path: jsonPath(cursor, limits) }
  if (target.path.length === 0 && cursor.take('(')) {
    relation = name
    target = field(cursor, limits)
    cursor.skipBlanks()
    cursor.require(')')
  }
  cursor.skipBlanks()
  const first = suffix(cursor, ['asc', 'desc', 'nullsfirst', 'nullslast'])
  const nulls = first === 'asc' || first === 'desc' ? suffix(cursor, ['nullsfirst', 'nullslast']) : first
  cursor.skipBlanks()
  const nullsFirst = nulls === null ? null : nulls === 'nullsfirst'
  return Object.freeze({ field: Object.freeze(target), relation, descending: first === 'desc', nullsFirst })
}

/** One of `words` after a dot, or null when no dot stands here. */
function suffix(cursor: Cursor, words: readonly string[]): string | null {
  if (!cursor.take('.', 'delimiter (.)')) return null
  const start = cursor.position
  const word = cursor.match(WORD)
  if (word !== null && words.includes(word)) return word
  cursor.position = start
  const prefix = cursor.match(PREFIX)
  if (prefix !== null && words.includes(prefix)) {
    if (prefix.endsWith('sc')) cursor.note('delimiter (.)')
    cursor.note('","')
    cursor.note('end of input')
    throw cursor.error()
  }
  cursor.position = start
  for (const expected of words) cursor.take(expected)
  throw cursor.error()
}
