import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PilarError } from '../../errors/error.ts'
import type { Check, ForeignKey, Index, Unique } from '../catalog.ts'
import { makeColumn, makeTable } from '../make-catalog.ts'
import type { RetiredColumn, RetiredTable } from '../retired.ts'
import { arrayOf, type ColumnType, INTEGER, TEXT, TIMESTAMPTZ } from '../types.ts'
import { readStep, shortStep } from './short-step.ts'
import type { MigrationStep } from './step.ts'

const MOOD: ColumnType = { name: 'enum', enumName: 'mood', values: ['sad', 'ok'] }
const PRICE: ColumnType = { name: 'numeric', precision: 10, scale: 2 }
const table = 'public.posts'
const unique: Unique = { name: 'posts_slug_key', columns: ['slug'] }
const check: Check = { name: 'posts_check', expression: 'price > 0', native: true }
const index: Index = {
  ...{ name: 'posts_idx', unique: true, where: 'price > 0' },
  columns: [
    { name: 'slug', descending: true },
    { name: 'id', descending: false },
  ],
}
const foreignKey: ForeignKey = {
  ...{ name: 'posts_author_fkey', columns: ['author'], onDelete: 'cascade', onUpdate: 'no action' },
  references: { table: 'public.people', columns: ['id'] },
}
const plain = makeColumn({ name: 'slug', type: TEXT })
const full = makeColumn({
  ...{ name: 'price', type: PRICE, nullable: true, default: '1', comment: 'what it costs', identity: 'always' },
  ...{ generated: { expression: 'a + b', stored: true }, storage: 'numeric-text', was: 'cost', using: 'cost * 100' },
})
const posts = makeTable({
  ...{ name: 'posts', schema: 'blog', columns: [plain, full], primaryKey: ['slug'], primaryKeyName: 'posts_pkey' },
  ...{ uniques: [unique], foreignKeys: [foreignKey], checks: [check], indexes: [index], comment: 'texts' },
  ...{ openColumn: 'more', was: 'articles', using: 'select 1 as slug', storage: 'without rowid' },
})
const view = makeTable({ name: 'titles', kind: 'view', columns: [plain], definition: 'select slug from posts' })
const suspended = { primaryKey: true, uniques: [unique], foreignKeys: [foreignKey], checks: [check], indexes: [index] }
const nothing = { primaryKey: false, uniques: [], foreignKeys: [], checks: [], indexes: [] }
const retired: RetiredColumn = {
  ...{ table, column: full, storedAs: 'pilar_retired_price', retiredAt: '2026-01-02T03:04:05Z', suspended },
  converted: { using: null },
}
const retiredTable: RetiredTable = { table: posts, storedAs: 'pilar.retired_posts', retiredAt: '' }
const generated = { expression: 'a', stored: false }

