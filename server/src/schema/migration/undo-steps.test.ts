import assert from 'node:assert/strict'
import { test } from 'node:test'
import { between, catalog, short } from '../../../test/support/steps.ts'
import { structureDifferences } from '../../../test/support/structure-differences.ts'
import type { Entries } from '../builder.ts'
import { c } from '../column.ts'
import { makeCatalog, makeTable } from '../make-catalog.ts'
import { table } from '../table.ts'
import { applySteps } from './apply-steps.ts'
import type { MigrationStep } from './step.ts'
import { type Undo, undoSteps } from './undo-steps.ts'

const id = c.integer().primaryKey()

/** How the change from one to the other is taken back, with the check that it leads back. */
function undo(from: Entries, to: Entries): Undo {
  const [before, after] = [catalog(from), catalog(to)]
  const { steps } = between(before, after)
  const found = applySteps(before, steps)
  const back = undoSteps(steps, { before, after, found })
  const undone = applySteps(found, back.steps)
  assert.deepEqual(structureDifferences(before, makeCatalog({ version: 0, tables: [...undone.tables.values()] })), [])
  return back
}

test('names go back, what was created is retired, what was retired is restored', () => {
  const from = { posts: table({ id, title: c.text(), note: c.text() }), drafts: table({ id }) }
  const to = {
    articles: table({ id, headline: c.text().was('title'), slug: c.text() }).was('posts'),
    fresh: table({ id }),
  }
  assert.deepEqual(undo(from, to).steps.map(short), [
    'rename-column articles headline title',
    'rename-table articles public.posts',
    'restore-table (pilar.retired_drafts)',
    'retire-column posts slug',
    'retire-table fresh',
    'restore-column posts note (pilar_retired_note)',
  ])
})

test('one that took the name of another gives it back', () => {
  const from = { posts: table({ id, title: c.text(), headline: c.text() }), drafts: table({ id, text: c.text() }) }
  const to = { posts: table({ id, text: c.text() }).was('drafts') }
  assert.deepEqual(undo(from, to).steps.map(short), [
    'rename-table posts public.drafts',
    'restore-table (pilar.retired_posts)',
  ])
  const columns = { posts: table({ id, title: c.text().was('headline') }), drafts: table({ id, text: c.text() }) }
  assert.deepEqual(undo(from, columns).steps.map(short), [
    'rename-column posts title headline',
    'restore-column posts title (pilar_retired_title)',
  ])
})

test("indexes of somebody else's tables get their own names back, each table its own", () => {
  const own = catalog({
    a: table({ id, title: c.text() }).index('title', { where: 'id > 1' }),
    b: table({ id, title: c.text() }).index('title', { where: 'id > 1' }),
  })
  const tables = [...own.tables.values()].map((one) => {
    const columns = one.columns.map((column) => ({ ...column, storage: 'native' }))
    return makeTable({ ...one, columns, indexes: one.indexes.map((index) => ({ ...index, name: `by ${one.name}` })) })
  })
  const before = makeCatalog({ version: 0, tables })
  const after = catalog({
    a: table({ nr: c.integer().primaryKey().was('id') }),
    b: table({ nr: c.integer().primaryKey().was('id'), title: c.text() }),
  })
  const { steps } = between(before, after, own)
  const found = applySteps(before, steps)
  const back = undoSteps(steps, { before: own, after, found })
  assert.deepEqual(applySteps(found, back.steps).tables.get('public.a')?.indexes, tables[0]?.indexes)
  assert.deepEqual(applySteps(found, back.steps).tables.get('public.b')?.indexes, tables[1]?.indexes)
})

test('clauses that no step can say again are told', () => {
  const whole = catalog({ a: table({ id, code: c.text().nullable(), tag: c.text().unique() }) })
  const tables = [...whole.tables.values()].map((one) => {
    const storage = (name: string): string => (name === 'code' ? 'native, on conflict' : 'native')
    return makeTable({ ...one, columns: one.columns.map((each) => ({ ...each, storage: storage(each.name) })) })
  })
  const before = makeCatalog({ version: 0, tables })
  const after = catalog({ a: table({ id, tag: c.text() }) })
  const { steps } = between(before, after, whole)
  assert.deepEqual(undoSteps(steps, { before: whole, after, found: applySteps(before, steps) }).losses, [
    'If the unique key a_tag_key of a had an ON CONFLICT clause, that is not there again: add it in the database.',
    'ON CONFLICT of "code" of a is not there again: add it in the database.',
  ])
})

test('a former type comes back with its values, under its former name', () => {
  const from = { posts: table({ id, size: c.text() }) }
  const to = { posts: table({ id, bytes: c.integer().was('size').using('length(size)') }) }
  const { steps, losses } = undo(from, to)
  assert.deepEqual(steps.map(short), [
    'rename-column posts bytes size',
    'change-type posts size text restores pilar_retired_bytes',
  ])
  assert.deepEqual(losses, [
    'Values of "bytes" of posts that are not what the expression gave any more are converted back as a cast does it.',
  ])
})

