/** A database file that is locked, broken, read-only or on a full disk; and a schema that can't be served. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createApp } from '../../src/app.ts'
import { c, schema, table } from '../../src/index.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { type Answer, as, ask } from '../support/http.ts'
import { hasProgram, requires } from '../support/require.ts'
import { type Served, startServer } from '../support/server.ts'
import { sql } from '../support/sql.ts'
import { sleep, tempFolder } from '../support/temp.ts'
import { SECRET } from '../support/tokens.ts'

const notes = schema({ notes: table({ id: c.integer().primaryKey(), text: c.text() }) })
const isRoot = process.getuid?.() === 0

const code = (answer: Answer) => (answer.json as { code?: string } | undefined)?.code

function insert(served: Pick<Served, 'url' | 'keys'>, id: number, text = 'x'): Promise<Answer> {
  const body = JSON.stringify({ id, text })
  return ask(`${served.url}/rest/v1/notes`, { method: 'POST', headers: as(served.keys.service), body })
}

const read = (served: Pick<Served, 'url' | 'keys'>, query = 'select=id&order=id') =>
  ask(`${served.url}/rest/v1/notes?${query}`, { headers: as(served.keys.service) })

/** Starts on `file` as it is, without copying it. */
async function startOn(file: string, folder: string, definition: SchemaDefinition | null = null): Promise<Served> {
  const settings = {
    port: 0,
    host: '127.0.0.1',
    dataDir: folder,
    databaseUrl: `sqlite:${file}`,
    jwtSecret: SECRET,
    logLevel: 'silent' as const,
  }
  const app = await createApp({ projectDir: folder, definition, settings, limits: { statementTimeoutMs: 1000 } })
  const url = await app.listen()
  const { anon, service_role: service, publishable, secret } = app.keys
  return { url, keys: { anon, service, publishable, secret }, file, folder, app, close: () => app.close() }
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = tempFolder()
  try {
    await body(folder.path)
  } finally {
    folder.remove()
  }
}

/** A sound file with a few thousand notes. */
function makeFile(path: string): void {
  const made = sql(path)
  made.run(`CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
    INSERT INTO notes WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'note ' || hex(randomblob(40)) FROM n`)
  made.close()
}

describe('a locked database', () => {
  test('a write waits, then says so; it goes on when the lock is gone; reads are not held up', async () => {
    const served = await startServer({ schema: notes, limits: { statementTimeoutMs: 1000 } })
    const other = sql(served.file)
    try {
      other.run('BEGIN IMMEDIATE')
      const [blocked, during] = await Promise.all([insert(served, 1), read(served)])
      assert.deepEqual([during.status, during.json], [200, []])
      assert.ok(
        blocked.status >= 500 && ['55P03', '57014'].includes(code(blocked) ?? ''),
        `${blocked.status} ${blocked.text}`,
      )
      const waiting = insert(served, 2)
      await sleep(200)
      other.run('COMMIT')
      assert.equal((await waiting).status, 201)
      assert.deepEqual((await read(served)).json, [{ id: 2 }])
    } finally {
      other.close()
      await served.close()
    }
  })
})

describe('a file that can’t be served refuses start, and is left as it is', () => {
  const refuses = (name: string, make: (file: string) => void) =>
    test(name, () =>
      inFolder(async (folder) => {
        const file = join(folder, 'bad.sqlite')
        make(file)
        const before = statSync(file).isFile() ? readFileSync(file) : null
        await assert.rejects(startOn(file, folder), (error: Error & { code?: string }) => {
          assert.match(error.code ?? '', /^(PILAR_START|PILAR_SETTINGS|XX001|58030)$/, error.stack)
          return true
        })
        if (before !== null) assert.deepEqual(readFileSync(file), before)
      }),
    )
  refuses('text', (file) =>
    writeFileSync(file, 'this is no database, although it is longer than a header of one hundred bytes.'.repeat(20)),
  )
  refuses('a header without the rest', (file) =>
    writeFileSync(file, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(500, 7)])),
  )
  refuses('a folder', (file) => mkdirSync(file))

  test('an engine that there is not', () =>
    inFolder(async (folder) => {
      const settings = { databaseUrl: 'oracle:x', dataDir: folder, jwtSecret: SECRET }
      await assert.rejects(
        createApp({ projectDir: folder, definition: null, settings }),
        /no engine serves a database URL that starts with "oracle:"/,
      )
    }))
})

test('pages that break under a running server: an error for what they hold, answers for the rest', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'corrupt.sqlite')
    makeFile(file)
    const size = statSync(file).size
    const descriptor = openSync(file, 'r+')
    for (let offset = 4096 * Math.ceil(size / 8192); offset + 4096 <= size; offset += 8192)
      writeSync(descriptor, Buffer.alloc(4096, 0xa5), 0, 4096, offset)
    closeSync(descriptor)
    const served = await startOn(file, folder)
    try {
      const broken = await read(served, 'select=*&order=id.desc&limit=500')
      assert.deepEqual([broken.status, code(broken)], [500, 'XX001'], broken.text)
      assert.doesNotMatch(broken.text, new RegExp(folder))
      const health = await ask(`${served.url}/health`)
      assert.equal(health.status, 200)
    } finally {
      await served.close()
    }
  }))

