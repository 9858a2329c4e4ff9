import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog } from '../../../test/support/steps.ts'
import { c } from '../column.ts'
import { makeCatalog, makeTable } from '../make-catalog.ts'
import { systemCatalog, systemPart } from '../system-tables.ts'
import { table, view } from '../table.ts'
import { canonicalText, readCatalog, writeCatalog } from './catalog-text.ts'
import { diff } from './diff.ts'

const music = catalog({
  songs: table(
    {
      id: c.bigint().identity().primaryKey(),
      title: c.varchar(80).was('name').using('trim(name)'),
      price: c.numeric(10, 2).nullable(),
      tags: c.array(c.text()).default("'{}'"),
      mood: c.enum('sad', 'ok'),
      album: c.uuid().references('albums.id', { onDelete: 'cascade' }),
    },
    { open: true, comment: 'all of them' },
  )
    .index('price desc', { where: 'price > 0' })
    .was('tracks'),
  albums: table({ id: c.uuid().primaryKey() }),
  seen: view({ id: c.bigint() }, 'select id from songs'),
})

test('one line for each table, with what is out of the ordinary', () => {
  assert.equal(
    writeCatalog(music),
    `{
 "schemas": ["public"],
 "tables": {
  "public.albums": {"columns":[{"name":"id","type":"uuid"}],"primaryKey":["id"],"primaryKeyName":"albums_pkey"},
  "public.seen": {"kind":"view","columns":[{"name":"id","type":"bigint"}],"definition":"select id from songs"},
  "public.songs": {"columns":[{"name":"id","type":"bigint","identity":"by default"},{"name":"title","type":"varchar(80)"},{"name":"price","type":"numeric(10,2)","nullable":true},{"name":"tags","type":"text[]","default":"'{}'"},{"name":"mood","type":{"name":"enum","enumName":"songs_mood","values":["sad","ok"]}},{"name":"album","type":"uuid"},{"name":"_open","type":"jsonb","default":"'{}'"}],"comment":"all of them","foreignKeys":[{"name":"songs_album_fkey","columns":["album"],"onDelete":"cascade","onUpdate":"no action","references":{"columns":["id"],"table":"public.albums"}}],"indexes":[{"name":"songs_price_idx","columns":[{"name":"price","descending":true}],"unique":false,"where":"price > 0"}],"openColumn":"_open","primaryKey":["id"],"primaryKeyName":"songs_pkey"}
 }
}`,
  )
})

test('what is written is read again', () => {
  const read = readCatalog(writeCatalog(music))
  assert.equal(writeCatalog(read), writeCatalog(music))
  assert.deepEqual(diff(read, music, { known: read }).steps, [])
  assert.equal(read.tables.get('public.songs')?.was, undefined)
  assert.throws(() => readCatalog('[]'), /^Error: this is not the structure of a database$/)
})

test('the text does not depend on the order in which things were made', () => {
  const turned = [...music.tables.values()].reverse().map((one) =>
    makeTable({
      ...one,
      foreignKeys: one.foreignKeys.map(
        (key) => Object.fromEntries(Object.entries(key).reverse()) as unknown as typeof key,
      ),
    }),
  )
  assert.equal(writeCatalog(makeCatalog({ version: 7, tables: turned })), writeCatalog(music))
  assert.equal(canonicalText({ b: [{ d: 1, c: null }], a: 'x' }), '{"a":"x","b":[{"c":null,"d":1}]}')
})

test("Pilar's own tables are made by steps, like all others, and leave the others alone", () => {
  const steps = diff(music, systemCatalog(), { known: systemPart(music) }).steps
  assert.deepEqual(
    steps.map((step) => (step.kind === 'create-table' ? [step.table.key, step.table.system] : step.kind)),
    [
      ['pilar.migrations', true],
      ['pilar.leases', true],
    ],
  )
  assert.deepEqual(diff(systemCatalog(), systemCatalog(), { known: systemPart(systemCatalog()) }).steps, [])
})
