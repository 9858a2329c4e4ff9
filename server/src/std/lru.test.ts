import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lru } from './lru.ts'

test('entries in use stay, others are forgotten, and the bound holds', () => {
  const lru = new Lru<number, string>(10)
  lru.set(-1, 'hot')
  for (let key = 0; key < 1000; key++) {
    lru.set(key, `value ${key}`)
    assert.equal(lru.get(-1), 'hot')
  }
  // Looked at from the newest: a look keeps an entry, and could push an older one out.
  const kept = Array.from({ length: 1000 }, (_, index) => 999 - index).filter((key) => lru.get(key) !== undefined)
  assert.ok(kept.length >= 4 && kept.length <= 10, `${kept.length} kept`)
  assert.ok(kept.includes(999))
})

test('a later value replaces an earlier one in either generation, and delete forgets both', () => {
  const lru = new Lru<string, number>(4)
  lru.set('a', 1)
  lru.set('b', 2)
  lru.set('c', 3)
  lru.set('a', 4)
  assert.equal(lru.get('a'), 4)
  lru.delete('a')
  assert.equal(lru.get('a'), undefined)
})
