import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { tempFolder } from '../../../test/support/temp.ts'
import { loadGrammar } from '../../policy/expression/index.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../../schema/make-catalog.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import type { RetiredColumn } from '../../schema/retired.ts'
import { arrayOf, INTEGER, TEXT, UUID } from '../../schema/types.ts'
import { introspect } from './introspect.ts'
import { printCreateTable } from './migrate/print-table.ts'
import { migrate } from './migrate/run-plainly.suite.ts'
import { survey } from './survey.ts'
import { registerFunctions } from './udf/register.ts'

before(loadGrammar)
const folder = tempFolder()
after(() => folder.remove())

const table = 'public.posts'
const foreignKey = {
  name: 'posts_author_fkey',
  columns: ['author'],
  references: { table: 'public.authors', columns: ['id'] },
  onDelete: 'no action',
  onUpdate: 'no action',
} as const
const subtitle = makeColumn({ name: 'subtitle', type: TEXT })
const TABLES = [
  makeTable({ name: 'authors', columns: [makeColumn({ name: 'id', type: INTEGER })], primaryKey: ['id'] }),
  makeTable({
    name: 'posts',
    columns: [
      makeColumn({ name: 'id', type: INTEGER }),
      makeColumn({ name: 'pages', type: TEXT, nullable: true }),
      subtitle,
      makeColumn({ name: 'author', type: INTEGER, nullable: true }),
      makeColumn({ name: 'rank', type: INTEGER, nullable: true }),
    ],
    primaryKey: ['id'],
    foreignKeys: [foreignKey],
  }),
]

let files = 0
/** Three posts, migrated, and then changed by somebody. */
function migrated(steps: readonly MigrationStep[], change: string): { file: string; found: Catalog } {
  const file = join(folder.path, `${++files}.db`)
  const database = new DatabaseSync(file)
  registerFunctions(database, () => 1)
  database.exec('PRAGMA foreign_keys = OFF')
  database.enableDefensive(false)
  const catalog = makeCatalog({ version: 0, tables: TABLES })
  for (const each of TABLES) database.exec(printCreateTable(each, { catalog }))
  database.exec(`INSERT INTO authors VALUES (1), (2);
    INSERT INTO posts VALUES (1, ' 10 ', 'a', 1, 5), (2, '20', 'b', 2, 6), (3, NULL, 'c', NULL, NULL)`)
  migrate(database, steps)
  database.exec(change)
  const found = introspect(database)
  database.close()
  return { file, found }
}

async function findings(file: string, ...steps: MigrationStep[]): Promise<readonly unknown[]> {
  const { signal } = new AbortController()
  const { findings: list } = await survey(steps, { file, lockTimeoutMs: 1000, nowMicros: 0n, signal })
  return list.map(({ kind, message, hint, samples }) => [
    `${kind}: ${message}${hint === null ? '' : ` | ${hint}`}`,
    ...samples,
  ])
}

type ChangeType = Extract<MigrationStep, { kind: 'change-type' }>
const changePages: ChangeType = {
  ...{ kind: 'change-type', table, column: 'pages', from: TEXT, to: INTEGER, using: null, restores: null },
}
const retiredOf = (found: Catalog): RetiredColumn => {
  const [retired] = found.retired.columns
  assert.ok(retired !== undefined)
  return retired
}
const undo = (step: ChangeType, restores: RetiredColumn): MigrationStep => ({
  ...step,
  ...{ from: step.to, to: step.from, using: null, restores },
})

test('undoing a change of type tells which values were changed since', async () => {
  const { file, found } = migrated([changePages], 'UPDATE posts SET pages = 21 WHERE id = 2')
  assert.deepEqual(await findings(file, undo(changePages, retiredOf(found))), [
    ['tells: 1 value of posts.pages was changed since, and is converted back', { id: 2, pages: 21 }],
  ])
})

