import assert from 'node:assert/strict'
import { test } from 'node:test'
import { between, catalog, short, steps } from '../../../test/support/steps.ts'
import { c } from '../column.ts'
import { table, view } from '../table.ts'
import { applySteps } from './apply-steps.ts'

const id = c.integer().primaryKey()

test('nothing to do between equals', () => {
  const posts = table({ id, title: c.text().check(`title <> ''`) }).index('title')
  assert.deepEqual(steps({ posts }, { posts }), [])
})

test('rename: one step each, whatever names follow', () => {
  const people = table({ id, name: c.text() })
  const from = {
    people,
    posts: table({
      id,
      title: c.text().unique().check(`title <> ''`),
      author: c.integer().references('people.id'),
    }).index('author', { where: `title like 'a%'` }),
  }
  const to = {
    people,
    articles: table({
      id,
      headline: c.text().was('title').unique().check(`headline <> ''`),
      writer: c.integer().was('author').references('people.id'),
    })
      .index('writer', { where: `headline like 'a%'` })
      .was('posts'),
  }
  assert.deepEqual(steps(from, to), [
    'rename-table posts public.articles',
    'rename-column articles title headline',
    'rename-column articles author writer',
  ])
})

test('a changed text beside a rename is a change of its own', () => {
  const from = { posts: table({ id, size: c.integer().check('size > 0') }) }
  const to = { posts: table({ id, bytes: c.integer().was('size').check('bytes > 1') }) }
  assert.deepEqual(steps(from, to), [
    'rename-column posts size bytes',
    'drop-check posts posts_bytes_check',
    'add-check posts posts_bytes_check',
  ])
})

test('a former name counts once: when it is gone, or stays in schema.ts for good, nothing happens', () => {
  const renamed = { articles: table({ id, headline: c.text().was('title') }).was('posts') }
  assert.deepEqual(steps({ posts: table({ id, title: c.text() }) }, renamed), [
    'rename-table posts public.articles',
    'rename-column articles title headline',
  ])
  assert.deepEqual(steps({ articles: table({ id, headline: c.text() }) }, renamed), [])
})

test('one column goes and another takes its name', () => {
  const from = { posts: table({ id, title: c.text(), headline: c.text() }) }
  const to = { posts: table({ id, title: c.text().was('headline') }) }
  assert.deepEqual(steps(from, to), ['retire-column posts title', 'rename-column posts headline title'])
  // Without a record, the one that has the name already is the renamed one.
  assert.deepEqual(steps(from, to, null), ['retire-column posts headline'])
})

test('one table goes and another takes its name', () => {
  const from = { posts: table({ id, title: c.text() }), drafts: table({ id, text: c.text() }) }
  const to = { posts: table({ id, text: c.text() }).was('drafts') }
  assert.deepEqual(steps(from, to), ['retire-table posts', 'rename-table drafts public.posts'])
})

test('columns come with what they need; what goes takes its constraints along', () => {
  const people = table({ id })
  const from = { people, posts: table({ id, title: c.text().unique() }).index('title', 'id') }
  const to = {
    people,
    posts: table({
      id,
      author: c.integer().nullable().references('people.id'),
      rank: c.integer().default(0).check('rank >= 0'),
      slug: c.text().using('lower(title)').unique(),
    }).index('rank'),
  }
  assert.deepEqual(steps(from, to), [
    'retire-column posts title',
    'add-column posts author',
    'add-column posts rank',
    'add-column posts slug using lower(title)',
    'add-unique posts posts_slug_key',
    'create-index posts posts_rank_idx',
    'add-check posts posts_rank_check',
    'add-foreign-key posts posts_author_fkey',
  ])
})

test('what is retired comes back under its name or another one', () => {
  const full = { posts: table({ id, title: c.text(), note: c.text().unique() }), drafts: table({ id, text: c.text() }) }
  const few = { posts: table({ id, title: c.text() }) }
  const before = catalog(full)
  const gone = applySteps(before, between(before, catalog(few)).steps)
  assert.deepEqual(
    gone.retired.columns.map(({ table: key, storedAs, suspended }) => [key, storedAs, suspended.uniques.length]),
    [['public.posts', 'pilar_retired_note', 1]],
  )
  assert.deepEqual(
    gone.retired.tables.map(({ storedAs }) => storedAs),
    ['pilar.retired_drafts'],
  )
  const known = catalog(few)
  assert.deepEqual(steps(gone, full, known), [
    'restore-table (pilar.retired_drafts)',
    'restore-column posts note (pilar_retired_note)',
    'add-unique posts posts_note_key',
  ])
  const renamed = {
    posts: table({ id, title: c.text(), remark: c.text().nullable().was('note') }),
    sketches: table({ id, words: c.text().was('text') }).was('drafts'),
  }
  assert.deepEqual(steps(gone, renamed, known), [
    'restore-table (pilar.retired_drafts)',
    'rename-table drafts public.sketches',
    'rename-column sketches text words',
    'restore-column posts remark (pilar_retired_note)',
  ])
})

test('what comes under the name of something retired but is another thing begins empty, with a warning', () => {
  const full = { posts: table({ id, note: c.text() }), drafts: table({ id, text: c.text(), size: c.integer() }) }
  const before = catalog(full)
  const gone = applySteps(before, between(before, catalog({ posts: table({ id }) })).steps)
  const wanted = catalog({
    posts: table({ id, note: c.integer().nullable() }),
    drafts: table({ key: c.uuid(), at: c.date(), by: c.text() }),
  })
  const difference = between(gone, wanted, catalog({ posts: table({ id }) }))
  assert.deepEqual(difference.steps.map(short), ['create-table drafts', 'add-column posts note'])
  assert.deepEqual(
    difference.warnings.map(({ kind, message, hint }) => [kind, message, hint]),
    [
      [
        'retired-type-differs',
        'a retired table "drafts" is kept whose columns are others: this one begins empty',
        'To get its rows back, declare the columns it had.',
      ],
      [
        'retired-type-differs',
        'a retired column "note" of type text is kept: this one begins empty',
        'To get its values back, declare it as text first, and change the type then.',
      ],
    ],
  )
})

