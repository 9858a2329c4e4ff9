import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mentionsColumn, renameInExpression, sameExpression } from './pg-text.ts'

test('expressions are equal but for blanks, comments and the case of words', () => {
  assert.ok(sameExpression("size>0 AND kind = 'A b'", "SIZE > 0 and /* all */ kind\n='A b' -- yes"))
  assert.ok(sameExpression('"size" > 0;', 'size > 0'))
  assert.ok(!sameExpression(`kind = 'A'`, `kind = 'a'`))
  assert.ok(!sameExpression('"Size" > 0', 'Size > 0'))
  assert.ok(!sameExpression('a b', 'ab'))
  assert.ok(sameExpression(null, null))
  assert.ok(!sameExpression(null, 'null'))
})

test('a column is renamed where it is one', () => {
  const rename = (expression: string, from: string, to: string) =>
    renameInExpression(expression, { table: 'posts', column: { from, to } })
  assert.equal(rename('size > 0 and  SIZE < 9', 'size', 'bytes'), 'bytes > 0 and  bytes < 9')
  assert.equal(rename('posts.size > other.size', 'size', 'bytes'), 'posts.bytes > other.size')
  assert.equal(
    rename(`"size" > 'size'::size and size(1) > $q$size$q$`, 'size', 'bytes'),
    `"bytes" > 'size'::size and size(1) > $q$size$q$`,
  )
  assert.equal(
    rename(`date > date '2020-01-01' and cast(x as date) = date`, 'date', 'day'),
    `day > date '2020-01-01' and cast(x as date) = day`,
  )
  assert.equal(
    rename(`kind = E'it\\'s kind' and kind = 'it''s kind'`, 'kind', 'sort'),
    `sort = E'it\\'s kind' and sort = 'it''s kind'`,
  )
  assert.equal(rename('size > 0 -- size\n/* size */', 'size', 'bytes'), 'bytes > 0 -- size\n/* size */')
  assert.equal(rename('"Odd ""name" > 0', 'Odd "name', 'plain'), '"plain" > 0')
})

test('a name is quoted where it has to be', () => {
  const rename = (to: string) => renameInExpression('size > 0', { table: 'posts', column: { from: 'size', to } })
  assert.equal(rename('order'), '"order" > 0')
  assert.equal(rename('Size'), '"Size" > 0')
  assert.equal(rename('a"b'), '"a""b" > 0')
  assert.equal(rename('größe'), '"größe" > 0')
})

test('a table is renamed where it qualifies', () => {
  const text = 'posts.size > 0 and posts > 1 and "posts".posts = 1'
  assert.equal(
    renameInExpression(text, { table: 'posts', tableTo: 'articles' }),
    'articles.size > 0 and posts > 1 and "articles".posts = 1',
  )
})

test('mentions', () => {
  assert.ok(mentionsColumn('lower(title) = posts.title', 'title'))
  assert.ok(!mentionsColumn(`title(1) > 'title'::title`, 'title'))
})