test('what can not be exactly as it was is told', () => {
  const { steps, losses } = undo(
    { posts: table({ id, a: c.text().nullable() }) },
    { posts: table({ id, a: c.text().using("''") }) },
  )
  assert.deepEqual(steps.map(short), ['drop-not-null posts a'])
  assert.deepEqual(losses, ['Rows that had no value in "a" of posts keep the one they were given.'])
})

test('what was purged is gone', () => {
  const before = catalog({ posts: table({ id, note: c.text() }), drafts: table({ id }) })
  const after = catalog({ posts: table({ id }) })
  const found = applySteps(before, between(before, after).steps)
  const steps = [
    ...found.retired.columns.map((retired) => ({ kind: 'purge-column', retired }) as const),
    ...found.retired.tables.map((retired) => ({ kind: 'purge-table', retired }) as const),
  ]
  const purged = applySteps(found, steps)
  assert.deepEqual(purged.retired, { columns: [], tables: [] })
  assert.deepEqual(undoSteps(steps, { before: after, after, found: purged }), {
    steps: [],
    losses: [],
    obstacles: [
      {
        table: 'public.posts',
        message: 'the values of "note" were destroyed by pilar migrate purge, and can not be had again',
        hint: 'Restore a backup that was made before: pilar db restore.',
      },
      {
        table: 'public.drafts',
        message: 'its rows were destroyed by pilar migrate purge, and can not be had again',
        hint: 'Restore a backup that was made before: pilar db restore.',
      },
    ],
  })
})

test('what others pointed to a retired table with comes back with it', () => {
  const known = catalog({ people: table({ id }) })
  const found = catalog({ people: table({ id }), legacy: table({ id, who: c.integer().references('people.id') }) })
  const after = catalog({ other: table({ at: c.date() }) })
  const { steps } = between(found, after, known)
  const there = applySteps(found, steps)
  assert.deepEqual(undoSteps(steps, { before: known, after, found: there }).steps.map(short), [
    'restore-table (pilar.retired_people)',
    'retire-table other',
    'add-foreign-key legacy legacy_who_fkey',
  ])
})

test('what others changed since stays', () => {
  const [before, after] = [catalog({ posts: table({ id }) }), catalog({ posts: table({ id, a: c.text() }) })]
  const { steps } = between(before, after)
  const found = catalog({ posts: table({ id, a: c.text(), theirs: c.text().nullable() }), legacy: table({ id }) })
  assert.deepEqual(undoSteps(steps, { before, after, found }).steps.map(short), ['retire-column posts a'])
})

test('values that made room for computed ones come back', () => {
  const from = { posts: table({ id, size: c.integer(), twice: c.integer() }) }
  const to = { posts: table({ id, size: c.integer(), twice: c.integer().generated('size * 2') }) }
  assert.deepEqual(undo(from, to).steps.map(short), [
    'retire-column posts twice',
    'restore-column posts twice (pilar_retired_twice)',
  ])
})

test('of several retired things of one name those come back that the migration took away', () => {
  const before = catalog({ posts: table({ id, note: c.text() }), drafts: table({ id }) })
  const after = catalog({ posts: table({ id }) })
  const { steps } = between(before, after)
  const found = applySteps(before, steps, '2026-01-01T00:00:00Z')
  const { columns, tables } = found.retired
  const later = { retiredAt: '2026-02-01T00:00:00Z' }
  const again = {
    columns: [...columns, ...columns.map((each) => ({ ...each, ...later, storedAs: 'pilar_retired_note_2' }))],
    tables: [...tables, ...tables.map((each) => ({ ...each, ...later, storedAs: 'pilar.retired_drafts_2' }))],
  }
  const back = (at: string) =>
    undoSteps(steps, { before, after, found: { ...found, retired: again }, at }).steps.map(short)
  assert.deepEqual(back('2026-01-01T00:00:00Z'), [
    'restore-table (pilar.retired_drafts)',
    'restore-column posts note (pilar_retired_note)',
  ])
  assert.deepEqual(back(later.retiredAt), [
    'restore-table (pilar.retired_drafts_2)',
    'restore-column posts note (pilar_retired_note_2)',
  ])
})

test('values that made room for computed ones come back under their former name', () => {
  const from = { posts: table({ id, size: c.integer(), twice: c.integer() }) }
  const to = { posts: table({ id, size: c.integer(), double: c.integer().was('twice').generated('size * 2') }) }
  assert.deepEqual(undo(from, to).steps.map(short), [
    'rename-column posts double twice',
    'retire-column posts twice',
    'restore-column posts twice (pilar_retired_double)',
  ])
})

test('values come back from under a new column of the same name', () => {
  const [before, after] = [
    catalog({ posts: table({ id, note: c.text() }) }),
    catalog({ posts: table({ id, note: c.text() }) }),
  ]
  const note = after.tables.get('public.posts')?.column.get('note')
  assert.ok(note !== undefined)
  const steps: readonly MigrationStep[] = [
    { kind: 'retire-column', table: 'public.posts', column: 'note' },
    { kind: 'add-column', table: 'public.posts', column: note, using: "'new'" },
  ]
  assert.deepEqual(undoSteps(steps, { before, after, found: applySteps(before, steps) }).steps.map(short), [
    'retire-column posts note',
    'restore-column posts note (pilar_retired_note)',
  ])
})
