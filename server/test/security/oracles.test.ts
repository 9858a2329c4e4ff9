/** What an error, a header or a member of an answer may tell of rows, tables and columns that its reader must not know (Z05, Z07, Z09). */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { c, schema, table } from '../../src/index.ts'
import { type Answer, as, ask } from '../support/http.ts'
import { type Served, startServer } from '../support/server.ts'
import { startWorld, type World } from '../support/world.ts'

const all = { all: { public: 'true' } }

const definition = schema({
  owners: table({ id: c.integer().primaryKey(), name: c.text() }).policies(all),
  // Nobody but service_role knows of it.
  zq_secrets: table({ id: c.integer().primaryKey(), owner_id: c.integer().references('owners.id') }),
  required: table({ id: c.integer().identity().primaryKey(), title: c.text(), zq_code: c.text() })
    .hidden({ anon: ['zq_code'] })
    .policies(all),
  unique: table({ id: c.integer().identity().primaryKey(), title: c.text(), zq_key: c.text().default("'guess'") })
    .unique('zq_key', 'title')
    .hidden({ anon: ['zq_key'] })
    .policies(all),
  referring: table({
    id: c.integer().identity().primaryKey(),
    title: c.text(),
    zq_ref: c.integer().default('77').references('zq_secrets.id'),
  })
    .hidden({ anon: ['zq_ref'] })
    .policies(all),
  checked: table({
    id: c.integer().identity().primaryKey(),
    title: c.text(),
    zq_state: c.text().default("'bad'").check("zq_state <> 'bad'"),
  })
    .hidden({ anon: ['zq_state'] })
    .policies(all),
  numbered: table({ zq_key: c.integer().identity().primaryKey(), title: c.text() })
    .hidden({ anon: ['zq_key'] })
    .policies(all),
  opened: table({ id: c.integer().primaryKey(), plan: c.text().default("'free'") }, { open: true })
    .hidden({ anon: ['plan'] })
    .policies(all),
})

let served: Served
let world: World
before(async () => {
  served = await startServer({ schema: definition })
  world = await startWorld()
  await send('service', 'POST', '/owners', { id: 1, name: 'x' })
  await send('service', 'POST', '/zq_secrets', { id: 5, owner_id: 1 })
})
after(async () => {
  await served?.close()
  await world?.close()
})

type Who = 'anon' | 'service'

function send(who: Who, method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  return ask(`${served.url}/rest/v1${path}`, { method, headers: { ...as(served.keys[who]), ...headers }, body: text })
}

const messageOf = (answer: Answer): unknown => (answer.json as { message: string }).message

describe("a constraint's error names nothing hidden", () => {
  const cases: readonly (readonly [string, string, string, object | undefined, string])[] = [
    ['a table that refers', 'DELETE', '/owners?id=eq.1', undefined, '23503'],
    ['a table that refers to a key that moves', 'PATCH', '/owners?id=eq.1', { id: 2 }, '23503'],
    ['a required column', 'POST', '/required', { title: 'x' }, '23502'],
    ['a foreign key', 'POST', '/referring', { title: 'x' }, '23503'],
    ['a check', 'POST', '/checked', { title: 'x' }, '23514'],
  ]
  for (const [what, method, path, body, code] of cases) {
    test(what, async () => {
      const answer = await send('anon', method, path, body)
      assert.equal((answer.json as { code: string }).code, code, answer.text)
      assert.doesNotMatch(answer.text, /zq_/)
      const known = await send('service', method, path, body)
      assert.match(known.text, /zq_/)
    })
  }

  test('a unique key, nor its value where the caller guessed it', async () => {
    assert.equal((await send('anon', 'POST', '/unique', { title: 'guess' })).status, 201)
    const answer = await send('anon', 'POST', '/unique', { title: 'guess' })
    assert.equal(answer.status, 409)
    assert.equal(messageOf(answer), 'duplicate key value violates a unique constraint of table "unique"')
    assert.doesNotMatch(answer.text, /zq_|guess/)
  })

  test('visible ones keep their names', async () => {
    const answer = await send('anon', 'POST', '/owners', { id: 1, name: 'y' })
    assert.equal(messageOf(answer), 'duplicate key value violates unique constraint "owners_pkey"')
  })
})

test('Location does not hold a hidden key', async () => {
  const answer = await send('anon', 'POST', '/numbered', { title: 'x' }, { prefer: 'return=headers-only' })
  assert.equal(answer.status, 201, answer.text)
  assert.doesNotMatch(String(answer.headers.location), /zq_/)
})

test('Location needs the right to read, as a representation does', async () => {
  const answer = await ask(`${world.rest}/reports`, {
    method: 'POST',
    headers: { ...world.as.ann, prefer: 'return=headers-only' },
    body: JSON.stringify({ id: 20, reason: 'x' }),
  })
  assert.deepEqual([answer.status, answer.headers.location], [403, undefined])
})

test('an undeclared key can not pass for a hidden column', async () => {
  assert.equal((await send('anon', 'POST', '/opened', { id: 1, plan: 'paid', other: 1 })).status, 201)
  const own = await send('anon', 'GET', '/opened?plan=eq.paid')
  assert.deepEqual(own.json, [{ id: 1, other: 1, plan: 'paid' }], 'for its writer it is as good as any other key')
  const known = await send('service', 'GET', '/opened')
  assert.equal(known.text, '[{"id":1,"plan":"free","other":1}]')
  assert.deepEqual((await send('service', 'GET', '/opened?plan=eq.paid')).json, [])
})

test('a path that can not be decoded is refused in our form', async () => {
  for (const path of ['%zz', '%ff%fe']) {
    const answer = await send('anon', 'GET', `/${path}`)
    assert.deepEqual([answer.status, answer.headers['x-content-type-options']], [400, 'nosniff'])
    assert.deepEqual(Object.keys(answer.json as object), ['code', 'message', 'details', 'hint'])
  }
})

describe('an error of a filter does not depend on hidden rows', () => {
  // Comment 2 is there, under a draft of somebody else; comment 99 is not.
  const filters = ['body=match.%5B', 'body=imatch.%5B', 'body=match(any).%7B%5B%7D', 'body=not.match.%5B']
  const guesses = ['and=(body.like.HIDDEN*,body.match."%5B")', 'or=(body.eq.x,body.imatch."(")']
  for (const filter of [...filters, ...guesses]) {
    test(filter, async () => {
      const [hidden, missing] = await Promise.all(
        [2, 99].map((id) => ask(`${world.rest}/comments?id=eq.${id}&${filter}`, { headers: world.as.anon })),
      )
      assert.equal(missing?.status, 400)
      assert.equal(hidden?.text, missing?.text)
    })
  }
})
