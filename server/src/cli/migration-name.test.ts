import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeColumn, makeTable } from '../schema/make-catalog.ts'
import type { MigrationStep } from '../schema/migration/step.ts'
import { TEXT } from '../schema/types.ts'
import { fileName, parseFileName, wordsForSteps, wordsOf } from './migration-name.ts'

test('names are numbered, and read back', () => {
  assert.equal(fileName(7, 'add_slugs'), '0007_add_slugs')
  assert.equal(fileName(12_345, 'x'), '12345_x')
  assert.deepEqual(parseFileName('0007_add_slugs'), { number: 7, words: 'add_slugs' })
  for (const name of ['7_add', '0007', '0007_', '0007_Add', '0007-add', 'x0007_add', '0007_add.test'])
    assert.equal(parseFileName(name), null, name)
})

test('what a person types becomes the words of a name', () => {
  assert.equal(wordsOf('Add slugs!'), 'add_slugs')
  assert.equal(wordsOf('../../etc/passwd'), 'etc_passwd')
  assert.equal(wordsOf('é'), null)
  assert.equal(wordsOf('x'.repeat(60))?.length, 48)
})

test('a file that nobody named is named after its first step', () => {
  const column = makeColumn({ name: 'slug', type: TEXT })
  const table = makeTable({ name: 'tags', columns: [column] })
  const add: MigrationStep = { kind: 'add-column', table: 'public.posts', column, using: null }
  const create: MigrationStep = { kind: 'create-table', table, using: null }
  const index = { name: 'tags_slug_idx', unique: false, columns: [], where: null }
  const cases: readonly (readonly [readonly MigrationStep[], string])[] = [
    [[], 'by_hand'],
    [[add], 'add_posts_slug'],
    [[create, { kind: 'create-index', table: table.key, index }], 'create_tags'],
    [[create, add], 'create_tags_and_more'],
    [[{ kind: 'rename-table', table: 'public.a', to: 'blog.b' }], 'rename_a_to_b'],
    [[{ kind: 'retire-column', table: 'public.posts', column: 'sub title' }], 'retire_posts_sub_title'],
    [[{ kind: 'set-not-null', table: 'public.posts', column: 'slug', using: null }], 'set_not_null_posts_slug'],
    [[{ kind: 'drop-index', table: 'public.posts', index }], 'drop_index_posts'],
  ]
  for (const [steps, expected] of cases) assert.equal(wordsForSteps(steps, false), expected)
  assert.equal(wordsForSteps([create], true), 'first_schema')
})
