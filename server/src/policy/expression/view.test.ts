import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { ViewQuery } from '../../query/expr.ts'
import { typeLabel } from '../../schema/types.ts'
import { catalogOf } from '../fixture.suite.ts'
import { printExpr } from '../print.ts'
import { loadGrammar, parseSelect } from './index.ts'

const catalog = catalogOf()

before(loadGrammar)

const read = (text: string): ViewQuery => parseSelect(text, catalog, 'public')
const outputs = (view: ViewQuery): string[] =>
  view.output.map((item) => `${item.name} ${typeLabel(item.value.type)}: ${printExpr(item.value)}`)

test('outputs, aliases, stars, joins and conditions', () => {
  const view = read(`
    select p.title, upper(a.name) as author, c.*, p.likes + 1
    from posts p join profiles a on a.id = p.author_id left join orgs c on c.id = p.org_id
    where p.status = 'published' order by author desc, 1 limit 10`)
  assert.deepEqual(outputs(view), [
    'title text: posts.title',
    'author text: upper(profiles.name)',
    'id uuid: orgs.id',
    'name text: orgs.name',
    '?column? integer: posts.likes + 1',
  ])
  assert.deepEqual(
    view.from.map((item) => `${item.join} ${item.table}`),
    ['cross public.posts', 'inner public.profiles', 'left public.orgs'],
  )
  assert.deepEqual(
    view.order.map((term) => [printExpr(term.value), term.descending]),
    [
      ['upper(profiles.name)', true],
      ['posts.title', false],
    ],
  )
  assert.deepEqual([view.limit, view.distinct, view.group], [10, false, null])
})

test('groups and aggregates', () => {
  const view = read(`
    select author_id, count(*) as posts, coalesce(sum(likes), 0) as likes from posts
    group by author_id having max(likes) > 3 order by posts desc`)
  assert.deepEqual(outputs(view), [
    'author_id uuid: posts.author_id',
    'posts bigint: aggregates."0"',
    'likes bigint: coalesce(aggregates."1", \'0\'::bigint)',
  ])
  assert.deepEqual(
    view.aggregates.map((item) => `${item.fn} ${item.value === null ? '*' : printExpr(item.value)}`),
    ['count *', 'sum posts.likes', 'max posts.likes'],
  )
  assert.deepEqual(view.group?.map(printExpr), ['posts.author_id'])
  assert.equal(view.having === null ? null : printExpr(view.having), 'aggregates."2" > 3')
  assert.deepEqual(read('select count(*) from posts').group, [])
  assert.equal(read('select distinct title from posts').distinct, true)
})

test('a table grouped by its key gives all its columns', () => {
  assert.equal(
    read('select p.title, count(*) from posts p join comments on post_id = p.id group by p.id').output.length,
    2,
  )
})

test('mistakes', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['select titel from posts', 'column "titel" does not exist'],
    [
      'select title, count(*) from posts',
      'column "title" must appear in the GROUP BY clause or be used in an aggregate function',
    ],
    ['select p.id, a.id from posts p, profiles a', 'column "id" specified more than once'],
    ['select 1 from posts union select 2', 'a view may have only one select'],
    ['select 1 from posts; drop table posts', 'exactly one select is wanted here'],
    ['delete from posts', 'exactly one select is wanted here'],
    ['select title from posts where author_id = auth.uid()', 'a view cannot depend on who asks'],
    ['select title from posts order by 3', 'position 3 is not in select list'],
    ['select distinct on (title) title from posts', 'DISTINCT ON is not supported'],
  ]
  for (const [text, message] of cases) assert.throws(() => read(text), { message }, text)
})
