import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { tempFolder } from '../support/temp.ts'
import { Pilar, started } from './process.ts'

const SCHEMA = `import { c, schema, table } from 'pilar'
export default schema({
  posts: table({ id: c.integer().identity().primaryKey(), title: c.text() }).policies({ select: { public: 'true' } }),
  drafts: table({ id: c.integer().identity().primaryKey() }),
})
`

function project(t: { after: (fn: () => void) => void }, schema = SCHEMA): string {
  const folder = tempFolder()
  t.after(folder.remove)
  writeFileSync(join(folder.path, 'schema.ts'), schema)
  return folder.path
}

test('start prints URLs, keys, and three commands that work as pasted; Ctrl-C ends it with 0', async (t) => {
  const cwd = project(t)
  const pilar = new Pilar(['start', '--port', '0'], { cwd })
  t.after(() => pilar.stop('SIGKILL'))
  await pilar.until(() => pilar.out.includes('Ctrl-C'))
  assert.match(pilar.out, /API +http:\/\/127\.0\.0\.1:\d+\/rest\/v1/)
  for (const key of ['publishable', 'anon', 'secret', 'service_role'])
    assert.match(pilar.out, new RegExp(`${key} +\\S{20,}`))
  const commands = pilar.out.split('\n').filter((line) => /^ +curl /.test(line))
  assert.equal(commands.length, 3)
  const answers = commands.map((command) => execFileSync('sh', ['-c', `${command} -sS --fail`], { encoding: 'utf8' }))
  assert.equal(answers[0], '[]')
  assert.match(answers[2] ?? '', /content-range: \*\/0/i)
  assert.equal(statSync(join(cwd, '.pilar/secret')).mode & 0o777, 0o600)
  pilar.child.kill('SIGINT') // as npm does besides the terminal
  assert.deepEqual(await pilar.stop('SIGINT'), { code: 0, signal: null })
})

test('a project without policies is told that its tables are closed', async (t) => {
  const cwd = project(
    t,
    "import { c, schema, table } from 'pilar'\nexport default schema({ t: table({ id: c.integer().primaryKey() }) })",
  )
  const pilar = new Pilar(['start', '--port', '0'], { cwd })
  t.after(() => pilar.stop('SIGKILL'))
  await pilar.until(() => pilar.out.includes('Ctrl-C'))
  assert.match(pilar.out, /^There are no policies yet: every table is closed to all keys but the secret ones\.$/m)
})

