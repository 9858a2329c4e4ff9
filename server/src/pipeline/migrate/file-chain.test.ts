import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JournalEntry } from '../../engines/structure.ts'
import { buildCatalog } from '../../schema/build-catalog.ts'
import { type Entries, schema } from '../../schema/builder.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { c } from '../../schema/column.ts'
import { makeCatalog } from '../../schema/make-catalog.ts'
import { readCatalog, writeCatalog } from '../../schema/migration/catalog-text.ts'
import { diff } from '../../schema/migration/diff.ts'
import { table } from '../../schema/table.ts'
import { fileChain } from './file-chain.ts'
import type { MigrationFile } from './types.ts'

const text = (entries: Entries): string => {
  const { catalog, problems } = buildCatalog(schema(entries), { version: 0 })
  assert.deepEqual(problems, [])
  assert.ok(catalog !== null)
  return writeCatalog(catalog)
}

const id = c.integer().identity().primaryKey()
const NOTHING = writeCatalog(makeCatalog({ version: 0, tables: [] }))
const POSTS = text({ posts: table({ id, title: c.text() }) })
const SLUGS = text({ posts: table({ id, title: c.text(), slug: c.text().nullable() }) })
const TAGS = text({ posts: table({ id, title: c.text() }), tags: table({ id }) })
const BOTH = text({ posts: table({ id, title: c.text(), slug: c.text().nullable() }), tags: table({ id }) })

function file(name: string, before: string, after: string): MigrationFile {
  const steps = diff(readCatalog(before), readCatalog(after), { known: readCatalog(before) }).steps
  return { name, number: Number(name.slice(0, 4)), steps, before, after, checksum: name, actualChecksum: name }
}

const entry = (id: number, { name, steps, before, after, checksum }: MigrationFile): JournalEntry => ({
  ...{ id, name, steps, before, after, checksum },
  ...{ kind: 'apply', undoes: null, at: '2026-01-01T00:00:00.000Z', durationMs: 1 },
})

const posts = file('0001_posts', NOTHING, POSTS)
const slugs = file('0002_slugs', POSTS, SLUGS)
const found = (structure: string): Catalog => readCatalog(structure)

function states(files: readonly MigrationFile[], journal: readonly JournalEntry[], structure: string) {
  const chain = fileChain({ files, journal, found: found(structure) })
  return { states: chain.files.map(({ name, state }) => `${name} ${state}`), conflicts: chain.conflicts }
}

test('files of a new database are pending, in the order of their numbers', () => {
  assert.deepEqual(states([slugs, posts], [], NOTHING), {
    states: ['0001_posts pending', '0002_slugs pending'],
    conflicts: [],
  })
})

test('what the journal has is applied; what follows is pending', () => {
  assert.deepEqual(states([posts, slugs], [entry(1, posts)], POSTS).states, [
    '0001_posts applied',
    '0002_slugs pending',
  ])
})

test('outcomes that pilar dev made in one step are present, all files up to the last of them', () => {
  const dev = { ...entry(1, posts), name: null, checksum: null, after: BOTH }
  const tags = file('0003_tags', SLUGS, BOTH)
  assert.deepEqual(states([posts, slugs, tags], [dev], BOTH).states, [
    '0001_posts present',
    '0002_slugs present',
    '0003_tags present',
  ])
})

test('without a journal a database is compared with what files lead to', () => {
  assert.deepEqual(states([posts, slugs], [], POSTS).states, ['0001_posts present', '0002_slugs pending'])
})

test('a file that was undone is so until it is applied again', () => {
  const applied = [entry(1, posts), entry(2, slugs)]
  const undo: JournalEntry = { ...entry(3, slugs), kind: 'undo', undoes: 2, before: SLUGS, after: POSTS }
  assert.deepEqual(states([posts, slugs], [...applied, undo], POSTS).states, [
    '0001_posts applied',
    '0002_slugs undone',
  ])
  const again = { ...entry(4, slugs), name: '0002_slugs' }
  assert.deepEqual(states([posts, slugs], [...applied, undo, again], BOTH).states, [
    '0001_posts applied',
    '0002_slugs applied',
  ])
})

test('two branches that met are told by one number', () => {
  const tags = file('0002_tags', POSTS, TAGS)
  assert.deepEqual(states([posts, slugs, tags], [entry(1, posts)], POSTS), {
    states: ['0001_posts applied', '0002_slugs conflict', '0002_tags conflict'],
    conflicts: [
      {
        message: '0002_slugs and 0002_tags have the same number: two branches met',
        hint: 'Let one follow the other: pilar migrate new --rebase 0002_tags.',
      },
    ],
  })
})

test('two branches that met are told by what they start from', () => {
  const tags = file('0003_tags', POSTS, TAGS)
  assert.deepEqual(
    states([posts, slugs, tags], [entry(1, posts)], POSTS).conflicts.map(({ message }) => message),
    ['0002_slugs and 0003_tags start from the same structure: two branches met'],
  )
})

test('a gap in the chain is told', () => {
  const tags = file('0003_tags', TAGS, BOTH)
  assert.deepEqual(
    states([posts, slugs, tags], [entry(1, posts)], POSTS).conflicts.map(({ message }) => message),
    ['0003_tags does not start from what 0002_slugs leads to'],
  )
})

test('an edit is told, whether it came after the file was applied or before', () => {
  const edited = { ...slugs, actualChecksum: 'other' }
  assert.deepEqual(states([posts, edited], [entry(1, posts), entry(2, slugs)], SLUGS).conflicts, [
    {
      message: '0002_slugs was edited after it was applied to this database',
      hint: 'Take the edit back, and say it in a new migration: pilar migrate new.',
    },
  ])
  assert.deepEqual(states([posts, edited], [entry(1, posts)], POSTS).conflicts, [
    {
      message: '0002_slugs was edited by hand: its checksum is another one',
      hint: 'Review it, then seal it: pilar migrate new --seal 0002_slugs.',
    },
  ])
})

test('a file that was applied and is gone is told', () => {
  assert.deepEqual(states([posts], [entry(1, posts), entry(2, slugs)], SLUGS).conflicts, [
    {
      message: '0002_slugs was applied to this database, and there is no such file',
      hint: 'Put the file back (Git has it), or undo it: pilar migrate undo.',
    },
  ])
})

test('a database that no file starts from is told', () => {
  assert.deepEqual(states([slugs], [], TAGS.replaceAll('posts', 'letters')).conflicts, [
    {
      message: 'the database is neither what 0002_slugs starts from nor what it leads to',
      hint: 'See what differs: pilar migrate status. Mend the database, or begin with a new one.',
    },
  ])
})
