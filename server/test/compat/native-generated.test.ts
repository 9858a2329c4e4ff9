/** Policies about generated columns of an adopted table see what SQLite will compute, in its own words, before a row is written. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { existing, schema } from '../../src/index.ts'
import { as, ask } from '../support/http.ts'
import { type Served, startServer } from '../support/server.ts'
import { sql } from '../support/sql.ts'
import { tempFolder } from '../support/temp.ts'

let served: Served
before(async () => {
  const folder = tempFolder()
  const file = join(folder.path, 'made.sqlite')
  const made = sql(file)
  // Each is made of the next, upper() and printf() are SQLite's own, and the names are those of nobody's grammar.
  made.run(`CREATE TABLE words (Id INTEGER PRIMARY KEY, "Word" TEXT,
    "Sign" TEXT AS ("Loud" || printf('%d', 5)), "Loud" TEXT AS (upper([word])) STORED, "Five" TEXT AS (2 + 3))`)
  made.close()
  const rule = `"Sign" = 'A5' and "Five" = '5'`
  served = await startServer({
    database: file,
    schema: schema({ words: existing().policies({ all: { anon: rule } }) }),
  })
  folder.remove()
})
after(() => served.close())

async function write(method: string, body: object, filter = '') {
  const headers = { ...as(served.keys.anon), 'content-type': 'application/json', prefer: 'return=representation' }
  return ask(`${served.url}/rest/v1/words${filter}`, { method, headers, body: JSON.stringify(body) })
}

test('a row that will satisfy the policy is written, another is not', async () => {
  const written = await write('POST', { Word: 'a' })
  assert.deepEqual(written.json, [{ Id: 1, Word: 'a', Sign: 'A5', Loud: 'A', Five: '5' }])
  const refused = await write('POST', { Word: 'b' })
  assert.equal(refused.status, 401)
  assert.equal((refused.json as { code: string }).code, '42501')
})

test('and so is a change', async () => {
  assert.equal((await write('PATCH', { Word: 'A' }, '?Id=eq.1')).status, 200)
  assert.equal((await write('PATCH', { Word: 'c' }, '?Id=eq.1')).status, 401)
})