test(
  'a read-only file is read, and a write says so',
  { skip: isRoot && !hasProgram('chattr') ? 'root writes everywhere' : false },
  (t) =>
    inFolder(async (folder) => {
      const file = join(folder, 'readonly.sqlite')
      makeFile(file)
      chmodSync(file, 0o444)
      const immutable = isRoot && spawnSync('chattr', ['+i', file]).status === 0
      if (isRoot && !immutable) return t.skip('root writes everywhere, and this file system knows no immutable files')
      try {
        const served = await startOn(file, folder)
        try {
          assert.equal((await read(served, 'select=id&id=eq.1')).text, '[{"id":1}]')
          const answer = await insert(served, 9999)
          assert.ok(answer.status >= 400 && ['25006', '58030'].includes(code(answer) ?? ''), answer.text)
          assert.equal((await read(served, 'select=id&id=eq.1')).text, '[{"id":1}]')
        } finally {
          await served.close()
        }
      } catch (error) {
        // Refusing to start on it is as honest, when it says why.
        assert.match((error as { code?: string }).code ?? '', /^(PILAR_START|58030|25006)$/, String(error))
      } finally {
        if (immutable) spawnSync('chattr', ['-i', file])
      }
    }),
)

const mayMount =
  isRoot &&
  spawnSync('sh', [
    '-c',
    'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d"; r=$?; rmdir "$d"; exit $r',
  ]).status === 0

test(
  'a full disk: 53100, nothing answered is lost, and it goes on when there is room',
  { skip: requires('the right to mount a tmpfs', mayMount) },
  () =>
    inFolder(async (folder) => {
      const disk = join(folder, 'disk')
      mkdirSync(disk)
      assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', disk]).status, 0)
      try {
        const served = await startOn(join(disk, 'data.sqlite'), folder, notes)
        try {
          await fillAndRecover(served, disk)
        } finally {
          await served.close()
        }
      } finally {
        spawnSync('umount', ['-l', disk])
      }
    }),
)

async function fillAndRecover(served: Served, disk: string): Promise<void> {
  const stored: number[] = []
  let full: Answer | null = null
  for (let id = 1; id < 2000 && full === null; id++) {
    const answer = await insert(served, id, 'y'.repeat(4000))
    if (answer.status === 201) stored.push(id)
    else full = answer
  }
  assert.ok(full !== null && stored.length > 10, `stored ${stored.length}`)
  assert.deepEqual([full.status, code(full)], [503, '53100'], full.text)
  const ids = async () => ((await read(served)).json as { id: number }[]).map((row) => row.id)
  assert.deepEqual(await ids(), stored)
  assert.equal(spawnSync('mount', ['-o', 'remount,size=16m', disk]).status, 0)
  assert.equal((await insert(served, 5000)).status, 201)
  assert.deepEqual(await ids(), [...stored, 5000])
  const file = join(served.folder, 'copy.sqlite')
  copyFileSync(served.file, file)
  copyFileSync(`${served.file}-wal`, `${file}-wal`)
  const copy = sql(file)
  assert.equal(copy.value('PRAGMA integrity_check'), 'ok')
  copy.close()
}

describe('a schema that can’t be served is refused at load, with all of its mistakes', () => {
  const problems = async (definition: SchemaDefinition): Promise<string> => {
    try {
      const served = await startServer({ schema: definition })
      await served.close()
    } catch (error) {
      const { problems: found } = error as { problems?: { where: string; message: string; hint: string | null }[] }
      assert.ok(found !== undefined && found.length > 0, String(error))
      return found.map((problem) => `${problem.where}: ${problem.message} ${problem.hint ?? ''}`).join('\n')
    }
    return assert.fail('the schema was accepted')
  }
  const id = c.integer().primaryKey()

  test('policies in a circle name the circle and the remedy', async () => {
    const text = await problems(
      schema({
        teams: table({ id }).policies({
          select: { public: 'exists (select 1 from members where members.team = teams.id)' },
        }),
        members: table({ id, team: c.integer() }).policies({
          select: { public: 'exists (select 1 from teams where teams.id = team)' },
        }),
      }),
    )
    assert.match(text, /teams.*members|members.*teams/s)
    assert.match(text, /definer/)
  })

  test('a policy on its own table', async () => {
    assert.match(
      await problems(
        schema({
          a: table({ id }).policies({ select: { public: 'exists (select 1 from a x where x.id = a.id + 1)' } }),
        }),
      ),
      /definer/,
    )
  })

  test('several mistakes of structure are reported at once, with the nearest name', async () => {
    const text = await problems(
      schema({
        posts: table({ id, title: c.text(), author: c.integer().references('profils.id') }).index('titel' as 'title'),
        profiles: table({ id }),
      }),
    )
    assert.match(text, /profils.*profiles/)
    assert.match(text, /titel.*title/)
  })

  test('so are several mistakes of policies and checks', async () => {
    const text = await problems(
      schema({
        posts: table({ id, title: c.text().check('length(titel) > 1') }).policies({
          select: { public: 'titl = 1' },
          insert: { authenticated: 'auth.uid() = ' },
          update: { authenticated: { using: 'title', check: "id = 'x'" } },
        }),
      }),
    )
    for (const part of ['"titel"', '"titl"', 'insert', 'update'])
      assert.ok(text.includes(part), `${part} is missing in\n${text}`)
    assert.match(text, /Perhaps you meant the column "title"/)
  })
})
