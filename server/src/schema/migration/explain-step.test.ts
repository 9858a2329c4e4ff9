import assert from 'node:assert/strict'
import { test } from 'node:test'
import { between, catalog } from '../../../test/support/steps.ts'
import type { Entries } from '../builder.ts'
import { c } from '../column.ts'
import { table, view } from '../table.ts'
import { applySteps } from './apply-steps.ts'
import { explainStep } from './explain-step.ts'
import { riskOf } from './risk.ts'

const id = c.integer().primaryKey()

function words(from: Entries, to: Entries): readonly string[] {
  return between(catalog(from), catalog(to)).steps.map((step) => `${riskOf(step)}: ${explainStep(step)}`)
}

test('columns', () => {
  const from = {
    posts: table({
      id: c.bigint().primaryKey(),
      title: c.text(),
      size: c.text(),
      kind: c.enum('a'),
      note: c.text().nullable(),
      may: c.text(),
      sum: c.integer().generated('1 + 1'),
    }),
  }
  const to = {
    posts: table({
      id: c.bigint().identity({ always: true }).primaryKey(),
      headline: c.text().was('title').default("'?'").comment('above'),
      size: c.integer().using('length(size)'),
      kind: c.enum('a', 'b'),
      note: c.text().using("''"),
      may: c.text().nullable(),
      sum: c.integer().generated('1 + 2'),
      at: c.timestamptz().default('now()'),
      by: c.uuid(),
      rank: c.integer().default(0),
      low: c.text().generated('lower(headline)', { stored: true }),
    }),
  }
  assert.deepEqual(words(from, to), [
    'safe: renames the column "title" of posts to "headline"',
    'safe: numbers "id" of posts, refusing numbers of others',
    `safe: sets the default of "headline" of posts to '?'`,
    'safe: changes the comment of "headline" of posts',
    'needs data: changes the type of "size" of posts from text to integer, each value becoming length(size)',
    'slow: changes the type of "kind" of posts from enum(a) to enum(a, b)',
    `needs data: requires a value in "note" of posts; rows without one get ''`,
    'slow: computes "sum" of posts as 1 + 2',
    'slow: adds the column "at" (timestamp with time zone) to posts; existing rows get now()',
    'needs data: adds the column "by" (uuid) to posts; existing rows have no value for it',
    'safe: adds the column "rank" (integer) to posts; existing rows get 0',
    'slow: adds the column "low" (computed, text) to posts',
    'safe: allows "may" of posts to be null',
  ])
})

test('tables, views and constraints', () => {
  const people = table({ id })
  const from = {
    people,
    posts: table({ id, a: c.text().unique(), by: c.integer() }).index('a').check(`a <> ''`),
    drafts: table({ id }),
    seen: view({ id: c.integer() }, 'select id from posts'),
    shown: view({ id: c.integer() }, 'select id from posts'),
  }
  const to = {
    people,
    articles: table(
      { id: c.integer(), a: c.text(), by: c.integer().references('people.id', { onDelete: 'cascade' }) },
      { open: true },
    )
      .was('posts')
      .primaryKey('id', 'by')
      .unique('by', 'a')
      .index('a desc', 'by', { where: `a > 'b'` })
      .check(`a <> 'x'`)
      .comment('all'),
    totals: table({ id }).using('select id from drafts'),
    shown: view({ id: c.integer() }, 'select id from articles'),
    fresh: view({ id: c.integer() }, 'select 1'),
  }
  assert.deepEqual(words(from, to), [
    'safe: removes the view seen',
    'safe: renames the table posts to articles',
    'safe: removes the index "articles_a_idx" of articles',
    `safe: takes the check "articles_check" away from articles: a <> ''`,
    'safe: allows rows of articles with the same a',
    'retires: keeps the table drafts out of sight as retired; its rows stay',
    'needs data: creates the table totals with 1 column, filled by: select id from drafts',
    `slow: adds the column "_open" (jsonb) to articles; existing rows get '{}'`.replace('slow', 'safe'),
    'needs data: makes id, by the primary key of articles',
    'safe: opens articles: undeclared keys are kept in "_open"',
    'safe: changes the comment of articles',
    'needs data: allows no two rows of articles with the same by, a',
    `slow: builds the index "articles_a_by_idx" on articles(a desc, by) where a > 'b'`,
    `needs data: adds the check "articles_check" to articles: a <> 'x'`,
    'needs data: adds a foreign key from articles(by) to people(id), on delete cascade',
    'safe: changes the view shown',
    'safe: creates the view fresh',
  ])
})

test('what was retired', () => {
  const full = catalog({ posts: table({ id, note: c.text() }), drafts: table({ id }) })
  const few = catalog({ posts: table({ id }) })
  const leaving = between(full, few).steps
  assert.deepEqual(
    leaving.map((step) => `${riskOf(step, { rows: 0 })}: ${explainStep(step)}`),
    [
      'retires: keeps the column "note" of posts out of sight as retired; its values stay',
      'retires: keeps the table drafts out of sight as retired; its rows stay',
    ],
  )
  const gone = applySteps(full, leaving)
  const back = catalog({ posts: table({ id, remark: c.text().was('note').default("''") }), drafts: table({ id }) })
  assert.deepEqual(
    between(gone, back, few).steps.map((step) => `${riskOf(step)}: ${explainStep(step)}`),
    [
      'needs data: brings back the retired table drafts with its rows',
      `needs data: brings back the retired column "note" of posts as "remark" with its values; rows written since then get ''`,
    ],
  )
  const [column] = gone.retired.columns
  const [drafts] = gone.retired.tables
  assert.ok(column && drafts)
  assert.equal(
    explainStep({ kind: 'purge-column', retired: column }),
    'destroys the retired column "note" of posts and its values for ever',
  )
  assert.equal(
    explainStep({ kind: 'purge-table', retired: drafts }),
    'destroys the retired table drafts and its rows for ever',
  )
})

test('without rows nothing is slow, and nothing can be refused', () => {
  const unique = { kind: 'add-unique', table: 'public.posts', unique: { name: 'u', columns: ['a'] } } as const
  assert.equal(riskOf(unique), 'needs data')
  assert.equal(riskOf(unique, { rows: 3 }), 'needs data')
  assert.equal(riskOf(unique, { rows: 0 }), 'safe')
})
