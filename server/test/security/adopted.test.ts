/**
 * What an existing database may hold: constraints that say ON CONFLICT, where SQLite would delete the other row without asking a policy (Z04), and
 * text that is no JSON in a column declared as jsonb.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { c, schema, table } from '../../src/index.ts'
import { as, ask } from '../support/http.ts'
import { type Served, startServer } from '../support/server.ts'
import { tempFolder } from '../support/temp.ts'
import { userToken } from '../support/tokens.ts'
import { ANN } from '../support/world.ts'

const own = { authenticated: "owner = auth.jwt() ->> 'nick'" }
const definition = schema({
  notes: table({ id: c.integer().primaryKey(), owner: c.text(), slug: c.text().nullable().unique() }).policies({
    select: own,
    insert: own,
    update: own,
  }),
  dropped: table({ id: c.integer().primaryKey(), slug: c.text().nullable().unique() }).policies({
    all: { public: 'true' },
  }),
  papers: table({
    id: c.integer().primaryKey(),
    body: c.jsonb().nullable(),
    labels: c.array(c.text()).nullable(),
  }).policies({
    select: { public: 'id < 3' },
  }),
})

let served: Served
let ann: Record<string, string>
before(async () => {
  const folder = tempFolder()
  const file = join(folder.path, 'existing.sqlite')
  const database = new DatabaseSync(file)
  database.exec(`
    CREATE TABLE notes (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, owner TEXT NOT NULL, slug TEXT UNIQUE ON CONFLICT REPLACE);
    CREATE TABLE dropped (id INTEGER PRIMARY KEY, slug TEXT UNIQUE ON CONFLICT IGNORE);
    CREATE TABLE papers (id INTEGER PRIMARY KEY, body TEXT, labels TEXT);
    INSERT INTO papers VALUES (1, '{"a":1}', '["x"]'), (2, '1,"admin":true', '[bad'), (3, '{bad', '{bad');
    INSERT INTO notes VALUES (1, 'bob', 'a'), (2, 'bob', 'b'), (3, 'ann', 'c');
    INSERT INTO dropped VALUES (1, 'a')`)
  database.close()
  served = await startServer({ schema: definition, database: file })
  folder.remove()
  ann = as(served.keys.anon, await userToken(ANN, { nick: 'ann' }))
})
after(() => served?.close())

const WRITES = [
  ['POST', '/notes', { id: 1, owner: 'ann', slug: 'mine' }],
  ['POST', '/notes', { id: 9, owner: 'ann', slug: 'b' }],
  ['PATCH', '/notes?id=eq.3', { slug: 'b' }],
  ['PATCH', '/notes?id=eq.3', { id: 1 }],
  ['POST', '/notes?on_conflict=id', { id: 3, owner: 'ann', slug: 'b' }],
  ['POST', '/dropped', { id: 2, slug: 'a' }],
] as const

for (const [method, path, body] of WRITES) {
  test(`${method} ${path} ${JSON.stringify(body)} is refused and takes no row away`, async () => {
    const headers = { ...ann, prefer: 'resolution=merge-duplicates' }
    const answer = await ask(`${served.url}/rest/v1${path}`, {
      method,
      headers: path.includes('on_conflict') ? headers : ann,
      body: JSON.stringify(body),
    })
    assert.equal(answer.status, 409, answer.text)
    const rows = await ask(`${served.url}/rest/v1/notes?select=id,owner&order=id`, { headers: as(served.keys.service) })
    assert.deepEqual(rows.json, [
      { id: 1, owner: 'bob' },
      { id: 2, owner: 'bob' },
      { id: 3, owner: 'ann' },
    ])
  })
}

test('text that is no JSON stays one value', async () => {
  const answer = await ask(`${served.url}/rest/v1/papers?select=id,body`, { headers: ann })
  assert.deepEqual(answer.json, [
    { id: 1, body: { a: 1 } },
    { id: 2, body: '1,"admin":true' },
  ])
})

for (const query of ['body->>a=eq.1', 'body=cs.%7B"a":1%7D', 'labels=cs.%7Bx%7D', 'order=body->a&id=eq.1']) {
  test(`nor does ${query} stumble over it`, async () => {
    const answer = await ask(`${served.url}/rest/v1/papers?select=id&${query}`, { headers: ann })
    assert.deepEqual([answer.status, answer.json], [200, [{ id: 1 }]], answer.text)
  })
}