test('a signal while schema.ts is loading ends it at once, and leaves no process behind', async (t) => {
  const cwd = project(
    t,
    "import { writeFileSync } from 'node:fs'\nwriteFileSync('pid', String(process.pid))\nfor (;;) {}",
  )
  const pidFile = join(cwd, 'pid')
  const pilar = new Pilar(['start', '--port', '0'], { cwd })
  t.after(() => pilar.stop('SIGKILL'))
  const pid = Number(await pilar.until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8')))
  assert.notEqual(pid, pilar.child.pid)
  assert.deepEqual(await pilar.stop('SIGTERM'), { code: 0, signal: null })
  assert.equal(pilar.out + pilar.err, '')
  const deadline = AbortSignal.timeout(5000)
  while (isAlive(pid)) {
    assert.ok(!deadline.aborted, 'the process that loads the schema is still there')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a taken port is one clear error that names port and remedy', async (t) => {
  const cwd = project(t)
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const address = other.address()
  assert.ok(address !== null && typeof address === 'object')
  const pilar = new Pilar(['start', '--port', String(address.port)], { cwd })
  assert.equal((await pilar.ended).code, 1)
  assert.match(pilar.err, new RegExp(`^pilar: port ${address.port} .*taken\\nhint: .*--port`, 'm'))
  assert.doesNotMatch(pilar.err, / at /)
})

test('PORT, HOST and --data are honoured; options win; SIGTERM ends it with 0', async (t) => {
  const cwd = project(t)
  const env = { PORT: '1', HOST: 'localhost', PILAR_DATA: 'from-env' }
  const pilar = new Pilar(['start', '--json', '--port', '0', '--data', 'elsewhere'], { cwd, env })
  t.after(() => pilar.stop('SIGKILL'))
  const { url, tables } = await started(pilar)
  assert.match(url, /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost):\d+$/)
  assert.deepEqual(tables, ['public.posts', 'public.drafts'])
  assert.ok(readFileSync(join(cwd, 'elsewhere/secret'), 'utf8').length > 32)
  assert.deepEqual(await pilar.stop('SIGTERM'), { code: 0, signal: null })
})

test('seed.ts runs once, on the new database only, and is the same every time', async (t) => {
  const cwd = project(t)
  writeFileSync(
    join(cwd, 'seed.ts'),
    `import type { Seed } from 'pilar'
export default (async ({ insert, random }) => {
  await insert('posts', Array.from({ length: 1200 }, () => ({ title: String(random()) })))
}) satisfies Seed
`,
  )
  const readTitles = async (data: string) => {
    const pilar = new Pilar(['start', '--json', '--port', '0', '--data', data], { cwd })
    try {
      const { url } = await started(pilar)
      const answer = await fetch(`${url}/rest/v1/posts?select=title&order=id&limit=2`, {
        headers: { prefer: 'count=exact' },
      })
      return [answer.headers.get('content-range'), await answer.text(), pilar.err.includes('seed.ts wrote 1,200 rows')]
    } finally {
      await pilar.stop()
    }
  }
  const [range, titles, seeded] = await readTitles('one')
  assert.equal(range, '0-1/1200')
  assert.equal(seeded, true)
  assert.deepEqual(await readTitles('one'), [range, titles, false])
  assert.deepEqual(await readTitles('two'), [range, titles, true])
})

test('an existing SQLite file is served closed, and stays as it is', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'old.sqlite')
  const database = new DatabaseSync(file)
  database.exec(
    'create table people (id integer primary key, name text); insert into people values (1, $$x$$)'.replaceAll(
      '$$',
      "'",
    ),
  )
  const before = database.prepare('select sql from sqlite_schema').all()
  database.close()
  const pilar = new Pilar(['start', '--json', '--port', '0', '--database', 'sqlite:old.sqlite'], { cwd: folder.path })
  t.after(() => pilar.stop('SIGKILL'))
  const { url, keys } = await started(pilar)
  assert.equal((await fetch(`${url}/rest/v1/people`)).status, 404)
  const answer = await fetch(`${url}/rest/v1/people`, { headers: { apikey: keys.secret } })
  assert.deepEqual(await answer.json(), [{ id: 1, name: 'x' }])
  assert.equal((await pilar.stop()).code, 0)
  const after = new DatabaseSync(file)
  t.after(() => after.close())
  assert.deepEqual(after.prepare('select sql from sqlite_schema').all(), before)
})

test('dev follows schema.ts, adds what is missing, and survives mistakes', async (t) => {
  const cwd = project(t)
  mkdirSync(join(cwd, 'functions'))
  const pilar = new Pilar(['dev', '--port', '0'], { cwd })
  t.after(() => pilar.stop('SIGKILL'))
  const url = await pilar.until(() => /http:\/\/127\.0\.0\.1:\d+/.exec(pilar.out)?.[0])
  await pilar.until(() => pilar.out.includes('Ctrl-C'))
  const status = async (table: string) => (await fetch(`${url}/rest/v1/${table}`)).status
  assert.equal(await status('notes'), 404)
  writeFileSync(
    join(cwd, 'schema.ts'),
    SCHEMA.replace(
      'drafts: table({',
      "notes: table({ id: c.integer().primaryKey() }).policies({ select: { public: 'true' } }),\n  drafts: table({",
    ),
  )
  await pilar.until(() => pilar.err.includes('now serving the new version'))
  assert.equal(await status('notes'), 200)
  writeFileSync(join(cwd, 'schema.ts'), SCHEMA.replace("'true'", "'titel'"))
  await pilar.until(() => /schema\.ts:3 {2}.*titel/.test(pilar.err))
  await pilar.until(() => pilar.err.includes('Still serving the version before'))
  assert.equal(await status('posts'), 200)
  writeFileSync(join(cwd, 'schema.ts'), 'export default {')
  await pilar.until(() => pilar.err.includes("can't be loaded"))
  assert.equal(await status('notes'), 200)
  assert.deepEqual(await pilar.stop('SIGINT'), { code: 0, signal: null })
})
