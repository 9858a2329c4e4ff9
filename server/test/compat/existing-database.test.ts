/** `--database sqlite:FILE` without any schema: served to service_role alone, and the file's own tables are never touched. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { as, ask } from '../support/http.ts'
import { shared } from '../support/require.ts'
import { type Served, startServer } from '../support/server.ts'
import { type Sql, sql } from '../support/sql.ts'
import { userToken } from '../support/tokens.ts'

const chinook = shared('chinook/chinook.sqlite')
const TABLES = [
  'Album',
  'Artist',
  'Customer',
  'Employee',
  'Genre',
  'Invoice',
  'InvoiceLine',
  'MediaType',
  'Playlist',
  'PlaylistTrack',
  'Track',
]

let served: Served
let beside: Sql
before(async () => {
  if (chinook.skip !== false) return
  served = await startServer({ database: chinook.path })
  beside = sql(served.file)
})
after(async () => {
  beside?.close()
  await served?.close()
})

const it = (name: string, body: () => Promise<void>) => test(name, { skip: chinook.skip }, body)

it('anon and signed-in users get nothing from any table, on any method', async () => {
  const { anon } = served.keys
  for (const caller of [{}, as(anon), as(anon, await userToken('00000000-0000-4000-8000-000000000001'))]) {
    for (const table of TABLES) {
      for (const method of ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'PUT']) {
        const body = ['POST', 'PATCH', 'PUT'].includes(method) ? '{}' : undefined
        const answer = await ask(`${served.url}/rest/v1/${table}`, {
          method,
          headers: { 'content-type': 'application/json', ...caller },
          body,
        })
        assert.equal(answer.status, 404, `${method} ${table}: ${answer.status} ${answer.text}`)
        if (method !== 'HEAD') assert.equal((answer.json as { code: string }).code, 'PGRST205')
      }
    }
    const root = await ask(`${served.url}/rest/v1/`, { headers: caller })
    for (const table of TABLES) assert.ok(!root.text.includes(`"/${table}"`), root.text.slice(0, 300))
  }
})

it('service_role reads every table', async () => {
  for (const table of TABLES) {
    const answer = await ask(`${served.url}/rest/v1/${table}?limit=1`, {
      headers: { ...as(served.keys.service), prefer: 'count=exact' },
    })
    assert.ok([200, 206].includes(answer.status), `${table}: ${answer.text}`)
    assert.equal(answer.headers['content-range'], `0-0/${beside.value(`SELECT count(*) FROM "${table}"`)}`)
  }
})

it('its foreign keys are relations', async () => {
  const answer = await ask(`${served.url}/rest/v1/Artist?select=Name,Album(Title)&ArtistId=eq.1`, {
    headers: as(served.keys.service),
  })
  assert.deepEqual(answer.json, [{ Name: 'AC/DC', Album: beside.all('SELECT Title FROM Album WHERE ArtistId = 1') }])
})

it('the tables of the file are byte for byte what they were', async () => {
  const written = await ask(`${served.url}/rest/v1/Genre`, {
    method: 'POST',
    headers: as(served.keys.service),
    body: '{"GenreId":500,"Name":"x"}',
  })
  assert.equal(written.status, 201, written.text)
  const original = sql(chinook.path)
  try {
    // Everything that was in sqlite_master still is, unchanged, and no table of the user's has gone or come.
    const structure = 'SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid'
    assert.deepEqual(beside.all(structure), original.all(structure))
    for (const table of TABLES.filter((one) => one !== 'Genre')) {
      assert.deepEqual(beside.all(`SELECT * FROM "${table}"`), original.all(`SELECT * FROM "${table}"`))
    }
  } finally {
    original.close()
  }
})
