/** seed.ts: run once on a new database, again by `pilar db seed`, and what becomes of one that did not end. */
import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { hasNoRows, runSeed } from '../../src/cli/seed.ts'
import { c, type Seed, schema, table } from '../../src/index.ts'
import { startServer } from '../support/server.ts'
import { Pilar, started } from './process.ts'
import { projectOf, run } from './project.ts'

const SCHEMA = `import { c, schema, table } from 'pilar'
export default schema({
  posts: table({
    id: c.integer().identity().primaryKey(),
    slug: c.text().unique(),
    title: c.text().default("'none'"),
    views: c.integer().default('0'),
  }),
  words: table({ word: c.text() }),
  'audit.entries': table({ id: c.integer().primaryKey(), what: c.text() }),
}, { schemas: ['public', 'audit'] })
`
const seed = (body: string) => `import type { Seed } from 'pilar'
export default (async ({ insert, upsert, random }) => { void random; ${body} }) satisfies Seed
`
const UPSERTS = `await upsert('posts', [{ slug: 'a', title: 'A' }, { slug: 'b' }], { on: ['slug'] })
await upsert('audit.entries', [{ id: 1, what: 'x' }])`

const ask = async (cwd: string, sql: string) => {
  const { out, err, code } = await run(cwd, ['db', 'shell', '--json', '-c', sql])
  assert.equal(code, 0, err)
  return JSON.parse(out)
}
const change = async (cwd: string, sql: string) => {
  const { err, code } = await run(cwd, ['db', 'shell', '--write', '-c', sql])
  assert.equal(code, 0, err)
}
const titles = (cwd: string) => ask(cwd, 'select slug, title, views from posts order by id')

test('upserts may be run again and again: what is given is set, the rest stays, nothing comes twice', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA, 'seed.ts': seed(UPSERTS) })
  assert.equal((await run(cwd, ['db', 'seed'])).out, 'seed.ts wrote 3 rows.\n')
  const first = [
    { slug: 'a', title: 'A', views: '0' },
    { slug: 'b', title: 'none', views: '0' },
  ]
  assert.deepEqual(await titles(cwd), first)
  assert.deepEqual(JSON.parse((await run(cwd, ['db', 'seed', '--json'])).out), { rows: 3 })
  assert.deepEqual(await titles(cwd), first)
  await change(cwd, 'update posts set title = \'mine\', views = 7; delete from "audit.entries"')
  await run(cwd, ['db', 'seed'])
  assert.deepEqual(await titles(cwd), [
    { slug: 'a', title: 'A', views: '7' },
    { slug: 'b', title: 'mine', views: '7' },
  ])
  assert.deepEqual(await ask(cwd, 'select count(*) as n from "audit.entries"'), [{ n: '1' }])
})

test('mistakes in seed.ts are told with the remedy', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA })
  const missing = await run(cwd, ['db', 'seed'])
  assert.deepEqual(
    missing.err,
    `pilar: there is no seed.ts in ${cwd}\nhint: It exports a function: export default async ({ upsert }) => { … }\n`,
  )
  writeFileSync(join(cwd, 'seed.ts'), seed("throw new Error('mine')"))
  const thrown = await run(cwd, ['db', 'seed'])
  assert.equal(thrown.code, 1)
  assert.ok(thrown.err.includes(`pilar: seed.ts failed: mine\n  at file://${join(cwd, 'seed.ts')}:2:`), thrown.err)
  writeFileSync(
    join(cwd, 'seed.ts'),
    seed("await insert('words', [{ word: 'a' }]); await insert('words', [{ word: 'b' }])"),
  )
  assert.equal((await run(cwd, ['db', 'seed'])).out, 'seed.ts wrote 2 rows.\n')
  assert.equal(
    (await run(cwd, ['db', 'seed'])).err,
    'pilar: seed.ts inserts into words, which has rows\nhint: Use upsert in seed.ts, so that it can be run again, or start over: pilar db reset.\n',
  )
})

test('rows that upsert can not know again, and rows that break a rule, are told before or by the database', async (t) => {
  const definition = schema({
    posts: table({ id: c.integer().identity().primaryKey(), slug: c.text().unique(), title: c.text().nullable() }),
    words: table({ word: c.text() }),
  })
  const { app, close } = await startServer({ schema: definition })
  t.after(close)
  const example = (name: string) =>
    `name other columns that are unique together: upsert('${name}', rows, { on: ['…'] })`
  const cases: readonly (readonly [seed: Seed, message: string, hint: string | null])[] = [
    [
      ({ upsert }) => upsert('posts', [{ id: 1, slug: 'a' }, { slug: 'b' }]),
      'seed.ts: row 2 for posts gives no id, by which upsert would know it again',
      `Give it, or ${example('posts')}`,
    ],
    [
      ({ upsert }) => upsert('words', [{ word: 'a' }]),
      'seed.ts: words has no primary key to tell its rows apart',
      `Name columns that are unique together: upsert('words', rows, { on: ['…'] })`,
    ],
    [
      ({ upsert }) => upsert('posts', [{ slug: 'a' }], { on: ['title'] }),
      'seed.ts: row 1 for posts gives no title, by which upsert would know it again',
      'Give it.',
    ],
    [
      ({ upsert }) => upsert('posts', [{ slug: 'a', title: 'A' }], { on: ['title'] }),
      'seed.ts could not write into posts: there is no unique or exclusion constraint matching the ON CONFLICT specification',
      null,
    ],
    [
      ({ insert }) => insert('posts', [{ slug: null }]),
      'seed.ts could not write into posts: null value in column "slug" of relation "posts" violates not-null constraint',
      null,
    ],
  ]
  for (const [body, message, hint] of cases) {
    await assert.rejects(() => runSeed(app, body, { fresh: true }), { name: 'PilarError', message, hint })
  }
  assert.equal(await hasNoRows(app), true)
})