test('a change of type keeps the former values where the new ones say less; going back uses them', () => {
  const text = { posts: table({ id, size: c.text(), kind: c.enum('a', 'b'), price: c.numeric(10, 2) }) }
  const number = {
    posts: table({ id, size: c.integer().using('length(size)'), kind: c.enum('a', 'b', 'x'), price: c.numeric(12, 2) }),
  }
  const before = catalog(text)
  const [there, known] = [between(before, catalog(number)), catalog(number)]
  assert.deepEqual(there.steps.map(short), [
    'change-type posts size integer using length(size)',
    'change-type posts kind enum',
    'change-type posts price numeric',
  ])
  const after = applySteps(before, there.steps)
  assert.deepEqual(
    after.retired.columns.map(({ storedAs, converted }) => [storedAs, converted]),
    [['pilar_retired_size', { using: 'length(size)' }]],
  )
  assert.deepEqual(steps(after, text, known), [
    'change-type posts size text restores pilar_retired_size',
    'change-type posts kind enum',
    'change-type posts price numeric',
  ])
})

test('a new column does not get the values that a change of type left behind under its name', () => {
  const before = catalog({ posts: table({ id, size: c.text() }) })
  const number = catalog({ posts: table({ id, size: c.integer().using('length(size)') }) })
  const changed = applySteps(before, between(before, number).steps)
  const gone = catalog({ posts: table({ id, bytes: c.integer().was('size') }) })
  const renamed = applySteps(changed, between(changed, gone, number).steps)
  const more = { posts: table({ id, bytes: c.integer(), size: c.text().nullable() }) }
  assert.deepEqual(steps(renamed, more, gone), ['add-column posts size'])
  assert.deepEqual(between(renamed, catalog(more), gone).warnings, [])
})

test('null, defaults, comments, identity, computed columns', () => {
  const from = {
    posts: table({
      id: c.bigint().primaryKey(),
      a: c.text().nullable(),
      b: c.text().nullable(),
      d: c.text().default("'x'"),
      e: c.text(),
      g: c.text().generated('upper(d)'),
      h: c.text().generated('upper(d)'),
      p: c.text(),
    }),
  }
  const to = {
    posts: table({
      id: c.bigint().identity().primaryKey(),
      a: c.text().default("'none'"),
      b: c.text().using("'?'"),
      d: c.text().default("'y'").comment('about d'),
      e: c.text().nullable(),
      g: c.text().generated('lower(d)'),
      h: c.text(),
      p: c.text().generated('upper(e)'),
    }).comment('all posts'),
  }
  assert.deepEqual(steps(from, to), [
    'retire-column posts p',
    'set-identity posts id by default',
    "set-default posts a 'none'",
    "set-not-null posts a using 'none'",
    "set-not-null posts b using '?'",
    "set-default posts d 'y'",
    'set-column-comment posts d about d',
    'set-generated posts g {"expression":"lower(d)","stored":false}',
    'set-generated posts h',
    'add-column posts p',
    'drop-not-null posts e',
    'set-table-comment posts all posts',
  ])
})

test('keys, foreign keys with other actions, indexes with other conditions; names count', () => {
  const people = table({ id })
  const from = {
    people,
    posts: table({ id, a: c.text().unique(), b: c.integer().references('people.id'), d: c.text() })
      .index('d', { where: `d <> ''` })
      .check(`d <> 'x'`, 'no_x'),
  }
  const to = {
    people,
    posts: table({
      id: c.integer(),
      a: c.text(),
      b: c.integer().references('people.id', { onDelete: 'cascade' }),
      d: c.text(),
    })
      .primaryKey('id', 'a')
      .index('d', { where: `d  <>  'y'` })
      .check(`d <> 'x'`, 'never_x'),
  }
  assert.deepEqual(steps(from, to), [
    'drop-foreign-key posts posts_b_fkey',
    'drop-index posts posts_d_idx',
    'drop-check posts no_x',
    'drop-unique posts posts_a_key',
    'set-primary-key posts ["id","a"] posts_pkey',
    'create-index posts posts_d_idx',
    'add-check posts never_x',
    'add-foreign-key posts posts_b_fkey',
  ])
})

test('tables are created after those they point to; circles are closed afterwards; then indexes and views', () => {
  const wanted = {
    titles: view({ title: c.text() }, 'select title from posts'),
    posts: table({ id, title: c.text(), author: c.integer().references('people.id') }).index('title'),
    people: table({
      id,
      boss: c.integer().nullable().references('people.id'),
      best: c.integer().nullable().references('posts.id'),
    }),
    totals: table({ id, sum: c.bigint() }).using('select id, count(*) as sum from old group by id'),
  }
  const old = { old: table({ id }) }
  assert.deepEqual(steps(old, { ...old, ...wanted }), [
    'create-table people',
    'create-table posts',
    'create-table totals using select id, count(*) as sum from old group by id',
    'create-index posts posts_title_idx',
    'add-foreign-key people people_best_fkey',
    'create-view titles',
  ])
})

test('tables leave before those they point to; views first', () => {
  const from = {
    keep: table({ id }),
    people: table({ id }),
    posts: table({ id, author: c.integer().references('people.id') }),
    seen: view({ id: c.integer() }, 'select id from posts'),
  }
  assert.deepEqual(steps(from, { keep: table({ id }) }), [
    'drop-view seen',
    'retire-table posts',
    'retire-table people',
  ])
})
