import assert from 'node:assert/strict'
import { test } from 'node:test'
import { between, catalog, short } from '../../../test/support/steps.ts'
import type { Entries } from '../builder.ts'
import type { Catalog, Table } from '../catalog.ts'
import { c } from '../column.ts'
import { makeCatalog, makeTable } from '../make-catalog.ts'
import { table } from '../table.ts'
import { applySteps } from './apply-steps.ts'

const id = c.integer().primaryKey()

/** A database that somebody else made: columns in their own storage, names and texts that only it has. */
function adopted(entries: Entries, changes: (table: Table) => Partial<Table> = () => ({})): Catalog {
  const tables = [...catalog(entries).tables.values()].map((one) => {
    const columns = one.columns.map((column) => ({ ...column, storage: 'native' }))
    const own = makeTable({ ...one, columns })
    return makeTable({ ...own, ...changes(own) })
  })
  return makeCatalog({ version: 0, tables })
}

const none = { steps: [], obstacles: [], warnings: [] }

test("columns are read as they are declared; undeclared ones, and tables, are their owner's business", () => {
  const found = adopted({
    artists: table({ id, name: c.text().default("'x'"), born: c.text().nullable(), more: c.text() }).index('more'),
    other: table({ id }),
  })
  const declared = catalog({
    artists: table({ id, name: c.varchar(120).nullable().comment('a name'), born: c.timestamptz().nullable() }),
  })
  assert.deepEqual(between(found, declared, null), none)
  assert.deepEqual(between(found, declared, declared), none)
})

test('keys, checks and indexes are known by what they do', () => {
  const songs = table({
    id,
    title: c.text().unique(),
    album: c.integer().references('albums.id'),
    size: c.integer().check('size > 0'),
  })
  const entries = { albums: table({ id }), songs: songs.index('album').index('title', { where: 'size > 5' }) }
  const found = adopted(entries, (one) => ({
    primaryKeyName: 'other_name',
    uniques: [],
    indexes: [
      ...one.indexes.map((index) => ({
        ...index,
        name: `ix_${index.name}`,
        where: index.where === null ? null : 'size>5',
      })),
      ...one.uniques.map(({ columns }) => ({
        ...{ name: 'ux', unique: true, where: null },
        columns: columns.map((name) => ({ name, descending: false })),
      })),
    ],
    foreignKeys: one.foreignKeys.map((key) => ({ ...key, name: 'FK_1' })),
    checks: one.checks.map((check) => ({ ...check, expression: '"size">0', native: true })),
  }))
  assert.deepEqual(between(found, catalog(entries), null), none)
})

test('what the declaration asks beyond that is made', () => {
  const found = adopted({ people: table({ id }), artists: table({ id, name: c.text().nullable(), by: c.integer() }) })
  const wanted = catalog({
    people: table({ id }),
    artists: table({
      id,
      name: c.text().default("'?'").unique(),
      by: c.integer().references('people.id'),
      at: c.date().nullable(),
    })
      .index('by')
      .check(`name <> ''`),
  })
  assert.deepEqual(between(found, wanted, null).steps.map(short), [
    "set-not-null artists name using '?'",
    'add-column artists at',
    'add-unique artists artists_name_key',
    'create-index artists artists_by_idx',
    'add-check artists artists_check',
    'add-foreign-key artists artists_by_fkey',
  ])
})

test('what was declared and is not any more goes; so does a text that was declared otherwise', () => {
  const found = adopted(
    { songs: table({ id, title: c.text(), size: c.integer().check('size > 0'), more: c.text() }) },
    (one) => ({
      checks: one.checks.map((check) => ({ ...check, expression: 'size>0', native: true })),
    }),
  )
  const before = catalog({ songs: table({ id, title: c.text(), size: c.integer().check('size > 0') }) })
  const after = catalog({ songs: table({ id, size: c.integer().nullable().check('size > 1') }) })
  assert.deepEqual(between(found, after, before).steps.map(short), [
    'drop-check songs songs_size_check',
    'retire-column songs title',
    'drop-not-null songs size',
    'add-check songs songs_size_check',
  ])
})

