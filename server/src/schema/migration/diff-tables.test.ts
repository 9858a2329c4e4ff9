import assert from 'node:assert/strict'
import { test } from 'node:test'
import { between, catalog, short, steps } from '../../../test/support/steps.ts'
import { buildCatalog } from '../build-catalog.ts'
import { schema } from '../builder.ts'
import { type AnyColumn, c } from '../column.ts'
import { makeCatalog, makeTable } from '../make-catalog.ts'
import { table, view } from '../table.ts'
import { diff } from './diff.ts'

const id = c.integer().primaryKey()

test('views are replaced when their text or columns change, not their blanks', () => {
  const posts = table({ id })
  const over = (select: string, column: AnyColumn = c.integer()) => ({ posts, v: view({ id: column }, select) })
  assert.deepEqual(steps(over('select id from posts'), over('SELECT  id\nfrom posts;')), [])
  assert.deepEqual(steps(over('select id from posts'), over('select id + 1 from posts')), ['replace-view v'])
  assert.deepEqual(steps(over('select 1'), over('select 1', c.integer().nullable())), ['replace-view v'])
})

test('a table makes room for a view, and the other way round', () => {
  const from = { posts: table({ id }), seen: table({ id }), shown: view({ id: c.integer() }, 'select id from posts') }
  const to = { posts: table({ id }), seen: view({ id: c.integer() }, 'select id from posts'), shown: table({ id }) }
  assert.deepEqual(steps(from, to), ['drop-view shown', 'retire-table seen', 'create-table shown', 'create-view seen'])
})

test('an open table is closed and opened', () => {
  const closed = { posts: table({ id }) }
  const open = { posts: table({ id }, { open: true }) }
  assert.deepEqual(steps(closed, open), ['add-column posts _open', 'set-open-column posts _open'])
  assert.deepEqual(steps(open, closed), ['set-open-column posts', 'retire-column posts _open'])
})

test('a drop and an addition that look like a rename are told', () => {
  const from = {
    posts: table({ id, title: c.text(), size: c.integer() }),
    notes: table({ id, text: c.text(), at: c.date() }),
  }
  const to = {
    posts: table({ id, headline: c.text().nullable(), born: c.date().nullable() }),
    remarks: table({ id, text: c.text(), at: c.date() }),
  }
  assert.deepEqual(
    between(catalog(from), catalog(to)).warnings.map(({ kind, table: key, message, hint }) => [
      kind,
      key,
      message,
      hint,
    ]),
    [
      [
        'probable-rename',
        'public.posts',
        'column "headline" is new, and "title" goes: is it the same one under a new name? As it stands, it begins empty, and the values stay with the retired "title".',
        "If it was renamed, write .was('title') behind headline.",
      ],
      [
        'probable-rename',
        'public.remarks',
        'table "remarks" is new, and "notes", which has mostly the same columns, goes: is it the same one under a new name? As it stands, it begins empty, and the rows stay with the retired "notes".',
        "If it was renamed, write .was('notes') behind it.",
      ],
    ],
  )
})

test('what says where its values come from looks like no rename', () => {
  const from = { posts: table({ id, title: c.text() }), notes: table({ id, text: c.text() }) }
  const to = {
    posts: table({ id, short: c.text().using('left(title, 10)') }),
    remarks: table({ id, text: c.text() }).using('select id, text from notes'),
  }
  assert.deepEqual(between(catalog(from), catalog(to)).warnings, [])
})

test('what nobody declared is left alone, and told where it is in a table of ours', () => {
  const declared = catalog({ posts: table({ id }) })
  const found = catalog({ posts: table({ id, extra: c.text() }).index('extra'), legacy: table({ id }) })
  const { steps: none, warnings } = between(found, declared, declared)
  assert.deepEqual(none, [])
  assert.deepEqual(
    warnings.map(({ kind, message, hint }) => [kind, message, hint]),
    [
      [
        'drift',
        'the database has a column "extra" that no schema.ts ever had: it is left alone',
        'Declare it to use it.',
      ],
    ],
  )
  // Where nothing was recorded, what Pilar stores itself was declared once.
  assert.deepEqual(between(found, declared, null).steps.map(short), [
    'retire-column posts extra',
    'retire-table legacy',
  ])
})

test('a table that is still pointed to can not go', () => {
  const people = table({ id })
  const posts = table({ id, author: c.integer().references('people.id') })
  const from = catalog({ people, posts })
  const to = buildCatalog(schema({ posts }), { version: 1, existing: from }).catalog
  assert.ok(to)
  assert.deepEqual(between(from, to), {
    steps: [],
    warnings: [],
    obstacles: [
      {
        table: 'public.people',
        message: 'it is not in schema.ts any more, but "posts" still points to it',
        hint: 'Declare it, or take the reference away.',
      },
    ],
  })
  // Declared with existing(), it stays.
  assert.deepEqual(diff(from, to, { known: from, existing: new Set(['public.people']) }).obstacles, [])
})

test('what pointed to a retired table from elsewhere is let go in a step of its own', () => {
  const known = catalog({ people: table({ id }) })
  const found = catalog({ people: table({ id }), legacy: table({ id, who: c.integer().references('people.id') }) })
  assert.deepEqual(between(found, catalog({ other: table({ at: c.date() }) }), known).steps.map(short), [
    'drop-foreign-key legacy legacy_who_fkey',
    'retire-table people',
    'create-table other',
  ])
})

test("Pilar's own tables are nobody else's", () => {
  const own = makeTable({ name: 'migrations', schema: 'pilar', system: true, columns: [] })
  assert.deepEqual(between(makeCatalog({ version: 0, tables: [own] }), catalog({}), null).steps, [])
})
