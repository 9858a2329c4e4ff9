import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGrammar } from './grammar.ts'

test('texts are parsed in another thread, in order, faults with their position', () => {
  const grammar = createGrammar()
  for (let round = 0; round < 3; round++) {
    const good = grammar('select 1')
    assert.ok('statements' in good)
    assert.equal(good.statements.length, 1)
    assert.deepEqual(grammar('select from from'), { error: 'syntax error at or near "from"', position: 12 })
  }
})
