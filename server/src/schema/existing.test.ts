import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCatalog } from './build-catalog.ts'
import { schema } from './builder.ts'
import { makeCatalog, makeColumn, makeTable } from './make-catalog.ts'
import { existing } from './table.ts'
import { INTEGER, TEXT } from './types.ts'

const found = makeCatalog({
  version: 0,
  tables: [
    makeTable({
      name: 'Album',
      columns: [makeColumn({ name: 'AlbumId', type: INTEGER }), makeColumn({ name: 'Title', type: TEXT })],
    }),
  ],
})
const build = (definition: Parameters<typeof buildCatalog>[0]) =>
  buildCatalog(definition, { version: 1, existing: found })

test('a table of the database takes policies without being declared again', () => {
  const definition = schema({
    Album: existing()
      .policies({ select: { anon: 'true' } })
      .hidden({ anon: ['Title'] }),
  })
  assert.deepEqual(build(definition).problems, [])
  assert.equal(definition.tables.length, 0)
  assert.equal(definition.policies[0]?.table, 'public.Album')
  assert.deepEqual(definition.hidden[0]?.columns, ['Title'])
})

test('a table or column that the database lacks is reported with the nearest name', () => {
  const missing = build(schema({ Albums: existing() })).problems
  assert.deepEqual(
    missing.map(({ message, hint }) => [message, hint]),
    [['there is no table in the database called "Albums"', 'Perhaps you meant "Album".']],
  )
  const hidden = build(schema({ Album: existing().hidden({ anon: ['Titel'] }) })).problems
  assert.deepEqual(
    hidden.map(({ message, hint }) => [message, hint]),
    [['there is no column "Titel"', 'Perhaps you meant "Title".']],
  )
})