test('a column comes back that was only read as another type', () => {
  const found = adopted({ artists: table({ id, tag: c.text().nullable() }) })
  const tagged = catalog({ artists: table({ id, tag: c.uuid().nullable() }) })
  const bare = catalog({ artists: table({ id }) })
  const gone = applySteps(found, between(found, bare, tagged).steps)
  const { steps, warnings } = between(gone, tagged, bare)
  assert.deepEqual(steps.map(short), ['restore-column artists tag (pilar_retired_tag)'])
  assert.deepEqual(warnings, [])
  assert.equal(applySteps(gone, steps).tables.get('public.artists')?.column.get('tag')?.type.name, 'text')
})

test('after an undo to what was found, a check is read as before', () => {
  const entries = { songs: table({ id, title: c.text().check("title <> ''") }) }
  const found = adopted(entries, (one) => ({
    checks: one.checks.map((check) => ({ ...check, expression: 'length(title)', native: true })),
  }))
  assert.deepEqual(between(found, catalog(entries), found), none)
})

test('a foreign key with other actions is exchanged, whoever made it', () => {
  const found = adopted({ people: table({ id }), songs: table({ id, by: c.integer().references('people.id') }) })
  const by = c.integer().references('people.id', { onDelete: 'cascade' })
  const wanted = catalog({ people: table({ id }), songs: table({ id, by }) })
  assert.deepEqual(between(found, wanted, null).steps.map(short), [
    'drop-foreign-key songs songs_by_fkey',
    'add-foreign-key songs songs_by_fkey',
  ])
})

test("names are taken back into use only where that changes nothing of somebody else's", () => {
  const found = adopted({
    songs: table({ id, title: c.text(), full: c.text().generated('upper(title)') }).index('title'),
  })
  const wanted = catalog({ songs: table({ id, title: c.text(), full: c.text() }).index('title', { unique: true }) })
  assert.deepEqual(
    between(found, wanted, null).obstacles.map(({ message, hint }) => [message, hint]),
    [
      ['column "full" is generated in the database', 'Declare it as it is.'],
      [
        'the index "songs_title_idx" is another in the database, where somebody else made it',
        'Declare it as it is, or drop it in the database.',
      ],
    ],
  )
})

test("the primary key is its owner's, until it was declared", () => {
  const found = adopted({ songs: table({ id, code: c.text() }) })
  const [as, other] = [
    catalog({ songs: table({ id }) }),
    catalog({ songs: table({ id: c.integer(), code: c.text().primaryKey() }) }),
  ]
  assert.deepEqual(between(found, other, null).obstacles, [
    { table: 'public.songs', message: 'the primary key in the database is id', hint: 'Declare the key it has.' },
  ])
  assert.deepEqual(between(found, other, as).steps.map(short), ['set-primary-key songs ["code"] songs_pkey'])
})

test('tables and columns are renamed in place', () => {
  const found = adopted({ Song: table({ id, Name: c.text(), more: c.text() }) })
  const wanted = catalog({ songs: table({ id, name: c.text().was('Name') }).was('Song') })
  assert.deepEqual(between(found, wanted, null).steps.map(short), [
    'rename-table Song public.songs',
    'rename-column songs Name name',
  ])
})

test('names that differ by upper and lower case only are told, and what leans on them waits', () => {
  const found = adopted({ Album: table({ id, Title: c.text() }), songs: table({ id, Name: c.text() }) })
  const wanted = catalog({
    album: table({ id }),
    songs: table({ id, name: c.text().unique(), album: c.integer().nullable().references('album.id') }),
  })
  const { obstacles } = between(found, wanted, null)
  assert.deepEqual(
    obstacles.map(({ table: key, message, hint }) => [key, message, hint]),
    [
      [
        'public.album',
        'the database has a table "Album", which differs by upper and lower case only',
        `Call it "Album", or write .was('Album') behind it.`,
      ],
      [
        'public.songs',
        'column "name" differs from "Name" of the database by upper and lower case only',
        `Call it "Name", or write .was('Name') behind it.`,
      ],
    ],
  )
})
