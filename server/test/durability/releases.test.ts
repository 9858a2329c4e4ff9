/** What a released version wrote opens in this one, with the same rows, and can be migrated: see ../fixtures/README.md. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { Pilar, type Started, started } from '../cli/process.ts'
import { DATA_FILE, ROWS_FILE, readRows, writeRows } from '../fixtures/rows.ts'
import { tempFolder } from '../support/temp.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url))

const stored = readdirSync(FIXTURES)
  .filter((name) => name.startsWith('data-'))
  .flatMap((release) => readdirSync(join(FIXTURES, release)).map((name) => join(FIXTURES, release, name)))

/** The project and its data directory, as copies. */
function unpack(fixture: string, t: TestContext): string {
  const folder = tempFolder()
  t.after(folder.remove)
  for (const file of ['schema.ts', 'seed.ts']) cpSync(join(fixture, file), join(folder.path, file))
  mkdirSync(join(folder.path, '.pilar'))
  writeFileSync(join(folder.path, '.pilar/data.db'), gunzipSync(readFileSync(join(fixture, DATA_FILE))))
  return folder.path
}

async function serving<Result>(
  cwd: string,
  env: NodeJS.ProcessEnv,
  body: (server: Started) => Promise<Result>,
): Promise<Result> {
  const pilar = new Pilar(['start', '--json', '--port', '0'], { cwd, env: { PILAR_LOG_LEVEL: 'error', ...env } })
  try {
    return await body(await started(pilar))
  } finally {
    await pilar.stop()
    assert.doesNotMatch(pilar.err, /seed/)
  }
}

const rowsOf = async ({ url, keys, tables }: Started) =>
  writeRows(await readRows({ url, key: keys.service_role, tables }))

test('every release has its data directories stored', () => {
  assert.deepEqual(
    stored.map((fixture) => fixture.slice(FIXTURES.length)),
    ['data-0.1/everything', 'data-0.1/store'],
  )
})

for (const fixture of stored) {
  const name = fixture.slice(FIXTURES.length)
  const expected = readFileSync(join(fixture, ROWS_FILE), 'utf8')

  test(`${name} has nothing to migrate, and serves the same rows`, async (t) => {
    const cwd = unpack(fixture, t)
    const plan = new Pilar(['migrate', 'plan'], { cwd })
    assert.deepEqual([(await plan.ended).code, plan.out], [0, 'Nothing to do: the database has what is declared.\n'])
    assert.equal(await serving(cwd, { PILAR_MIGRATE: 'off' }, rowsOf), expected)
    // And once more, after this version has had its way with it.
    await serving(cwd, {}, async () => {})
    assert.equal(await serving(cwd, { PILAR_MIGRATE: 'off' }, rowsOf), expected)
  })
}

test('a data directory of 0.1 takes a new column and a new table', async (t) => {
  const cwd = unpack(join(FIXTURES, 'data-0.1/everything'), t)
  const file = join(cwd, 'schema.ts')
  const before = readFileSync(file, 'utf8')
  const after = before
    .replace('sorted_name: c.text()', "rank: c.integer().default('5'),\n      sorted_name: c.text()")
    .replace('tags: table(', 'colours: table({ name: c.text().primaryKey() }),\n    tags: table(')
  assert.notEqual(after, before)
  writeFileSync(file, after)
  await serving(cwd, {}, async ({ url, keys, tables }) => {
    assert.ok(tables.includes('public.colours'))
    const headers = { apikey: keys.service_role }
    const answer = await fetch(`${url}/rest/v1/authors?select=full_name,rank,posts(title)&order=id`, { headers })
    assert.deepEqual(await answer.json(), [
      { full_name: 'Ada Ärmel', rank: 5, posts: [{ title: 'First' }, { title: 'Second' }] },
      { full_name: 'Ben Birch', rank: 5, posts: [{ title: 'Third' }] },
    ])
  })
})

for (const [change, unknown] of [
  ['ALTER TABLE "pilar.migrations" ADD COLUMN author TEXT', 'pilar.migrations.author'],
  ['CREATE TABLE "pilar.cells" (/*pilar:{"system":true}*/ "id" INT_INTEGER)', 'pilar.cells'],
] as const) {
  test(`a data directory of a later version is refused, and nothing is changed: ${unknown}`, async (t) => {
    const cwd = unpack(join(FIXTURES, 'data-0.1/everything'), t)
    const schema = join(cwd, 'schema.ts')
    writeFileSync(
      schema,
      readFileSync(schema, 'utf8').replace('tags: table(', 'colours: table({ a: c.text() }),\n    tags: table('),
    )
    await serving(cwd, {}, async () => {})
    const database = new DatabaseSync(join(cwd, '.pilar/data.db'), { defensive: false })
    database.exec(change)
    const objects = () => database.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all()
    const before = objects()
    for (const args of [
      ['start', '--port', '0'],
      ['migrate', 'plan'],
      ['migrate', 'apply', '--yes'],
      ['db', 'seed'],
    ]) {
      const pilar = new Pilar(args, { cwd })
      const { code } = await pilar.ended
      assert.equal(
        pilar.err,
        `pilar: the database was written by a later version of Pilar: this one does not know ${unknown}\n` +
          'hint: Use that version, or restore a backup from before it.\n',
      )
      assert.equal(code, 1)
    }
    assert.deepEqual(objects(), before)
    database.close()
  })
}

test('control: a row that differs in the file is found', async (t) => {
  const fixture = join(FIXTURES, 'data-0.1/everything')
  const cwd = unpack(fixture, t)
  const database = new DatabaseSync(join(cwd, '.pilar/data.db'))
  database.exec("UPDATE keyless SET weight = 0.25 WHERE word = 'b'")
  database.close()
  assert.notEqual(await serving(cwd, {}, rowsOf), readFileSync(join(fixture, ROWS_FILE), 'utf8'), basename(fixture))
})
