/** What a start and `pilar dev` do to a database, and what they leave to a person. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { sleep, tempFolder } from '../support/temp.ts'
import { Pilar, started } from './process.ts'
import { run } from './run.ts'

const schemaOf = (columns: string, more = ''): string => `import { c, schema, table } from 'pilar'
export default schema({
  posts: table({ id: c.integer().identity().primaryKey(), ${columns} }).policies({ select: { public: 'true' } }),${more}
})
`
const POSTS = schemaOf('title: c.text(), note: c.text().nullable()')
const FEWER = schemaOf('title: c.text()')
const RENAMED = schemaOf('headline: c.text().nullable(), note: c.text().nullable()')

function project(t: TestContext, schema: string): string {
  const folder = tempFolder()
  t.after(folder.remove)
  writeFileSync(join(folder.path, 'schema.ts'), schema)
  return folder.path
}

function pilar(t: TestContext, args: readonly string[], cwd: string): Pilar {
  const process = new Pilar(args, { cwd })
  t.after(() => process.stop('SIGKILL'))
  return process
}

function sql(cwd: string, text: string): readonly object[] {
  const database = new DatabaseSync(join(cwd, '.pilar/data.db'))
  try {
    return database
      .prepare(text)
      .all()
      .map((row) => ({ ...row }))
  } finally {
    database.close()
  }
}

const steps = (cwd: string) => sql(cwd, 'SELECT id, kind, name FROM "pilar.migrations"')

async function startOnce(t: TestContext, cwd: string): Promise<Pilar> {
  const process = pilar(t, ['start', '--port', '0', '--json'], cwd)
  await started(process)
  await process.stop()
  return process
}

test('a start makes what schema.ts adds, notes it, and the next one finds nothing to do', async (t) => {
  const cwd = project(t, FEWER)
  await startOnce(t, cwd)
  assert.deepEqual(steps(cwd), [{ id: 1, kind: 'apply', name: null }])
  await startOnce(t, cwd)
  assert.equal(steps(cwd).length, 1)
  writeFileSync(join(cwd, 'schema.ts'), POSTS)
  const { err } = await startOnce(t, cwd)
  assert.match(err, /^The database was changed:\n {2}adds the column "note"/m)
  assert.equal(steps(cwd).length, 2)
})

test('a start leaves what removes something to a person, with the plan', async (t) => {
  const cwd = project(t, POSTS)
  await startOnce(t, cwd)
  writeFileSync(join(cwd, 'schema.ts'), FEWER)
  const process = pilar(t, ['start', '--port', '0'], cwd)
  assert.deepEqual(await process.ended, { code: 1, signal: null })
  assert.equal(
    process.err,
    [
      'pilar: the database differs from schema.ts, and nothing was changed:',
      '  keeps the column "note" of posts out of sight as retired; its values stay (retires)',
      'hint: Review it: pilar migrate plan. Then let it happen: pilar migrate apply. Or change schema.ts to what the database has.',
      '',
    ].join('\n'),
  )
  assert.equal(steps(cwd).length, 1)
})

test('four processes that start together make everything once', async (t) => {
  const cwd = project(t, POSTS)
  const all = Array.from({ length: 4 }, () => pilar(t, ['start', '--port', '0', '--json'], cwd))
  const served = await Promise.all(all.map(started))
  assert.deepEqual(
    served.map(({ tables }) => tables),
    Array(4).fill(['public.posts']),
  )
  assert.deepEqual(steps(cwd), [{ id: 1, kind: 'apply', name: null }])
  for (const process of all) await process.stop()
})

test('dev takes away what is removed after a backup, and says so', async (t) => {
  const cwd = project(t, POSTS)
  const dev = pilar(t, ['dev', '--port', '0'], cwd)
  await dev.until(() => dev.out.includes('Ctrl-C'))
  sql(cwd, "INSERT INTO posts (title, note) VALUES ('a', 'kept')")
  writeFileSync(join(cwd, 'schema.ts'), FEWER)
  await dev.until(() => dev.err.includes('now serving the new version'))
  assert.match(dev.err, /^A backup of the database as it was: .*before-\d{8}T\d{9}Z\.db$/m)
  assert.match(
    dev.err,
    /^The database was changed:\n {2}keeps the column "note" of posts out of sight as retired; its values stay$/m,
  )
  assert.equal(readdirSync(join(cwd, '.pilar/backups')).length, 1)
  writeFileSync(join(cwd, 'schema.ts'), POSTS)
  await dev.until(() => dev.err.split('now serving the new version').length === 3)
  assert.deepEqual(sql(cwd, 'SELECT title, note FROM posts'), [{ title: 'a', note: 'kept' }])
})

test('dev asks about a probable rename; saving once more means that it is none', async (t) => {
  const cwd = project(t, POSTS)
  const dev = pilar(t, ['dev', '--port', '0'], cwd)
  await dev.until(() => dev.out.includes('Ctrl-C'))
  writeFileSync(join(cwd, 'schema.ts'), RENAMED)
  await dev.until(() => dev.err.includes('Still serving the version before.'))
  assert.match(dev.err, /^this looks like a rename, and nothing was changed yet:$/m)
  assert.match(dev.err, /\.was\('title'\)/)
  assert.equal(steps(cwd).length, 1)
  // Sooner it would be taken for the same save.
  await sleep(1100)
  writeFileSync(join(cwd, 'schema.ts'), RENAMED)
  await dev.until(() => dev.err.includes('now serving the new version'))
  assert.equal(steps(cwd).length, 2)
})

test('dev lists the rows that stand against a change, and serves on', async (t) => {
  const cwd = project(t, POSTS)
  const dev = pilar(t, ['dev', '--port', '0'], cwd)
  await dev.until(() => dev.out.includes('Ctrl-C'))
  sql(cwd, "INSERT INTO posts (title) VALUES ('a'), ('b')")
  writeFileSync(join(cwd, 'schema.ts'), schemaOf('title: c.text(), note: c.text()'))
  await dev.until(() => dev.err.includes('Still serving the version before.'))
  assert.match(dev.err, /refused: 2 rows/)
  assert.match(dev.err, /^hint: Change these rows, or say in schema\.ts what becomes of them/m)
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(dev.out)?.[0]
  assert.deepEqual(await (await fetch(`${url}/rest/v1/posts?select=title`)).json(), [{ title: 'a' }, { title: 'b' }])
})

test('a database that a later Pilar has written is not touched', async (t) => {
  const cwd = project(t, POSTS)
  await startOnce(t, cwd)
  sql(cwd, 'ALTER TABLE "pilar.migrations" ADD COLUMN later TEXT')
  const before = readFileSync(join(cwd, '.pilar/data.db'))
  const process = pilar(t, ['start', '--port', '0'], cwd)
  assert.deepEqual(await process.ended, { code: 1, signal: null })
  assert.match(process.err, /^pilar: .*later version/)
  assert.ok(readFileSync(join(cwd, '.pilar/data.db')).equals(before))
})

test('a start leaves undone what a person has undone, with and without files', async (t) => {
  for (const withFiles of [true, false]) {
    const cwd = project(t, FEWER)
    const migrate = (...args: readonly string[]) => run(['migrate', ...args], { cwd })
    if (withFiles) await migrate('new')
    await startOnce(t, cwd)
    writeFileSync(join(cwd, 'schema.ts'), POSTS)
    if (withFiles) await migrate('new', 'notes')
    await startOnce(t, cwd)
    sql(cwd, "INSERT INTO posts (title, note) VALUES ('a', 'kept')")
    await migrate('undo', '--yes')
    const refused = pilar(t, ['start', '--port', '0'], cwd)
    assert.deepEqual(await refused.ended, { code: 1, signal: null })
    assert.equal(
      refused.err,
      [
        'pilar: the database differs from schema.ts, and nothing was changed:',
        '  brings back the retired column "note" of posts with its values',
        'hint: This was undone here. To have it again: pilar migrate apply. Else change schema.ts to what the database has.',
        '',
      ].join('\n'),
    )
    writeFileSync(join(cwd, 'schema.ts'), FEWER)
    const { err } = await startOnce(t, cwd)
    assert.equal(err, withFiles ? '0002_notes: undone here, and left so. To have it again: pilar migrate apply\n' : '')
    writeFileSync(join(cwd, 'schema.ts'), POSTS)
    assert.equal((await migrate('apply', '--yes')).code, 0)
    assert.deepEqual(sql(cwd, 'SELECT note FROM posts'), [{ note: 'kept' }])
  }
})
