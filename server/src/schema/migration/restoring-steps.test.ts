import assert from 'node:assert/strict'
import { test } from 'node:test'
import { between, catalog, short } from '../../../test/support/steps.ts'
import { structureDifferences } from '../../../test/support/structure-differences.ts'
import type { Entries } from '../builder.ts'
import type { Catalog } from '../catalog.ts'
import { c } from '../column.ts'
import { makeCatalog } from '../make-catalog.ts'
import { table } from '../table.ts'
import { applySteps } from './apply-steps.ts'
import { restoringSteps } from './restoring-steps.ts'
import type { MigrationStep } from './step.ts'
import { undoSteps } from './undo-steps.ts'

const id = c.integer().primaryKey()
const users = table({ id, name: c.text() })
const AT = '2026-01-01T00:00:00Z'

function withoutRetired({ tables }: Catalog): Catalog {
  return makeCatalog({ version: 0, tables: [...tables.values()] })
}

/** What the steps of a file become where they were applied and undone, with the check that they lead to the same structure. */
function again(from: Entries, to: Entries): readonly string[] {
  const [before, after] = [catalog(from), catalog(to)]
  const { steps } = between(before, after)
  const applied = applySteps(before, steps, AT)
  const undone = applySteps(applied, undoSteps(steps, { before, after, found: applied, at: AT }).steps, AT)
  return lead(undone, steps)
}

function lead(found: Catalog, steps: readonly MigrationStep[]): readonly string[] {
  const restoring = restoringSteps(found, steps)
  const plain = applySteps(found, steps)
  assert.deepEqual(structureDifferences(withoutRetired(plain), withoutRetired(applySteps(found, restoring))), [])
  return restoring.map(short)
}

test('what a file adds comes back where it was undone', () => {
  const from = { users, posts: table({ id, title: c.text() }) }
  const to = {
    users,
    posts: table({ id, title: c.text(), slug: c.text().nullable().unique(), size: c.integer().default(0) }).index(
      'slug',
    ),
    notes: table({ id, author: c.integer().references('users.id'), body: c.text() })
      .index('body')
      .check(`body <> ''`),
  }
  assert.deepEqual(again(from, to), [
    'restore-table (pilar.retired_notes)',
    'restore-column posts slug (pilar_retired_slug)',
    'restore-column posts size (pilar_retired_size) using 0',
    'add-unique posts posts_slug_key',
    'create-index posts posts_slug_idx',
  ])
})

test('renames change nothing about it, and neither does what makes room for them', () => {
  const from = { posts: table({ id, title: c.text(), label: c.text() }) }
  const to = { articles: table({ id, label: c.text().was('title'), note: c.text().nullable() }).was('posts') }
  assert.deepEqual(again(from, to), [
    'rename-table posts public.articles',
    'retire-column articles label',
    'rename-column articles title label',
    'restore-column articles note (pilar_retired_note)',
  ])
})

test('a type that was changed and changed back has the values again', () => {
  const from = { posts: table({ id, size: c.text() }) }
  assert.deepEqual(again(from, { posts: table({ id, size: c.integer() }) }), [
    'change-type posts size integer restores pilar_retired_size',
  ])
  assert.deepEqual(again(from, { posts: table({ id, size: c.integer().using('length(size)') }) }), [
    'change-type posts size integer using length(size)',
  ])
})

test('another declaration of the name begins empty, and so does a table with a select of its own', () => {
  const found = applySteps(
    catalog({ users, posts: table({ id, note: c.text() }), notes: table({ id, body: c.text() }) }),
    [
      { kind: 'retire-column', table: 'public.posts', column: 'note' },
      { kind: 'retire-table', table: 'public.notes' },
    ],
    AT,
  )
  const wanted = catalog({
    users,
    posts: table({ id, note: c.integer().nullable() }),
    notes: table({ id, body: c.date() }),
  })
  const steps = between(withoutRetired(found), wanted).steps
  assert.deepEqual(restoringSteps(found, steps), steps)
  const notes = catalog({ notes: table({ id, body: c.text() }) }).tables.get('public.notes')
  assert.ok(notes !== undefined)
  const filled: MigrationStep = { kind: 'create-table', table: notes, using: 'select id, name as body from users' }
  assert.deepEqual(restoringSteps(found, [filled]), [filled])
})

test('a table comes back as the file says, whatever it had when it was retired', () => {
  const had = {
    users,
    notes: table({ id, author: c.integer().references('users.id'), body: c.text().nullable(), old: c.text() })
      .index('author')
      .index('old'),
  }
  const found = applySteps(catalog(had), [{ kind: 'retire-table', table: 'public.notes' }], AT)
  const wanted = catalog({
    users,
    notes: table({ id, author: c.integer(), body: c.text().default(`''`) }).index('body'),
  })
  assert.deepEqual(lead(found, between(withoutRetired(found), wanted).steps), [
    'restore-table (pilar.retired_notes)',
    'retire-column notes old',
    "set-default notes body ''",
    "set-not-null notes body using ''",
    'create-index notes notes_body_idx',
    'drop-foreign-key notes notes_author_fkey',
    'drop-index notes notes_author_idx',
  ])
})

test('what one file takes away, a later step of it or the next file gets back', () => {
  const from = catalog({ posts: table({ id, note: c.text() }) })
  const column = from.tables.get('public.posts')?.column.get('note')
  assert.ok(column !== undefined)
  assert.deepEqual(
    lead(from, [
      { kind: 'retire-column', table: 'public.posts', column: 'note' },
      { kind: 'add-column', table: 'public.posts', column: { ...column, nullable: true }, using: null },
    ]),
    ['retire-column posts note', 'restore-column posts note (pilar_retired_note)'],
  )
})
