import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MUSIC } from '../../../test/support/music.ts'
import { parse } from '../../../test/support/rest-request.ts'
import { PilarError } from '../../errors/error.ts'
import { plan } from '../../query/planner/plan.ts'
import type { FieldRef, FilterNode, OrderItem, SelectItem } from '../../query/request.ts'
import { parseFilter, parseTreePath } from './filter.ts'
import { DEFAULT_PARSE_LIMITS } from './limits.ts'
import { parseLogicTree } from './logic.ts'
import { parseOrder } from './order.ts'
import { parsePayload } from './payload.ts'
import { encode } from './query-string.ts'
import { parseSelect } from './select.ts'
import { Values } from './values.ts'

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function generator(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

const PIECES = [
  ...['select=', 'order=', 'or=(', 'and=', 'limit=', 'columns=', 'on_conflict=', 'albums.', 'artists(', 'id', 'name'],
  ...['=eq.', '=not.', 'in.(', 'is.null', '(any)', '->', '->>', '::', 'count()', '.sum()', '...', '!inner', '!', ':'],
  ...[
    '"',
    '\\',
    '%',
    '%2',
    '%00',
    '%F0%9F%98%80',
    '+',
    '&',
    '=',
    '.',
    ',',
    '(',
    ')',
    '{',
    '}',
    '*',
    '-',
    '1',
    ' ',
    '\t',
  ],
  ...[
    'é',
    '𝒳',
    '\u0000',
    '\ud800',
    '__proto__',
    'constructor',
    'like.',
    'fts(',
    'desc',
    'nullsfirst',
    'tags',
    'settings',
  ],
]

function randomText(next: (bound: number) => number): string {
  return Array.from({ length: next(14) }, () => PIECES[next(PIECES.length)] ?? '').join('')
}

/** Runs what must either work or throw a PilarError below 500. */
function survives(run: () => unknown, input: string): void {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof PilarError && error.status < 500, `${JSON.stringify(input)}: ${error}`)
  }
}

test('random requests are answered or refused, never crash', () => {
  const next = generator(1)
  const methods = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS', 'TRACE']
  const options = { aggregatesEnabled: true, rowsMax: 1000, requireWhere: true }
  for (let round = 0; round < 20_000; round++) {
    const line = `${methods[next(methods.length)]} /artists?${randomText(next)}`
    const headers = { prefer: randomText(next), accept: randomText(next), range: randomText(next) }
    survives(() => {
      const parsed = parse(line, { headers, body: '{"id":1}' })
      if (parsed.kind === 'rows') plan(parsed.api, MUSIC, options)
    }, line)
  }
})

test('random bodies are read or refused, never crash', () => {
  const next = generator(2)
  const types = [
    'application/json',
    'text/csv',
    'application/x-www-form-urlencoded',
    'application/json garbage',
    undefined,
  ]
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    '"a"',
    ':',
    ',',
    '1',
    'null',
    '"__proto__"',
    '\n',
    '\r\n',
    '\\',
    '"',
    'NULL',
    '=',
    '&',
    '%',
  ]
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: next(12) }, () => pieces[next(pieces.length)]).join('')
    const bytes = new TextEncoder().encode(text)
    if (bytes.length > 0 && next(4) === 0) bytes[next(bytes.length)] = next(256)
    const contentType = types[next(types.length)]
    const columns = next(2) === 0 ? null : ['a', '__proto__']
    survives(() => parsePayload(bytes, { contentType, columns, limits: DEFAULT_PARSE_LIMITS }), text)
  }
  assert.deepEqual(Object.keys(Object.prototype), [])
})

test('hostile texts take linear time', () => {
  const hostile = [
    ...[
      '(',
      ')',
      '"',
      '\\"',
      '{',
      '.',
      ',',
      '-',
      '->',
      'a-',
      ' ',
      'not.',
      'or(',
      '*',
      '!',
      ':',
      '%25',
      '+',
      '...',
      '::',
    ],
    ...['a,"', '"\\', ',"\\', 'in.(', 'a(', ' - ', '"a" ', '{a,', 'asc.'],
  ]
  for (const piece of hostile) {
    for (const prefix of [
      'select=',
      'order=',
      'or=(',
      'or=(a.eq.',
      'a=in.(',
      'a=eq(any).{',
      'columns=',
      'a=',
      '',
      'select=a->',
    ]) {
      const line = `GET /t?${prefix}${piece.repeat(100_000)}`
      const start = performance.now()
      survives(() => parse(line), `${prefix}${piece}…`)
      const tookMs = performance.now() - start
      assert.ok(tookMs < 1000, `${prefix}${piece}… took ${tookMs} ms`)
    }
  }
})

