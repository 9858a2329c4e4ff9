import type { AggregateName } from '../../query/expr.ts'
import type { SelectItem } from '../../query/request.ts'
import { Cursor } from './cursor.ts'
import { limitExceeded, type ParseLimits } from './limits.ts'
import { castName, fieldName, jsonPath } from './names.ts'

const AGGREGATES: ReadonlySet<string> = new Set<AggregateName>(['count', 'sum', 'avg', 'min', 'max'])
const AGGREGATE = /(?:sum|avg|count|max|min)\(\)/y

interface SelectState {
  readonly cursor: Cursor
  readonly limits: ParseLimits
  items: number
}

/** `select` into its items: columns, aggregates and embeds. An empty text selects nothing. */
export function parseSelect(text: string, limits: ParseLimits): readonly SelectItem[] {
  const state: SelectState = { cursor: new Cursor('select parameter', text), limits, items: 0 }
  const items = itemList(state, 0)
  if (!state.cursor.atEnd) {
    state.cursor.note('","')
    state.cursor.requireEnd()
  }
  return items
}

function itemList(state: SelectState, depth: number): readonly SelectItem[] {
  const { cursor, limits } = state
  const items: SelectItem[] = []
  cursor.skipBlanks()
  if (cursor.atEnd || (depth > 0 && cursor.sees(')'))) return Object.freeze(items)
  do {
    state.items++
    if (state.items > limits.selectItemsMax) throw limitExceeded('selectItemsMax', limits)
    items.push(Object.freeze(selectItem(state, depth)))
    cursor.skipBlanks()
  } while (cursor.take(','))
  return Object.freeze(items)
}

function selectItem(state: SelectState, depth: number): SelectItem {
  const { cursor } = state
  cursor.skipBlanks()
  if (cursor.take('...')) return embed(state, { name: fieldName(cursor), alias: null, spread: true, depth })
  if (cursor.take('*', 'field name (* or [a..z0..9_$])')) return { kind: 'all' }
  let quoted = cursor.sees('"')
  let name = fieldName(cursor)
  let alias: string | null = null
  if (cursor.sees(':') && !cursor.sees('::')) {
    cursor.position++
    cursor.skipBlanks()
    alias = name
    quoted = cursor.sees('"')
    name = fieldName(cursor)
  }
  if (name === 'count' && !quoted && cursor.sees('()')) {
    cursor.position += 2
    return { kind: 'count', alias, cast: optionalCast(cursor) }
  }
  if (cursor.sees('!') || cursor.sees('(')) return embed(state, { name, alias, spread: false, depth })
  return column(state, name, alias)
}

function column(state: SelectState, name: string, alias: string | null): SelectItem {
  const { cursor } = state
  const path = jsonPath(cursor, state.limits)
  const cast = optionalCast(cursor)
  const aggregate = optionalAggregate(cursor)
  const aggregateCast = aggregate === null ? null : optionalCast(cursor)
  cursor.skipBlanks()
  if (!cursor.atEnd && !cursor.sees(',') && !cursor.sees(')')) {
    for (const label of ['")"', '","', 'end of input']) cursor.note(label)
    throw cursor.error()
  }
  return { kind: 'field', name, alias, path, cast, aggregate, aggregateCast }
}

function optionalCast(cursor: Cursor): string | null {
  return cursor.take('::') ? castName(cursor) : null
}

function optionalAggregate(cursor: Cursor): AggregateName | null {
  if (!cursor.take('.', 'delimiter (.)')) return null
  const call = cursor.match(AGGREGATE)
  const name = call?.slice(0, -2)
  if (name !== undefined && isAggregate(name)) return name
  for (const label of ['"sum()"', '"avg()"', '"count()"', '"max()"', '"min()"']) cursor.note(label)
  throw cursor.error()
}

function isAggregate(name: string): name is AggregateName {
  return AGGREGATES.has(name)
}

interface EmbedHead {
  readonly name: string
  readonly alias: string | null
  readonly spread: boolean
  /** Level of the select the embed stands in; the root's is 0. */
  readonly depth: number
}

function embed(state: SelectState, head: EmbedHead): SelectItem {
  const { cursor, limits } = state
  const { name, alias, spread, depth } = head
  let hint: string | null = null
  let join: 'inner' | 'left' | null = null
  for (let given = 0; given < 2 && cursor.take('!'); given++) {
    const quoted = cursor.sees('"')
    const word = fieldName(cursor)
    if (!quoted && (word === 'inner' || word === 'left')) join ??= word
    else hint ??= word
  }
  cursor.skipBlanks()
  cursor.require('(')
  if (depth >= limits.embedDepthMax) throw limitExceeded('embedDepthMax', limits)
  const select = itemList(state, depth + 1)
  cursor.require(')')
  return { kind: 'embed', name, alias, hint, join, spread, select }
}
