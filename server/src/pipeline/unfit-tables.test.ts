import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCatalog } from '../schema/build-catalog.ts'
import { type Entries, schema } from '../schema/builder.ts'
import type { Catalog } from '../schema/catalog.ts'
import { c } from '../schema/column.ts'
import { table, view } from '../schema/table.ts'
import { unfitTables } from './unfit-tables.ts'

function catalog(entries: Entries): Catalog {
  const built = buildCatalog(schema(entries), { version: 0 })
  assert.ok(built.catalog !== null, JSON.stringify(built.problems))
  return built.catalog
}

const id = c.integer().identity().primaryKey()
const authors = table({ id, name: c.text() })
const posts = { id, title: c.text().unique(), author_id: c.integer() }
const titles = view({ title: c.text() }, 'select title from posts')
const before = catalog({ authors, posts: table(posts), titles })

const unfit = (entries: Entries): readonly string[] => [...unfitTables(before, catalog(entries))]

test('what is only added to goes on: tables, indexes, foreign keys, comments, columns that are null where nothing is said', () => {
  assert.deepEqual(
    unfit({
      authors,
      posts: table({
        id,
        slug: c.text().nullable(),
        title: c.text().unique().comment('short'),
        author_id: c.integer().references('authors.id'),
      }).index('title'),
      titles,
      tags: table({ id }),
    }),
    [],
  )
})

const CHANGES: Readonly<Record<string, Entries>> = {
  'is gone': { authors, titles },
  'has another type': { authors, posts: table({ ...posts, title: c.varchar(80).unique() }), titles },
  'lost a column': { authors, posts: table({ id, title: c.text().unique() }), titles },
  'has a column with a default': { authors, posts: table({ ...posts, at: c.timestamptz().default('now()') }), titles },
  'has a check': { authors, posts: table(posts).check('id > 0'), titles },
  'lost a key that conflicts are told by': { authors, posts: table({ ...posts, title: c.text() }), titles },
  'takes null no more': { authors, posts: table({ ...posts, author_id: c.integer().nullable() }), titles },
}

for (const [what, entries] of Object.entries(CHANGES)) {
  test(`a table that ${what} does not fit`, () => assert.deepEqual(unfit(entries), ['public.posts']))
}

test('a view with another select does not fit', () => {
  assert.deepEqual(
    unfit({
      authors,
      posts: table(posts),
      titles: view({ title: c.text() }, 'select upper(title) as title from posts'),
    }),
    ['public.titles'],
  )
})
