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

test('who has other things to do meanwhile waits for the thread without holding up its own', async () => {
  const grammar = createGrammar()
  let turns = 0
  const counting = setInterval(() => turns++, 1)
  await grammar.ready?.()
  clearInterval(counting)
  assert.ok(turns > 0)
  assert.ok('statements' in grammar('select 1'))
})