test('a first seed that was killed or failed is begun again by the next start, and what it had written is kept', async (t) => {
  const hang = seed(
    "await insert('posts', [{ slug: 'half' }]); await new Promise((resolve) => setTimeout(resolve, 60_000))",
  )
  const cwd = projectOf(t, { 'schema.ts': SCHEMA, 'seed.ts': hang })
  const killed = new Pilar(['start', '--json', '--port', '0'], { cwd })
  await killed.until(() => killed.err.includes('running seed.ts'))
  await new Promise((resolve) => setTimeout(resolve, 300))
  await killed.stop('SIGKILL')
  writeFileSync(join(cwd, 'seed.ts'), seed("await insert('posts', [{ slug: 'half' }]); throw new Error('no')"))
  const failed = await run(cwd, ['start', '--json', '--port', '0'])
  assert.equal(failed.code, 1)
  assert.match(
    failed.err,
    /^The first seed did not end the last time: beginning again\. What it had written is in .*unfinished-.*\.db\.$/m,
  )
  assert.match(failed.err, /^Seeding stopped half-way\. The next start begins it again\.$/m)
  writeFileSync(join(cwd, 'seed.ts'), seed(UPSERTS))
  const server = new Pilar(['start', '--json', '--port', '0'], { cwd })
  t.after(() => server.stop())
  await started(server)
  assert.deepEqual(await ask(cwd, 'select slug from posts'), [{ slug: 'a' }, { slug: 'b' }])
  assert.equal(
    readdirSync(join(cwd, '.pilar/backups')).filter((name) => name.startsWith('unfinished-')).length >= 1,
    true,
  )
  assert.equal(
    readdirSync(join(cwd, '.pilar')).some((name) => name.includes('seeding')),
    false,
  )
})

test('an unfinished seed of one database is no reason to touch another one', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA, 'seed.ts': seed(UPSERTS) })
  await run(cwd, ['db', 'seed'])
  await change(cwd, "insert into posts(slug) values ('mine')")
  writeFileSync(join(cwd, 'seed.ts'), seed("throw new Error('no')"))
  assert.equal((await run(cwd, ['start', '--port', '0', '--database', 'sqlite:other.sqlite'])).code, 1)
  assert.deepEqual(
    readdirSync(cwd).filter((name) => name.endsWith('.seeding')),
    ['other.sqlite.seeding'],
  )
  const server = new Pilar(['start', '--json', '--port', '0'], { cwd })
  t.after(() => server.stop())
  await started(server)
  assert.deepEqual((await titles(cwd)).length, 3)
})

test('a database that somebody else filled in the meantime is served as it is', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA, 'seed.ts': seed("throw new Error('no')") })
  assert.equal((await run(cwd, ['start', '--json', '--port', '0'])).code, 1)
  writeFileSync(join(cwd, 'seed.ts'), seed(UPSERTS))
  await run(cwd, ['db', 'seed'])
  await change(cwd, "insert into posts(slug) values ('mine')")
  const server = new Pilar(['start', '--json', '--port', '0'], { cwd })
  t.after(() => server.stop())
  await started(server)
  assert.deepEqual((await titles(cwd)).length, 3)
  assert.doesNotMatch(server.err, /seed/i)
})

test('of four starts at once one fills the database, and all serve the same rows', async (t) => {
  const slow = `await insert('posts', [{ slug: 'a' }]); await new Promise((resolve) => setTimeout(resolve, 300)); await insert('words', [{ word: 'b' }])`
  const cwd = projectOf(t, { 'schema.ts': SCHEMA, 'seed.ts': seed(slow) })
  const all = [1, 2, 3, 4].map(() => new Pilar(['start', '--json', '--port', '0'], { cwd }))
  t.after(() => Promise.all(all.map((each) => each.stop('SIGKILL'))))
  const counts = await Promise.all(
    all.map(async (each) => {
      const { url, keys } = await started(each)
      const rows = async (table: string) =>
        (await (
          await fetch(`${url}/rest/v1/${table}`, { headers: { apikey: keys.secret } })
        ).json()) as readonly unknown[]
      return [(await rows('posts')).length, (await rows('words')).length]
    }),
  )
  assert.deepEqual(counts, [
    [1, 1],
    [1, 1],
    [1, 1],
    [1, 1],
  ])
  assert.equal(all.filter((each) => each.err.includes('running seed.ts')).length, 1)
})