test('undoing a change of type goes by the expression it was made with', async () => {
  const double = { ...changePages, using: 'pages::integer * 2' }
  const { file, found } = migrated([double], 'UPDATE posts SET pages = 7 WHERE id = 1')
  assert.deepEqual(await findings(file, undo(double, retiredOf(found))), [
    ['tells: 1 value of posts.pages was changed since, and is converted back', { id: 1, pages: 7 }],
  ])
  const wrapped = { ...changePages, to: arrayOf(INTEGER), using: 'array[pages::integer]' }
  const other = migrated([wrapped], "UPDATE posts SET pages = '[7]' WHERE id = 1")
  assert.deepEqual(await findings(other.file, undo(wrapped, retiredOf(other.found))), [
    ['tells: 1 value of posts.pages was changed since, and is converted back', { id: 1, pages: [7] }],
  ])
})

test('undoing a change of type refuses changed values that nothing turns back', async () => {
  const ids = ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'] as const
  const step: ChangeType = {
    ...{ kind: 'change-type', table, column: 'rank', from: INTEGER, to: UUID, restores: null },
    using: `case when rank is null then null else '${ids[0]}'::uuid end`,
  }
  const same = migrated([step], '')
  assert.deepEqual(await findings(same.file, undo(step, retiredOf(same.found))), [])
  const { file, found } = migrated([step], `UPDATE posts SET rank = '${ids[1]}' WHERE id = 2`)
  assert.deepEqual(await findings(file, undo(step, retiredOf(found))), [
    [
      "refuses: 1 value for posts.rank can't be computed: nothing turns a value of type uuid back into integer | Change these rows back by hand, or keep the new type.",
      { id: 2, rank: ids[1] },
    ],
    ['tells: 1 value of posts.rank was changed since', { id: 2, rank: ids[1] }],
  ])
})

test('a column that comes back is looked through for rows that were written in between', async () => {
  const { file, found } = migrated(
    [{ kind: 'retire-column', table, column: 'subtitle' }],
    "INSERT INTO posts (id, pages) VALUES (9, 'x'), (10, 'y')",
  )
  const retired = retiredOf(found)
  const restore = (using: string | null): MigrationStep => ({
    ...{ kind: 'restore-column', table, column: subtitle, retired, using },
  })
  assert.deepEqual(await findings(file, restore(null)), [
    [
      "refuses: 2 rows, written while it was away, have no value in posts.subtitle | Say what they get: .using('…').",
      { id: 9 },
      { id: 10 },
    ],
  ])
  assert.deepEqual(await findings(file, restore("'none'")), [])
  const unique: MigrationStep = {
    kind: 'add-unique',
    table,
    unique: { name: 'posts_subtitle_key', columns: ['subtitle'] },
  }
  assert.deepEqual(await findings(file, restore("'none'"), unique), [
    [
      'refuses: 1 value of posts.subtitle is there more than once, in 2 rows (posts_subtitle_key) | Change or remove the rows that are too many.',
      { subtitle: 'none', rows: 2 },
    ],
  ])
  assert.deepEqual(await findings(file, { kind: 'purge-column', retired }), [
    ['tells: 3 values of posts.subtitle are lost for ever'],
  ])
})

test('a table that comes back is looked through for rows whose parents have gone', async () => {
  const { file, found } = migrated([{ kind: 'retire-table', table }], 'DELETE FROM authors WHERE id = 2')
  const [retired] = found.retired.tables
  assert.ok(retired !== undefined)
  assert.deepEqual(await findings(file, { kind: 'restore-table', retired }), [
    [
      'refuses: 1 row of posts.author has no row in authors (posts_author_fkey) | Add the missing rows, or set the column to null, or remove these rows.',
      { id: 2, author: 2 },
    ],
  ])
  assert.deepEqual(await findings(file, { kind: 'purge-table', retired }), [
    ['tells: 3 rows of posts are lost for ever'],
  ])
})
