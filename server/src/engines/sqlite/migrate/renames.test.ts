import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderRenames } from './renames.ts'

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

test('what only goes with the old table makes room, too', () => {
  assert.deepEqual(inOrder([['pilar_retired_a', 'a']], ['a', 'pilar_retired_a']), [
    'a → pilar_moving_1',
    'pilar_retired_a → a',
  ])
})
