import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { tempFolder } from '../../../../test/support/temp.ts'
import { systemClock } from '../../../std/clock.ts'
import type { Backup } from '../../structure.ts'
import { sqlite } from '../index.ts'

const signal = new AbortController().signal

async function open(t: TestContext, rows = 2000) {
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'data.db')
  const made = new DatabaseSync(file)
  made.exec(`PRAGMA journal_mode = WAL; CREATE TABLE accounts (id INTEGER PRIMARY KEY, amount INTEGER, filler TEXT);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO accounts SELECT i, 100, hex(randomblob(100)) FROM n`)
  made.close()
  const env = { observe: () => {}, clock: systemClock }
  const pool = await sqlite.open({ url: `sqlite:${file}`, statementTimeoutMs: 5000, transactionMs: 5000 }, env)
  t.after(() => pool.close())
  const { backup } = pool.structure
  assert.ok(backup)
  return { file, folder: folder.path, pool, backup: backup as Backup }
}

/** Moves amounts between accounts without a pause, in a thread of its own. */
async function writing(t: TestContext, file: string): Promise<{ stop(): Promise<number> }> {
  const code = `
    const { DatabaseSync } = require('node:sqlite'), { parentPort, workerData } = require('node:worker_threads')
    const database = new DatabaseSync(workerData, { timeout: 5000 })
    let running = true, count = 0
    parentPort.on('message', () => { running = false })
    const move = () => {
      if (!running) { database.close(); parentPort.postMessage(count); parentPort.close(); return }
      for (let i = 0; i < 5; i++, count++) database.exec(
        'BEGIN IMMEDIATE; UPDATE accounts SET amount = amount - 1 WHERE id = ' + (1 + count % 2000) + '; UPDATE accounts SET amount = amount + 1 WHERE id = ' + (1 + (count * 7) % 2000) + '; COMMIT')
      setTimeout(move, 0)
    }
    move(); parentPort.postMessage('began')`
  const worker = new Worker(code, { eval: true, workerData: file })
  t.after(() => worker.terminate())
  const next = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve))
  await next()
  return {
    stop: async () => {
      const ended = next()
      worker.postMessage('stop')
      return (await ended) as number
    },
  }
}

test('a backup made while others write is of one moment, whole, and known by its hash', async (t) => {
  const { file, folder, backup } = await open(t)
  const writer = await writing(t, file)
  const to = join(folder, 'saved.db')
  const saved = await backup.save(to, { signal })
  assert.ok((await writer.stop()) > 0)
  assert.equal(saved.file, to)
  assert.equal(saved.bytes, statSync(to).size)
  assert.equal(saved.sha256, createHash('sha256').update(readFileSync(to)).digest('hex'))
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('saved')),
    ['saved.db'],
  )
  const copy = new DatabaseSync(to)
  assert.equal(copy.prepare('SELECT sum(amount) AS sum FROM accounts').get()?.['sum'], 200_000)
  copy.close()
})

test('a backup that is cancelled leaves no file', async (t) => {
  const { folder, backup } = await open(t, 50_000)
  const abort = new AbortController()
  const to = join(folder, 'saved.db')
  await assert.rejects(backup.save(to, { signal: abort.signal, progress: () => abort.abort() }), { code: '57014' })
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('saved')),
    [],
  )
})

test('a restored backup is there for everyone who has the file open, at one moment, with the present lease', async (t) => {
  const { file, folder, pool, backup } = await open(t)
  const to = join(folder, 'saved.db')
  await backup.save(to, { signal })
  const other = new DatabaseSync(file, { timeout: 5000 })
  t.after(() => other.close())
  other.exec(
    'DELETE FROM accounts WHERE id > 10; ALTER TABLE accounts ADD COLUMN note TEXT; CREATE TABLE more (id INTEGER)',
  )
  const statement = other.prepare('SELECT count(*) AS rows FROM accounts')
  assert.equal(statement.get()?.['rows'], 10)
  const before = pool.structureVersion()
  const lease = await pool.structure.acquireLease({ holder: 'a test', signal })
  await backup.restore(to, { signal, lease })
  assert.equal(statement.get()?.['rows'], 2000)
  assert.equal(other.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'more'").get()?.['n'], 0)
  assert.notEqual(pool.structureVersion(), before)
  const catalog = await pool.structure.introspect(signal)
  assert.deepEqual(
    catalog.tables.get('public.accounts')?.columns.map(({ name }) => name),
    ['id', 'amount', 'filler'],
  )
  await lease.release()
  assert.equal((await pool.structure.acquireLease({ holder: 'a test', signal })).fence, lease.fence + 1)
  assert.equal(existsSync(`${file}.restoring`), false)
})

test('a backup of other pages is restored, too', async (t) => {
  const { folder, pool, backup, file } = await open(t, 10)
  const from = join(folder, 'small-pages.db')
  const made = new DatabaseSync(from)
  made.exec(
    'PRAGMA page_size = 1024; CREATE TABLE accounts (id INTEGER PRIMARY KEY); INSERT INTO accounts VALUES (1), (2)',
  )
  made.close()
  const lease = await pool.structure.acquireLease({ holder: 'a test', signal })
  await backup.restore(from, { signal, lease })
  const other = new DatabaseSync(file)
  assert.equal(other.prepare('SELECT count(*) AS rows FROM accounts').get()?.['rows'], 2)
  other.close()
})

const DAMAGES: readonly (readonly [string, (file: string) => void])[] = [
  ['is no database', (file) => writeFileSync(file, 'hello, this is no database')],
  ['is empty', (file) => writeFileSync(file, '')],
  ['was cut off', (file) => truncateSync(file, 4096 * 20)],
  ['has a broken page', (file) => overwrite(file, 4096 * 5)],
]

function overwrite(file: string, at: number): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, Buffer.alloc(4096, 0xa5), 0, 4096, at)
  closeSync(descriptor)
}

for (const [what, damage] of DAMAGES) {
  test(`a backup that ${what} is refused, and the database stays as it is`, async (t) => {
    const { folder, pool, backup, file } = await open(t)
    const to = join(folder, 'saved.db')
    await backup.save(to, { signal })
    damage(to)
    const lease = await pool.structure.acquireLease({ holder: 'a test', signal })
    await assert.rejects(backup.restore(to, { signal, lease }), { code: 'XX001' })
    const other = new DatabaseSync(file)
    assert.equal(other.prepare('SELECT count(*) AS rows FROM accounts').get()?.['rows'], 2000)
    other.close()
  })
}
