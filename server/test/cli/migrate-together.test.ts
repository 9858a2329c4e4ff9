/** Several processes and one database. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ID, Project, TITLE } from './migrate-project.ts'
import { Pilar, started } from './process.ts'
import { run } from './run.ts'

const SECRET = { PILAR_JWT_SECRET: 'a secret of forty characters, for tests.' }

/** A project whose table has this many rows. */
async function withRows(project: Project, rows: number): Promise<void> {
  await project.migrate('apply')
  project.sql(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
       insert into posts (id, title) select i, 'title ' || i from n`,
    'select count(*) from posts',
  )
}

test('four that apply together run everything once', async (t) => {
  const project = new Project(t)
  await project.migrate('new')
  project.declare(ID, TITLE, 'slug: c.text().default("\'none\'")')
  await project.migrate('new', 'slugs')
  const processes = [1, 2, 3, 4].map(() => new Pilar(['migrate', 'apply', '--yes', '--json'], { cwd: project.cwd }))
  const ends = await Promise.all(processes.map(({ ended }) => ended))
  assert.deepEqual(
    ends.map(({ code }) => code),
    [0, 0, 0, 0],
    processes.map(({ err }) => err).join('\n---\n'),
  )
  const applied = processes.flatMap(({ out }) => (JSON.parse(out) as { applied: string[] }).applied)
  assert.deepEqual(applied.sort(), ['0001_first_schema', '0002_slugs'])
  const { journal } = await project.json<{ journal: object[] }>('status')
  assert.equal(journal.length, 2)
})

const BEFORE = '[{"id":7,"title":"title 7"}]'
const AFTER = '[{"id":7,"headline":"title 7","words":14}]'

test('a server goes on while another process migrates its database, and then serves the new structure', async (t) => {
  const project = new Project(t)
  await withRows(project, 20_000)
  const server = new Pilar(['start', '--port', '0', '--json'], { cwd: project.cwd, env: SECRET })
  t.after(() => server.stop())
  const { url, keys } = await started(server)
  const ask = async (path: string) => {
    const reply = await fetch(`${url}/rest/v1/${path}`, { headers: { apikey: keys.anon } })
    return { status: reply.status, body: (await reply.json()) as unknown }
  }
  assert.deepEqual(await ask('posts?id=eq.7'), { status: 200, body: [{ id: 7, title: 'title 7' }] })
  project.declare(ID, "headline: c.text().was('title').using('upper(headline)')", "words: c.integer().using('id * 2')")
  let done = false
  const failed: unknown[] = []
  const seen = new Set<string>()
  const asking = (async () => {
    while (!done) {
      const { status, body } = await ask('posts?id=eq.7')
      const text = JSON.stringify(body)
      seen.add(text)
      const isOne = text === BEFORE || text === AFTER
      if (status !== 200 || !isOne) failed.push([status, body])
    }
  })()
  const migrating = new Pilar(['migrate', 'apply', '--yes'], { cwd: project.cwd })
  const { code } = await migrating.ended
  await server.until(() => seen.size > 1 || failed.length > 0)
  done = true
  await asking
  assert.equal(code, 0, migrating.err)
  assert.deepEqual(failed, [])
  assert.deepEqual([...seen], [BEFORE, AFTER], 'it was asked before and after, and never after that before')
})

test('a start applies the files that are pending', async (t) => {
  const project = new Project(t)
  await project.migrate('new')
  project.declare(ID)
  await project.migrate('new', 'less')
  const server = new Pilar(['start', '--port', '0', '--json'], { cwd: project.cwd, env: SECRET })
  await started(server)
  await server.stop()
  assert.match(
    (await project.migrate('status')).out,
    /^Files\n {2}0001_first_schema {2}applied\n {2}0002_less {10}applied/,
  )
})

test('Ctrl-C while rows are copied cancels: nothing has changed, and the next run does it', async (t) => {
  const project = new Project(t)
  await withRows(project, 100_000)
  project.declare(ID, 'title: c.varchar(100).using("upper(title)")')
  const stop = Promise.withResolvers<string>()
  const shown: string[] = []
  const terminal = {
    ask: async () => 'y',
    keys: () => () => {},
    overwrite: (line: string) => {
      shown.push(line)
      if (line.startsWith('copying')) stop.resolve('SIGINT')
    },
  }
  const cancelled = await run(['migrate', 'apply', '--pace', '0.1'], {
    ...{ cwd: project.cwd, terminal, untilStopped: () => stop.promise },
  })
  assert.deepEqual(
    [cancelled.code, cancelled.err.split('\n').at(-1)],
    [1, 'Cancelled: what was not finished has not happened.'],
  )
  assert.match(shown[0] ?? '', /^copying posts/)
  assert.deepEqual(project.sql('select title from posts where id = 1'), [{ title: 'title 1' }])
  assert.match((await project.migrate('status')).out, /^Journal\n {2}1 {2}apply [^\n]*$/)
  assert.equal((await project.migrate('apply', '--yes')).code, 0)
  assert.deepEqual(project.sql('select title from posts where id = 1'), [{ title: 'TITLE 1' }])
})

test('p pauses the copying of rows, and p goes on', async (t) => {
  const project = new Project(t)
  await withRows(project, 50_000)
  project.declare(ID, 'title: c.varchar(100).using("upper(title)")')
  let press: (key: string) => void = () => {}
  let pausedAt = 0
  const terminal = {
    ask: async () => 'y',
    keys: (listener: (key: string) => void) => {
      press = listener
      listener('p')
      pausedAt = performance.now()
      setTimeout(() => press('x'), 100)
      setTimeout(() => press('p'), 500)
      return () => {}
    },
    overwrite: () => {},
  }
  const { code, err } = await run(['migrate', 'apply'], { cwd: project.cwd, terminal })
  assert.equal(code, 0)
  assert.ok(performance.now() - pausedAt >= 500)
  assert.match(err, /Paused\. Nothing is held up meanwhile\. p goes on, Ctrl-C cancels\./)
})
