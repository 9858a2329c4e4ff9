import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCatalog } from './build-catalog.ts'
import { type Entries, schema } from './builder.ts'
import type { Catalog } from './catalog.ts'
import { c } from './column.ts'
import { diff } from './diff.ts'
import { makeCatalog, makeTable } from './make-catalog.ts'
import { table, view } from './table.ts'

function catalog(entries: Entries): Catalog {
  const built = buildCatalog(schema(entries), { version: 1 })
  assert.deepEqual(built.problems, [])
  assert.ok(built.catalog)
  return built.catalog
}

function steps(from: Entries, to: Entries): string[] {
  const difference = diff(catalog(from), catalog(to))
  assert.deepEqual(difference.obstacles, [])
  return difference.steps.map((step) => {
    if (step.kind === 'add-column') return `add-column ${step.table}.${step.column.name}`
    if (step.kind === 'create-index') return `create-index ${step.index.name}`
    return `${step.kind} ${step.table.key}`
  })
}

function obstacles(from: Entries, to: Entries): string[] {
  return diff(catalog(from), catalog(to)).obstacles.map(
    ({ table: key, message, hint }) => `${key}: ${message} (${hint})`,
  )
}

const id = c.integer().primaryKey()

test('nothing to do between equals; other tables of the database are left alone', () => {
  const posts = table({ id, title: c.text() }).index('title')
  assert.deepEqual(steps({ posts, legacy: table({ id }) }, { posts }), [])
})

test('tables are created after those they point to, then indexes, then views', () => {
  const wanted = {
    titles: view({ title: c.text() }, 'select title from posts'),
    posts: table({ id, title: c.text(), author: c.integer().references('people.id') }).index('title'),
    people: table({
      id,
      boss: c.integer().nullable().references('people.id'),
      best: c.integer().nullable().references('posts.id'),
    }),
  }
  assert.deepEqual(steps({}, wanted), [
    'create-table public.people',
    'create-table public.posts',
    'create-index posts_title_idx',
    'create-view public.titles',
  ])
})

test('columns that may be null or have a default are added, with their reference and check', () => {
  const people = table({ id })
  const from = { people, posts: table({ id }) }
  const to = {
    people,
    posts: table({
      id,
      author: c.integer().nullable().references('people.id'),
      rank: c.integer().default(0).check('rank >= 0'),
    }).index('rank'),
  }
  assert.deepEqual(steps(from, to), [
    'add-column public.posts.author',
    'add-column public.posts.rank',
    'create-index posts_rank_idx',
  ])
  const [author, rank] = diff(catalog(from), catalog(to)).steps
  assert.equal(author?.kind === 'add-column' && author.foreignKey?.name, 'posts_author_fkey')
  assert.equal(rank?.kind === 'add-column' && rank.check?.expression, 'rank >= 0')
})

test('views are replaced when their text changes, not their blanks', () => {
  const posts = table({ id })
  const over = (select: string) => ({ posts, v: view({ id: c.integer() }, select) })
  assert.deepEqual(steps(over('select id from posts'), over('select  id\nfrom posts')), [])
  assert.deepEqual(steps(over('select id from posts'), over('select id + 1 from posts')), ['replace-view public.v'])
})

test('what can not be added is an obstacle with a remedy', () => {
  const people = table({ id })
  const from = {
    people,
    posts: table({
      id,
      title: c.text(),
      size: c.integer().nullable(),
      old: c.text(),
      mood: c.enum('a', 'b'),
      owner: c.integer(),
    }),
    seen: view({ id: c.integer() }, 'select 1'),
  }
  const to = {
    people,
    posts: table({
      id,
      title: c.varchar(5).unique(),
      size: c.integer().check('size > 0'),
      must: c.text(),
      slug: c.text().nullable().unique(),
      fresh: c.text().nullable().was('old'),
      mood: c.enum('a', 'b', 'x'),
      owner: c.integer().references('people.id'),
    }),
    seen: table({ id }),
  }
  assert.deepEqual(obstacles(from, to), [
    'public.posts: column "must" is missing in the database and can not be added: it is not null and has no default (Add .nullable() or .default(…).)',
    `public.posts: column "slug" is missing in the database and can not be added: it has a unique constraint (Use .index('slug', { unique: true }) instead of .unique().)`,
    `public.posts: column "fresh" was called "old"; columns are not renamed automatically yet (Rename the column in the database, or take .was('old') away.)`,
    'public.posts: column "title" is text in the database and character varying(5) in schema.ts (Declare it as text.)',
    'public.posts: column "size" may be null in the database (Add .nullable().)',
    'public.posts: column "mood" is enum(a, b) in the database and enum(a, b, x) in schema.ts (Declare it as enum(a, b).)',
    `public.posts: the unique key "posts_title_key" is missing in the database (Use .index('title', { unique: true }) instead: an index can be added.)`,
    'public.posts: the foreign key "posts_owner_fkey" is missing in the database (Leave out the reference, or make a new table and copy the rows.)',
    'public.posts: the check "posts_size_check" is missing in the database (Leave it out, or state it in a policy: a restrictive one binds every role but service_role.)',
    'public.seen: it is a view in the database and a table in schema.ts (Declare it with view(…), or give it another name.)',
  ])
})

test('a column that only the database has matters only when inserts must give it', () => {
  const wanted = { posts: table({ id }) }
  assert.deepEqual(steps({ posts: table({ id, note: c.text().nullable() }) }, wanted), [])
  assert.deepEqual(obstacles({ posts: table({ id, note: c.text() }) }, wanted), [
    'public.posts: the database has a column "note" that must be given and that schema.ts does not mention (Declare it.)',
  ])
})

test('columns of an adopted table are read as they are declared', () => {
  const declared = catalog({
    artists: table({ id, name: c.varchar(120).nullable(), born: c.timestamptz().nullable() }),
  })
  const found = catalog({
    artists: table({ id, name: c.text().nullable(), born: c.text().nullable(), more: c.text() }),
  })
  const tables = [...found.tables.values()].map((one) =>
    makeTable({ ...one, columns: one.columns.map((column) => ({ ...column, storage: 'native' })) }),
  )
  assert.deepEqual(diff(makeCatalog({ version: 0, tables }), declared), { steps: [], obstacles: [] })
})
