import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeColumn, makeTable } from '../schema/make-catalog.ts'
import { BOOLEAN, INTEGER, TEXT, UUID } from '../schema/types.ts'
import type { Exists, Expr, Query } from './expr.ts'
import {
  and,
  call,
  cast,
  children,
  collect,
  column,
  context,
  FALSE,
  is,
  literal,
  mapExpr,
  not,
  or,
  renameSources,
  TRUE,
  walk,
} from './expr-tools.ts'

const table = makeTable({
  name: 't',
  columns: [
    makeColumn({ name: 'a', type: INTEGER }),
    makeColumn({ name: 'b', type: TEXT }),
    makeColumn({ name: 'c', type: BOOLEAN }),
  ],
})
const a = column('s0', table, 'a')
const c = column('s0', table, 'c')
const isOne = call('eq', [a, literal(1, INTEGER)], BOOLEAN)

function existsOver(source: string, where: Expr): Exists {
  const query: Query = {
    from: [{ source, table: 'public.t', join: 'cross', on: null }],
    where,
    output: null,
    aggregate: null,
    order: [],
    limit: null,
    definer: false,
  }
  return Object.freeze({ kind: 'exists', type: BOOLEAN, query })
}

test('and, or and not flatten, drop what is neutral and stop at what decides', () => {
  assert.equal(and(), TRUE)
  assert.equal(or(), FALSE)
  assert.equal(and(null, c, TRUE), c)
  assert.equal(and(c, FALSE), FALSE)
  assert.equal(or(c, TRUE), TRUE)
  assert.deepEqual(and(and(c, isOne), null, c), { kind: 'and', type: BOOLEAN, args: [c, isOne, c] })
  assert.equal(or(and(c, isOne), FALSE).kind, 'and')
  assert.equal(not(TRUE), FALSE)
  assert.equal(not(c).kind, 'not')
})

test('null is not dropped: null and false is false, null and true is null', () => {
  const unknown = literal(null, BOOLEAN)
  assert.equal(and(unknown, TRUE), unknown)
  assert.equal(and(unknown, FALSE), FALSE)
  assert.equal(or(unknown, FALSE), unknown)
})

test('nodes are frozen', () => {
  for (const node of [a, isOne, and(c, isOne), not(c), is(c, 'null'), cast(a, TEXT), TRUE])
    assert.ok(Object.isFrozen(node))
})

test('walking and collecting go into subqueries', () => {
  const inner = column('p0', table, 'a')
  const who = call('eq', [inner, cast(context('uid', UUID), INTEGER)], BOOLEAN)
  const expr = and(c, existsOver('p0', and(who, call('eq', [inner, a], BOOLEAN))))
  const found = collect(expr)
  assert.deepEqual(
    found.columns.map((item) => `${item.source}.${item.column}`),
    ['s0.c', 'p0.a', 'p0.a', 's0.a'],
  )
  assert.deepEqual([...found.tables, ...found.sources, ...found.contexts], ['public.t', 'p0', 'uid'])
  let nodes = 0
  walk(expr, () => nodes++)
  assert.equal(nodes, 1 + 1 + 1 + 1 + 4 + 3)
  assert.deepEqual(children(isOne), [a, literal(1, INTEGER)])
})

test('mapping rebuilds only what changed', () => {
  const expr = and(c, isOne)
  assert.equal(mapExpr(expr, {}), expr)
  const mapped = mapExpr(expr, { node: (node) => (node === a ? literal(2, INTEGER) : node) })
  assert.deepEqual(children(children(mapped)[1] as Expr)[0], literal(2, INTEGER))
  assert.equal(children(mapped)[0], c)
})

test('sources are renamed in columns and in FROM', () => {
  const renamed = renameSources(
    existsOver('p0', call('eq', [column('p0', table, 'a'), a], BOOLEAN)),
    new Map([
      ['p0', 'g7'],
      ['s0', 's9'],
    ]),
  )
  const found = collect(renamed)
  assert.deepEqual([...found.sources], ['g7'])
  assert.deepEqual(
    found.columns.map((item) => item.source),
    ['g7', 's9'],
  )
})
