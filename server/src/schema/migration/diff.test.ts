import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCatalog } from '../build-catalog.ts'
import { type Entries, schema } from '../builder.ts'
import type { Catalog } from '../catalog.ts'
import { c } from '../column.ts'
import { makeCatalog, makeTable } from '../make-catalog.ts'
import { table, view } from '../table.ts'
import { applySteps } from './apply-steps.ts'
import { type Difference, diff } from './diff.ts'
import type { MigrationStep } from './step.ts'

function catalog(entries: Entries): Catalog {
  const built = buildCatalog(schema(entries), { version: 1 })
  assert.deepEqual(built.problems, [])
  assert.ok(built.catalog)
  return built.catalog
}

/** What a step is about, in few words. */
function short(step: MigrationStep): string {
  const { kind } = step
  const table = 'table' in step ? (typeof step.table === 'string' ? step.table : step.table.key) : ''
  const rest = Object.entries(step).flatMap(([name, value]) => {
    if (['kind', 'table', 'was', 'from'].includes(name) || value === null) return []
    if (typeof value === 'object' && 'name' in value && name !== 'to') return [String(value.name)]
    if (name === 'retired') return [`(${value.storedAs})`]
    if (name === 'restores') return [`restores ${value.storedAs}`]
    if (name === 'using') return [`using ${value}`]
    if (name === 'to' && typeof value === 'object') return [value.name]
    return [typeof value === 'object' ? JSON.stringify(value) : String(value)]
  })
  return [kind, table.replace('public.', ''), ...rest].join(' ')
}

function between(from: Catalog, to: Catalog, known: Catalog | null = from): Difference {
  return diff(from, to, { known })
}

/** The steps in short, with the check that they lead where they should. */
function steps(from: Entries | Catalog, to: Entries, known?: Catalog | null): readonly string[] {
  const before =
    'tables' in from && from.tables instanceof Map ? (from as unknown as Catalog) : catalog(from as Entries)
  const wanted = catalog(to)
  const difference = between(before, wanted, known === undefined ? before : known)
  assert.deepEqual(difference.obstacles, [])
  const after = applySteps(before, difference.steps)
  assert.deepEqual(between(after, wanted, wanted).steps, [])
  return difference.steps.map(short)
}

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
void makeCatalog
void makeTable
void view
