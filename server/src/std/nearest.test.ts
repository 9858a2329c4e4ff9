import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest, SIMILARITY_MIN, similarityOf } from './nearest.ts'

test('names the candidate that was meant', () => {
  const tables = ['posts', 'profiles', 'post_tags', 'orders', 'order_items']
  assert.equal(nearest('post', tables), 'posts')
  assert.equal(nearest('porfiles', tables), 'profiles')
  assert.equal(nearest('orderitems', tables), 'order_items')
  assert.equal(nearest('Posts', tables), 'posts')
  assert.equal(nearest('author', ['autor_id', 'author_id', 'title']), 'author_id')
})

test('keeps silent when nothing is near', () => {
  assert.equal(nearest('xyz', ['posts', 'profiles']), null)
  assert.equal(nearest('posts', []), null)
  assert.equal(nearest('comments', ['posts', 'profiles'], SIMILARITY_MIN), null)
})

test('a threshold for table hints that takes typing mistakes and refuses other words', () => {
  const near = [
    ['factories', 'factorys'],
    ['projects', 'project'],
    ['clients', 'client'],
    ['items', 'itens'],
    ['posts', 'psots'],
  ]
  for (const [name = '', other = ''] of near)
    assert.ok(similarityOf(name, other) >= SIMILARITY_MIN, `${name} ~ ${other}`)
  const far = [
    ['posts', 'profiles'],
    ['orders', 'products'],
    ['tags', 'users'],
    ['unknown', 'orders'],
  ]
  for (const [name = '', other = ''] of far) assert.ok(similarityOf(name, other) < SIMILARITY_MIN, `${name} ~ ${other}`)
})

test('is symmetric, within 0 to 1, and bounded for long names', () => {
  assert.equal(similarityOf('abc', 'abd'), similarityOf('abd', 'abc'))
  assert.equal(similarityOf('a b', 'A_B'), 1)
  assert.ok(similarityOf('x'.repeat(10_000), 'y'.repeat(10_000)) < 0.1)
})
