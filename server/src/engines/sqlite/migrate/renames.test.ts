import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderRenames, orderRewrites } from './renames.ts'

const inOrder = (renames: readonly (readonly [string, string])[], taken: readonly string[]): readonly string[] =>
  orderRenames(
    renames.map(([from, to]) => ({ from, to })),
    taken,
  ).map(({ from, to }) => `${from} → ${to}`)

test('a name is made free before it is given to another', () => {
  assert.deepEqual(
    inOrder(
      [
        ['a', 'b'],
        ['b', 'c'],
      ],
      ['a', 'b'],
    ),
    ['b → c', 'a → b'],
  )
  assert.deepEqual(
    inOrder(
      [
        ['a', 'B'],
        ['b', 'a'],
      ],
      ['a', 'b'],
    ),
    ['a → pilar_moving_1', 'b → a', 'pilar_moving_1 → B'],
  )
  assert.deepEqual(inOrder([['a', 'A']], ['a']), ['a → pilar_moving_1', 'pilar_moving_1 → A'])
})

test('two of one name are a mistake, not work without end', () => {
  const renames = [
    ['a', 'c'],
    ['b', 'C'],
  ] as const
  assert.throws(() => inOrder(renames, ['a', 'b']), { message: 'assertion failed: no two get one name' })
})

test('what only goes with the old table makes room, too', () => {
  assert.deepEqual(inOrder([['pilar_retired_a', 'a']], ['a', 'pilar_retired_a']), [
    'a → pilar_moving_1',
    'pilar_retired_a → a',
  ])
})

test('indexes that exchange their names never have the same', () => {
  const index = (name: string, newName: string) => ({ type: 'index', name, newName, sql: `index ${newName}` }) as const
  const table = { type: 'table', name: 't', sql: 'table' } as const
  const taken = orderRewrites([index('kept:i', 'i'), table, index('i', 'gone:i')])
  assert.deepEqual(taken, [table, index('i', 'gone:i'), index('kept:i', 'i')])
  assert.deepEqual(orderRewrites([index('a', 'b'), index('b', 'a')]), [
    { type: 'index', name: 'a', newName: 'pilar_moving_1', sql: 'index b' },
    index('b', 'a'),
    { type: 'index', name: 'pilar_moving_1', newName: 'b', sql: 'index b' },
  ])
})