const NAMES = [
  'id',
  'a b',
  'a-b',
  'x.y',
  'q"uo\\te',
  'né',
  '(',
  'count',
  'and',
  'not',
  '->',
  'a,b',
  'left',
  '__proto__',
  '*',
]
const name = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

interface Grammar {
  readonly next: (bound: number) => number
}

function oneOf<T>({ next }: Grammar, items: readonly [T, ...T[]]): T {
  return items[next(items.length)] ?? items[0]
}
const anyName = (g: Grammar): string => NAMES[g.next(NAMES.length)] ?? 'id'

function makeField(g: Grammar): FieldRef {
  const path = Array.from({ length: g.next(3) }, () => ({
    key: g.next(2) === 0 ? anyName(g) : g.next(9) - 4,
    asText: g.next(2) === 0,
  }))
  return { name: anyName(g), path }
}

function printField(field: FieldRef): string {
  const steps = field.path.map(
    ({ key, asText }) => `${asText ? '->>' : '->'}${typeof key === 'number' ? key : name(key)}`,
  )
  return name(field.name) + steps.join('')
}

function makeSelect(g: Grammar, depth: number): SelectItem {
  const alias = g.next(2) === 0 ? null : anyName(g)
  const kind = g.next(depth > 0 ? 4 : 3)
  if (kind === 0) return { kind: 'all' }
  if (kind === 1) return { kind: 'count', alias, cast: g.next(2) === 0 ? null : 'double precision' }
  if (kind === 2) {
    const aggregate = oneOf(g, [null, 'sum', 'avg', 'count', 'min', 'max'] as const)
    const aggregateCast = aggregate === null || g.next(2) === 0 ? null : 'text'
    return { kind: 'field', ...makeField(g), alias, cast: g.next(2) === 0 ? null : 'int4', aggregate, aggregateCast }
  }
  const spread = g.next(2) === 0
  return {
    kind: 'embed',
    name: anyName(g),
    alias: spread ? null : alias,
    hint: g.next(2) === 0 ? null : 'a hint',
    join: oneOf(g, [null, 'inner', 'left'] as const),
    spread,
    select: Array.from({ length: g.next(4) }, () => makeSelect(g, depth - 1)),
  }
}

function printSelect(item: SelectItem): string {
  if (item.kind === 'all') return '*'
  const alias = item.alias === null ? '' : `${name(item.alias)}:`
  if (item.kind === 'count') return `${alias}count()${item.cast === null ? '' : `::${item.cast}`}`
  if (item.kind === 'field') {
    const cast = item.cast === null ? '' : `::${item.cast}`
    const call = item.aggregate === null ? '' : `.${item.aggregate}()`
    return `${alias}${printField(item)}${cast}${call}${item.aggregateCast === null ? '' : `::${item.aggregateCast}`}`
  }
  const hint = item.hint === null ? '' : `!${name(item.hint)}`
  const join = item.join === null ? '' : `!${item.join}`
  const start = item.spread ? '...' : alias
  return `${start}${name(item.name)}${hint}${join}(${item.select.map(printSelect).join(', ')})`
}

test('a printed select parses to itself', () => {
  const g = { next: generator(3) }
  for (let round = 0; round < 3000; round++) {
    const items = Array.from({ length: g.next(5) }, () => makeSelect(g, 2))
    const text = items.map(printSelect).join(',')
    assert.deepEqual(parseSelect(text, DEFAULT_PARSE_LIMITS), items, text)
  }
})

test('a printed order parses to itself', () => {
  const g = { next: generator(4) }
  for (let round = 0; round < 3000; round++) {
    const terms = Array.from({ length: 1 + g.next(4) }, (): OrderItem => {
      const relation = g.next(2) === 0 ? null : anyName(g)
      return { field: makeField(g), relation, descending: g.next(2) === 0, nullsFirst: oneOf(g, [null, true, false]) }
    })
    const text = terms
      .map(({ field, relation, descending, nullsFirst }) => {
        const target = relation === null ? printField(field) : `${name(relation)}(${printField(field)})`
        const nulls = nullsFirst === null ? '' : nullsFirst ? '.nullsfirst' : '.nullslast'
        return `${target}${descending ? '.desc' : g.next(2) === 0 ? '.asc' : ''}${nulls}`
      })
      .join(',')
    assert.deepEqual(parseOrder(text, DEFAULT_PARSE_LIMITS), terms, text)
  }
})