const STEPS: readonly MigrationStep[] = [
  { kind: 'create-table', table: posts, using: 'select 1 as slug' },
  { kind: 'create-table', table: makeTable({ name: 'a', columns: [] }), using: null },
  { kind: 'rename-table', table, to: 'blog.posts' },
  { kind: 'retire-table', table },
  { kind: 'restore-table', retired: retiredTable },
  { kind: 'set-table-comment', table, comment: null },
  { kind: 'set-open-column', table, openColumn: 'more' },
  { kind: 'create-view', table: view },
  { kind: 'replace-view', table: view, was: view },
  { kind: 'drop-view', table: view },
  { kind: 'add-column', table, column: full, using: "''" },
  { kind: 'rename-column', table, column: 'a', to: 'b' },
  { kind: 'retire-column', table, column: 'a' },
  { kind: 'restore-column', table, column: plain, retired: { ...retired, suspended: nothing }, using: null },
  { kind: 'change-type', table, column: 'a', from: MOOD, to: arrayOf({ name: 'varchar', length: 5 }), using: 'a' },
  { kind: 'change-type', table, column: 'a', from: { name: 'numeric', precision: 5 }, to: TIMESTAMPTZ, using: null },
  { kind: 'set-not-null', table, column: 'a', using: null },
  { kind: 'drop-not-null', table, column: 'a' },
  { kind: 'set-default', table, column: 'a', default: null, was: '1' },
  { kind: 'set-column-comment', table, column: 'a', comment: 'x' },
  { kind: 'set-generated', table, column: 'a', generated, was: null },
  { kind: 'set-identity', table, column: 'a', identity: null, was: 'by default' },
  { kind: 'set-primary-key', table, columns: ['a'], name: null, was: [] },
  { kind: 'add-unique', table, unique },
  { kind: 'drop-unique', table, unique },
  { kind: 'add-check', table, check },
  { kind: 'drop-check', table, check },
  { kind: 'add-foreign-key', table, foreignKey },
  { kind: 'drop-foreign-key', table, foreignKey: { ...foreignKey, onUpdate: 'set null' } },
  { kind: 'create-index', table, index },
  { kind: 'drop-index', table, index },
  { kind: 'purge-table', retired: retiredTable },
  { kind: 'purge-column', retired },
].map((step) => (step.kind === 'change-type' ? { restores: null, ...step } : step) as MigrationStep)

test('every step is read back as it was, through JSON', () => {
  for (const step of [...STEPS, { ...STEPS[14], restores: retired } as MigrationStep]) {
    const short = JSON.parse(JSON.stringify(shortStep(step)))
    assert.deepEqual(readStep(short, 'step'), step)
  }
})

test('what has its plain value is not written', () => {
  const add: MigrationStep = { kind: 'add-column', table, column: plain, using: null }
  assert.deepEqual(shortStep(add), { kind: 'add-column', table, column: { name: 'slug', type: 'text' } })
  const change: MigrationStep = {
    kind: 'change-type',
    table,
    column: 'a',
    from: INTEGER,
    to: PRICE,
    using: null,
    restores: null,
  }
  assert.deepEqual(shortStep(change), { kind: 'change-type', table, column: 'a', from: 'integer', to: 'numeric(10,2)' })
})

test('mistakes of an edit are told with their place and the nearest word', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [null, 'step 1 has no "kind"'],
    [{ kind: 'add-colum' }, 'step 1: the kind must be one of: create-table, '],
    [{ kind: 'add-column', table }, 'step 1 (add-column): "column" is missing'],
    [{ kind: 'add-column', table: 7 }, 'step 1 (add-column).table must be a text'],
    [{ kind: 'retire-column', table, colum: 'a' }, 'step 1 (retire-column) has no member "colum"'],
    [
      { kind: 'add-column', table, column: { name: 'a', type: 'strng' } },
      'step 1 (add-column).column.type: there is no type "strng"',
    ],
    [
      { kind: 'add-column', table, column: { name: 'a', type: 'text', nullable: 'no' } },
      'step 1 (add-column).column.nullable must be true or false',
    ],
    [
      { kind: 'set-primary-key', table, columns: ['a', 1], was: [] },
      'step 1 (set-primary-key).columns[1] must be a text',
    ],
    [{ kind: 'set-primary-key', table, columns: 'a', was: [] }, 'step 1 (set-primary-key).columns must be a list'],
    [{ kind: 'add-check', table, check: [] }, 'step 1 (add-check).check must be an object'],
    [{ kind: 'add-check', table: null, check }, 'step 1 (add-check): "table" is missing'],
  ]
  for (const [source, expected] of cases) {
    assert.throws(
      () => readStep(source, 'step 1'),
      (error) => error instanceof PilarError && error.code === 'PILAR_MIGRATION' && error.message.startsWith(expected),
      expected,
    )
  }
  assert.throws(() => readStep({ kind: 'retire-column', table, colum: 'a' }, 'step 1'), {
    hint: 'There is: column, table.',
  })
})
