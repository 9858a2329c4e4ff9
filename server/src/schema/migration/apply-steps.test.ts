import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog } from '../../../test/support/steps.ts'
import { c } from '../column.ts'
import { table } from '../table.ts'
import { applySteps } from './apply-steps.ts'
import { findRetiredColumn } from './retired-names.ts'
import type { MigrationStep } from './step.ts'

const id = c.integer().primaryKey()
const music = catalog({
  albums: table({ id, code: c.text().unique() }),
  songs: table({ id, title: c.text(), album: c.text().references('albums.code') })
    .check(`title <> ''`)
    .index('title', { where: `title > 'a'` }),
})
const songs = 'public.songs'

test('a rename is followed by everything that names the column', () => {
  const after = applySteps(music, [
    { kind: 'rename-column', table: 'public.albums', column: 'code', to: 'number' },
    { kind: 'rename-column', table: songs, column: 'title', to: 'Name' },
    { kind: 'rename-table', table: 'public.albums', to: 'public.records' },
  ])
  const [records, renamed] = [after.tables.get('public.records'), after.tables.get(songs)]
  assert.deepEqual([...after.tables.keys()], ['public.records', songs])
  assert.deepEqual(records?.uniques, [{ name: 'records_number_key', columns: ['number'] }])
  assert.equal(records?.primaryKeyName, 'records_pkey')
  assert.deepEqual(renamed?.foreignKeys[0]?.references, { table: 'public.records', columns: ['number'] })
  assert.deepEqual(renamed?.checks, [{ name: 'songs_check', expression: `"Name" <> ''` }])
  assert.equal(renamed?.indexes[0]?.name, 'songs_Name_idx')
  assert.equal(renamed?.indexes[0]?.where, `"Name" > 'a'`)
  assert.deepEqual(
    after.relations.get(songs)?.map(({ target }) => target),
    ['public.records'],
  )
})

test('a retired column takes its constraints out of the way, and remembers them', () => {
  const after = applySteps(music, [{ kind: 'retire-column', table: songs, column: 'title' }], '2026-01-01T00:00:00Z')
  const left = after.tables.get(songs)
  assert.deepEqual([left?.checks, left?.indexes, left?.columns.length], [[], [], 2])
  const [retired] = after.retired.columns
  assert.equal(retired?.storedAs, 'pilar_retired_title')
  assert.equal(retired?.retiredAt, '2026-01-01T00:00:00Z')
  assert.deepEqual(
    retired?.suspended.checks.map(({ name }) => name),
    ['songs_check'],
  )
  assert.deepEqual(
    retired?.suspended.indexes.map(({ name }) => name),
    ['songs_title_idx'],
  )
})

test('what points to a retired key or table lets go', () => {
  const column = applySteps(music, [{ kind: 'retire-column', table: 'public.albums', column: 'code' }])
  assert.deepEqual(column.tables.get(songs)?.foreignKeys, [])
  const whole = applySteps(music, [{ kind: 'retire-table', table: 'public.albums' }])
  assert.deepEqual(whole.tables.get(songs)?.foreignKeys, [])
  assert.deepEqual(
    whole.retired.tables.map(({ storedAs, table: { key } }) => [storedAs, key]),
    [['pilar.retired_albums', 'public.albums']],
  )
})

test('reserved names are free ones, however often and long', () => {
  const long = `${'ü'.repeat(30)}xyz`
  const add = (name: string): MigrationStep => ({
    kind: 'add-column',
    table: songs,
    column: {
      name,
      type: { name: 'text' },
      nullable: true,
      default: null,
      generated: null,
      identity: null,
      comment: null,
    },
    using: null,
  })
  const retire = (column: string): MigrationStep => ({ kind: 'retire-column', table: songs, column })
  const steps = [add('x'), retire('x'), add('X'), retire('X'), add(long), retire(long), add(long), retire(long)]
  const { columns } = applySteps(music, steps).retired
  assert.deepEqual(
    columns.map(({ storedAs }) => storedAs),
    ['pilar_retired_x', 'pilar_retired_X_2', `pilar_retired_${'ü'.repeat(24)}`, `pilar_retired_${'ü'.repeat(23)}_2`],
  )
  assert.ok(columns.every(({ storedAs }) => Buffer.byteLength(storedAs) <= 63))
})

test('a migration that was written elsewhere finds the retired column of this database', () => {
  const here = applySteps(music, [{ kind: 'retire-column', table: songs, column: 'title' }], '2026-02-02T00:00:00Z')
  const [own] = here.retired.columns
  assert.ok(own)
  const meant = { ...own, storedAs: 'pilar_retired_title_2', retiredAt: '2026-01-01T00:00:00Z' }
  assert.equal(findRetiredColumn(here.retired, meant), own)
  assert.equal(findRetiredColumn(here.retired, { ...meant, column: { ...own.column, type: { name: 'date' } } }), null)
  const back = applySteps(here, [
    { kind: 'restore-column', table: songs, column: own.column, retired: meant, using: null },
  ])
  assert.deepEqual(back.retired.columns, [])
})

test('a computed column leaves nothing behind', () => {
  const from = catalog({ songs: table({ id, low: c.text().generated(`lower('A')`) }) })
  const after = applySteps(from, [{ kind: 'retire-column', table: songs, column: 'low' }])
  assert.deepEqual([after.tables.get(songs)?.columns.length, after.retired.columns.length], [1, 0])
})

test('a step that does not fit is refused', () => {
  const refusals: readonly (readonly [MigrationStep, string])[] = [
    [{ kind: 'retire-table', table: 'public.none' }, 'there is no table "none"'],
    [{ kind: 'retire-column', table: songs, column: 'none' }, 'songs has no column "none"'],
    [{ kind: 'rename-column', table: songs, column: 'id', to: 'title' }, 'songs has a column "title" already'],
    [{ kind: 'rename-table', table: songs, to: 'public.albums' }, 'there is a table "albums" already'],
    [{ kind: 'drop-check', table: songs, check: { name: 'x', expression: '' } }, 'songs has no "x"'],
    [
      { kind: 'add-check', table: songs, check: { name: 'songs_check', expression: '' } },
      'songs has a "songs_check" already',
    ],
  ]
  for (const [step, message] of refusals) {
    assert.throws(() => applySteps(music, [step]), { name: 'StepFault', message })
  }
})
