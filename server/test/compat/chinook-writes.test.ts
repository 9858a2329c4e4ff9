/** Writes over Chinook with the unmodified client; what is stored is read back with plain SQL. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { supabase } from '../support/supabase.ts'
import { userToken } from '../support/tokens.ts'
import { type Chinook, chinook, LUIS, startChinook } from './chinook.ts'
import type { Client } from './chinook-plain.cases.ts'

let served: Chinook
let editor: Client
let anon: Client
let service: Client

before(async () => {
  if (chinook.skip !== false) return
  served = await startChinook()
  const token = await userToken('d0a8f9e2-0000-4000-8000-000000000001', { email: LUIS })
  anon = supabase(served.url, served.keys.anon)
  editor = supabase(served.url, served.keys.anon, token)
  service = supabase(served.url, served.keys.service)
})
after(() => served?.close())

const it = (name: string, body: () => Promise<void>) => test(name, { skip: chinook.skip }, body)
const playlists = (where: string) => served.sql.all(`SELECT * FROM Playlist WHERE ${where} ORDER BY PlaylistId`)

it('insert and select gives the stored row', async () => {
  const { data, error, status } = await editor
    .from('Playlist')
    .insert({ PlaylistId: 101, Name: 'Rain — ünïcode 🎵' })
    .select()
    .single()
  assert.deepEqual([error, status], [null, 201])
  assert.deepEqual(data, { PlaylistId: 101, Name: 'Rain — ünïcode 🎵' })
  assert.deepEqual(playlists('PlaylistId = 101'), [data])
})

it('insert without select gives nothing back', async () => {
  const { data, error, status } = await editor.from('Playlist').insert({ PlaylistId: 102, Name: null })
  assert.deepEqual([data, error, status], [null, null, 201])
  assert.deepEqual(playlists('PlaylistId = 102'), [{ PlaylistId: 102, Name: null }])
})

it('an integer primary key is given when left out', async () => {
  const { data, error } = await editor.from('Playlist').insert({ Name: 'numbered' }).select('PlaylistId').single()
  assert.equal(error, null)
  assert.deepEqual(playlists("Name = 'numbered'"), [{ PlaylistId: data?.PlaylistId, Name: 'numbered' }])
})

it('bulk insert with different keys per row', async () => {
  const rows = [{ PlaylistId: 110, Name: 'one' }, { PlaylistId: 111 }, { PlaylistId: 112, Name: 'three' }]
  const { data, error, count } = await editor.from('Playlist').insert(rows, { count: 'exact' }).select()
  assert.deepEqual([error, count], [null, 3])
  assert.deepEqual(data, [rows[0], { PlaylistId: 111, Name: null }, rows[2]])
  assert.deepEqual(playlists('PlaylistId BETWEEN 110 AND 112'), data)
})

it('a bulk insert with one bad row stores none', async () => {
  const rows = [
    { PlaylistId: 120, Name: 'fine' },
    { PlaylistId: 1, Name: 'there already' },
  ]
  const { error, status } = await editor.from('Playlist').insert(rows)
  assert.deepEqual([status, error?.code], [409, '23505'])
  assert.match(error?.message ?? '', /^duplicate key value violates unique constraint "/)
  assert.equal(error?.details, 'Key (PlaylistId)=(1) already exists.')
  assert.deepEqual(playlists('PlaylistId = 120'), [])
})

it('an insert may show its embeds', async () => {
  const { data, error } = await editor
    .from('PlaylistTrack')
    .insert({ PlaylistId: 18, TrackId: 1 })
    .select('Playlist(Name),Track(Name,Album(Title))')
    .single()
  assert.equal(error, null)
  const [row] = served.sql.all('SELECT Name, Title FROM Track JOIN Album USING (AlbumId) WHERE TrackId = 1')
  assert.deepEqual(data, {
    Playlist: { Name: 'On-The-Go 1' },
    Track: { Name: row?.['Name'], Album: { Title: row?.['Title'] } },
  })
})

it('an insert that breaks a foreign key', async () => {
  const { error, status } = await editor.from('PlaylistTrack').insert({ PlaylistId: 18, TrackId: 99_999_999 })
  assert.deepEqual([status, error?.code], [409, '23503'])
  assert.match(error?.message ?? '', /^insert or update on table "PlaylistTrack" violates foreign key constraint "/)
  assert.equal(served.sql.value('SELECT count(*) FROM PlaylistTrack WHERE TrackId = 99999999'), 0)
})

it('upsert merges by primary key and inserts what is new', async () => {
  const rows = [
    { PlaylistId: 2, Name: 'Films' },
    { PlaylistId: 130, Name: 'new' },
  ]
  const { data, error } = await editor.from('Playlist').upsert(rows).select().order('PlaylistId')
  assert.equal(error, null)
  assert.deepEqual(data, rows)
  assert.deepEqual(playlists('PlaylistId IN (2, 130)'), rows)
})

it('upsert that ignores duplicates leaves the old row', async () => {
  const rows = [
    { PlaylistId: 3, Name: 'changed' },
    { PlaylistId: 131, Name: 'added' },
  ]
  const { data, error } = await editor.from('Playlist').upsert(rows, { ignoreDuplicates: true }).select()
  assert.equal(error, null)
  assert.deepEqual(data, [rows[1]])
  assert.deepEqual(playlists('PlaylistId = 3'), [{ PlaylistId: 3, Name: 'TV Shows' }])
})

it('upsert on a composite key', async () => {
  const { error, status } = await editor.from('PlaylistTrack').upsert(
    [
      { PlaylistId: 18, TrackId: 597 },
      { PlaylistId: 18, TrackId: 2 },
    ],
    { onConflict: 'PlaylistId,TrackId' },
  )
  assert.deepEqual([error, status], [null, 201])
  assert.equal(served.sql.value('SELECT count(*) FROM PlaylistTrack WHERE PlaylistId = 18 AND TrackId IN (597, 2)'), 2)
})

it('update by filter, with the count and the new rows', async () => {
  const { data, error, count } = await editor
    .from('Playlist')
    .update({ Name: 'renamed' }, { count: 'exact' })
    .in('PlaylistId', [4, 6])
    .select()
    .order('PlaylistId')
  assert.deepEqual([error, count], [null, 2])
  assert.deepEqual(data, playlists('PlaylistId IN (4, 6)'))
  assert.equal(served.sql.value("SELECT count(*) FROM Playlist WHERE Name = 'renamed'"), 2)
})

it('a single update of several rows is refused and undone', async () => {
  const { error, status } = await editor
    .from('Playlist')
    .update({ Name: 'x' })
    .in('PlaylistId', [7, 8])
    .select()
    .single()
  assert.deepEqual([status, error?.code], [406, 'PGRST116'])
  assert.equal(served.sql.value("SELECT count(*) FROM Playlist WHERE Name = 'x'"), 0)
})

it('an update without a filter is refused', async () => {
  const { error, status } = await editor.from('Playlist').update({ Name: 'all of them' })
  assert.deepEqual([status, error?.code], [400, '21000'])
  assert.equal(served.sql.value("SELECT count(*) FROM Playlist WHERE Name = 'all of them'"), 0)
})

it('delete gives the rows it removed', async () => {
  await editor.from('Playlist').insert({ PlaylistId: 140, Name: 'short-lived' })
  const { data, error } = await editor.from('Playlist').delete().eq('PlaylistId', 140).select()
  assert.equal(error, null)
  assert.deepEqual(data, [{ PlaylistId: 140, Name: 'short-lived' }])
  assert.deepEqual(playlists('PlaylistId = 140'), [])
})

it('a delete that breaks a foreign key', async () => {
  const { error, status } = await service.from('Artist').delete().eq('ArtistId', 1)
  assert.deepEqual([status, error?.code], [409, '23503'])
  assert.match(
    error?.message ?? '',
    /^update or delete on table "Artist" violates foreign key constraint "\w+" on table "Album"$/,
  )
  assert.equal(error?.details, 'Key (ArtistId)=(1) is still referenced from table "Album".')
  assert.equal(served.sql.value('SELECT count(*) FROM Artist WHERE ArtistId = 1'), 1)
})

it('a null in a column that must have a value', async () => {
  const { error, status } = await service.from('Album').insert({ AlbumId: 9001, ArtistId: 1 })
  assert.deepEqual([status, error?.code], [400, '23502'])
  assert.equal(error?.message, 'null value in column "Title" of relation "Album" violates not-null constraint')
})

it('a value longer than NVARCHAR(n) is stored: the file does not refuse it, so neither do we', async () => {
  const long = 'n'.repeat(200)
  const { error } = await service.from('Genre').insert({ GenreId: 900, Name: long })
  const stored = served.sql.value('SELECT Name FROM Genre WHERE GenreId = 900')
  if (error === null) assert.equal(stored, long)
  else assert.deepEqual([error.code, stored], ['22001', undefined])
})

it('a wrong type is named and nothing is stored', async () => {
  const { error, status } = await editor.from('Playlist').insert({ PlaylistId: 'seven', Name: 'x' })
  assert.deepEqual([status, error?.code], [400, '22P02'])
  assert.equal(error?.message, 'invalid input syntax for type integer: "seven"')
})

it('an unknown column is named', async () => {
  const { error, status } = await editor.from('Playlist').insert({ PlaylistId: 150, Title: 'x' })
  assert.deepEqual([status, error?.code], [400, 'PGRST204'])
  assert.equal(error?.message, "Could not find the 'Title' column of 'Playlist' in the schema cache")
})

it('nobody signed in may not write', async () => {
  const { error, status } = await anon.from('Playlist').insert({ PlaylistId: 160, Name: 'anon' })
  assert.deepEqual([status, error?.code], [401, '42501'])
  assert.equal((await anon.from('Playlist').delete().eq('PlaylistId', 1)).count ?? 0, 0)
  assert.equal(served.sql.value('SELECT count(*) FROM Playlist WHERE PlaylistId IN (1, 160)'), 1)
})

it('a signed-in user may not write where no policy says so', async () => {
  const { error, status } = await editor.from('Artist').insert({ ArtistId: 9000, Name: 'x' })
  assert.deepEqual([status, error?.code], [403, '42501'])
  assert.equal(served.sql.value('SELECT count(*) FROM Artist WHERE ArtistId = 9000'), 0)
})
