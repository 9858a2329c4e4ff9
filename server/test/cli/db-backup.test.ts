/** `pilar db backup`, `restore` and `reset`, beside a running server and without one. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Pilar, type Started, started } from './process.ts'
import { projectOf, run } from './project.ts'

const SCHEMA = `import { c, schema, table } from 'pilar'
export default schema({ posts: table({ id: c.integer().identity().primaryKey(), title: c.text() }) })
`
const SEED = `export default async ({ upsert }) => { await upsert('posts', [{ id: 1, title: 'seeded' }]) }`

const titles = async ({ url, keys }: Started) => {
  const answer = await fetch(`${url}/rest/v1/posts?select=title&order=id`, { headers: { apikey: keys.secret } })
  return ((await answer.json()) as { title: string }[]).map(({ title }) => title)
}
const add = ({ url, keys }: Started, title: string) =>
  fetch(`${url}/rest/v1/posts`, {
    ...{ method: 'POST', body: JSON.stringify({ title }) },
    headers: { apikey: keys.secret, 'content-type': 'application/json' },
  })
const backups = (cwd: string) => readdirSync(join(cwd, '.pilar/backups')).toSorted()

test('a backup is saved and put back while the server runs; what was there before is kept', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA, 'seed.ts': SEED })
  const server = new Pilar(['start', '--json', '--port', '0'], { cwd })
  t.after(() => server.stop())
  const store = await started(server)
  const saved = await run(cwd, ['db', 'backup', '--json'])
  const { file, bytes, sha256 } = JSON.parse(saved.out)
  assert.match(file, /\/\.pilar\/backups\/\d{8}-\d{6}\.db$/)
  const content = readFileSync(file)
  assert.deepEqual([bytes, sha256], [content.length, createHash('sha256').update(content).digest('hex')])
  const named = await run(cwd, ['db', 'backup', 'mine.db'])
  assert.match(named.out, new RegExp(`^${join(cwd, 'mine.db')}: \\d+ bytes, sha256 [0-9a-f]{64}\\n$`))

  await add(store, 'later')
  const asked = await run(cwd, ['db', 'restore', file])
  assert.deepEqual([asked.code, await titles(store)], [1, ['seeded', 'later']])
  assert.match(
    asked.err,
    /^This replaces .*\/data\.db: 1 table \(posts\), \d+ bytes, last changed .*\nby .*: 1 table \(posts\)/,
  )
  const restored = await run(cwd, ['db', 'restore', file, '--yes', '--json'])
  const before = JSON.parse(restored.out).saved
  assert.deepEqual(await titles(store), ['seeded'])
  await run(cwd, ['db', 'restore', before, '--yes'])
  assert.deepEqual(await titles(store), ['seeded', 'later'], 'and back again')
})

test('a damaged or wrong file is refused before anything is touched', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA, 'seed.ts': SEED })
  await run(cwd, ['db', 'seed'])
  await run(cwd, ['db', 'backup', 'good.db'])
  writeFileSync(join(cwd, 'text.db'), 'hello')
  writeFileSync(join(cwd, 'cut.db'), readFileSync(join(cwd, 'good.db')))
  truncateSync(join(cwd, 'cut.db'), 8192)
  for (const file of ['text.db', 'cut.db']) {
    const { code, err } = await run(cwd, ['db', 'restore', file, '--yes'])
    assert.equal(code, 1)
    assert.match(err, /the database file is corrupt: /)
  }
  assert.match((await run(cwd, ['db', 'restore', 'none.db', '--yes'])).err, /^pilar: there is no file .*none\.db$/m)
  const { out } = await run(cwd, ['db', 'shell', '--json', '-c', 'select title from posts'])
  assert.deepEqual(JSON.parse(out), [{ title: 'seeded' }])
})

test('reset begins again while the server runs, keeps what was there, and does nothing when the seed fails', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA, 'seed.ts': SEED })
  const server = new Pilar(['start', '--json', '--port', '0'], { cwd })
  t.after(() => server.stop())
  const store = await started(server)
  await add(store, 'mine')
  writeFileSync(join(cwd, 'seed.ts'), "export default async () => { throw new Error('no') }")
  assert.match((await run(cwd, ['db', 'reset', '--yes'])).err, /^pilar: seed\.ts failed: no$/m)
  assert.deepEqual(await titles(store), ['seeded', 'mine'])
  writeFileSync(join(cwd, 'seed.ts'), SEED)
  assert.equal((await run(cwd, ['db', 'reset'])).code, 1, 'nobody said yes')
  const reset = await run(cwd, ['db', 'reset', '--yes', '--json'])
  assert.equal(reset.code, 0, reset.err)
  assert.deepEqual(JSON.parse(reset.out), { rows: 1, saved: join(cwd, '.pilar/backups', backups(cwd).at(-1) ?? '') })
  assert.deepEqual(await titles(store), ['seeded'])
  await add(store, 'again')
  assert.match((await run(cwd, ['db', 'reset', '--yes', '--no-seed'])).out, /^Begun again\. What was there before: /)
  assert.deepEqual(await titles(store), [])
  assert.deepEqual(
    readdirSync(join(cwd, '.pilar')).filter((name) => name.startsWith('reset-')),
    [],
  )
})

test('a database that is named by its URL is not emptied by the way', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA, 'seed.ts': SEED })
  const env = { DATABASE_URL: 'sqlite:other.sqlite' }
  await run(cwd, ['db', 'seed'], { env })
  const refusal = await run(cwd, ['db', 'reset', '--yes'], { env })
  assert.equal(
    refusal.err,
    'pilar: this is not the embedded database: reset empties it only when you name it and say yes\nhint: pilar db reset --database sqlite:FILE --yes\n',
  )
  assert.equal(refusal.code, 2)
  const meant = await run(cwd, ['db', 'reset', '--yes', '--database', 'sqlite:other.sqlite'])
  assert.match(meant.out, /^Begun again with 1 row\. What was there before: /)
})