interface Printed {
  readonly node: FilterNode
  readonly text: string
}

const OPERATORS = ['eq', 'neq', 'gt', 'like', 'ilike', 'match', 'cs', 'ov', 'isdistinct', 'sl', 'wfts'] as const

/** A filter without its field, with its text; `value` quotes as logic trees need it. */
function makeFilter(g: Grammar, field: FieldRef, values: Values): Printed {
  const negated = g.next(3) === 0
  const base = { kind: 'filter', field, negated, quantifier: null, is: null, language: null } as const
  const not = negated ? 'not.' : ''
  const kind = g.next(4)
  if (kind === 0) {
    const is = oneOf(g, ['null', 'not_null', 'true', 'false', 'unknown'] as const)
    return { node: { ...base, op: 'is', is, value: -1 }, text: `${not}is.${is}` }
  }
  if (kind === 1) {
    const list = Array.from({ length: 1 + g.next(3) }, () => anyName(g))
    return { node: { ...base, op: 'in', value: values.add(list) }, text: `${not}in.(${list.map(name).join(',')})` }
  }
  const quantifier = kind === 2 ? oneOf(g, ['any', 'all'] as const) : null
  if (quantifier !== null) {
    const list = Array.from({ length: g.next(3) }, () => anyName(g))
    const literal = list.map(name).join(',')
    const node: FilterNode = { ...base, op: 'eq', quantifier, value: values.add(list) }
    return { node, text: `${not}eq(${quantifier}).${name(`{${literal}}`)}` }
  }
  const op = oneOf(g, OPERATORS)
  const value = anyName(g)
  const kept = op === 'like' || op === 'ilike' ? value.replaceAll('*', '%') : value
  return { node: { ...base, op, value: values.add(kept) }, text: `${not}${op}.${name(value)}` }
}

function makeNode(g: Grammar, depth: number, values: Values): Printed {
  if (depth === 0 || g.next(3) === 0) {
    const field = makeField(g)
    const { node, text } = makeFilter(g, field, values)
    return { node, text: `${printField(field)}.${text}` }
  }
  const op = g.next(2) === 0 ? 'and' : 'or'
  const negated = g.next(3) === 0
  const parts = Array.from({ length: 1 + g.next(3) }, () => makeNode(g, depth - 1, values))
  const node: FilterNode = { kind: 'logic', op, negated, nodes: parts.map((part) => part.node) }
  return { node, text: `${negated ? 'not.' : ''}${op}(${parts.map((part) => part.text).join(', ')})` }
}

test('a printed logic tree parses to itself, values included', () => {
  const g = { next: generator(5) }
  for (let round = 0; round < 3000; round++) {
    const values = new Values()
    const parts = Array.from({ length: 1 + g.next(3) }, () => makeNode(g, 2, values))
    const node: FilterNode = { kind: 'logic', op: 'or', negated: false, nodes: parts.map((part) => part.node) }
    const text = `(${parts.map((part) => part.text).join(',')})`
    const parsed = new Values()
    const counter = { nodes: 0 }
    assert.deepEqual(parseLogicTree('or', text, { limits: DEFAULT_PARSE_LIMITS, values: parsed, counter }), node, text)
    assert.deepEqual(parsed.all, values.all, text)
  }
})

test('a printed filter parses to itself through a real URL', () => {
  const g = { next: generator(6) }
  for (let round = 0; round < 3000; round++) {
    const path = Array.from({ length: g.next(3) }, () => anyName(g))
    const field = makeField(g)
    const key = [...path.map(name), printField(field)].join('.')
    assert.deepEqual(parseTreePath(key, DEFAULT_PARSE_LIMITS), { path, field }, key)
    const value = `${anyName(g)} ${g.next(1000)}`
    const values = new Values()
    const node = parseFilter(`eq.${value}`, field, { limits: DEFAULT_PARSE_LIMITS, values })
    assert.ok(node.kind === 'filter' && node.value === 0)
    assert.deepEqual(values.all, [value])
    const parsed = parse(`GET /t?${encode('x')}=${encode(`eq.${value}`)}`)
    assert.ok(parsed.kind === 'rows')
    assert.deepEqual(parsed.api.values, [value])
  }
})
