import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import type { EnginePool } from '../../src/engines/engine.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { SqliteStructure } from '../../src/engines/sqlite/structure.ts'
import type { MigrationRun } from '../../src/engines/structure.ts'
import { systemClock } from '../../src/std/clock.ts'
import { makeItems, planned, sizesAsText } from '../support/hand-made-migration.ts'
import { seededRandom, sleep, tempFolder } from '../support/temp.ts'

const signal = new AbortController().signal

async function open(file: string, t: TestContext): Promise<{ pool: EnginePool; structure: SqliteStructure }> {
  const env = { observe: () => {}, clock: systemClock }
  const pool = await sqlite.open({ url: `sqlite:${file}`, statementTimeoutMs: 5000, transactionMs: 5000 }, env)
  t.after(() => pool.close())
  const { structure } = pool
  assert.ok(structure instanceof SqliteStructure)
  return { pool, structure }
}

function newFile(t: TestContext, rows: number): string {
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'data.db')
  makeItems(file, rows)
  return file
}

async function migrate(file: string, t: TestContext, run: Partial<MigrationRun> = {}): Promise<void> {
  const { structure } = await open(file, t)
  const lease = await structure.acquireLease({ holder: 'a test', signal })
  try {
    await structure.run(planned(file), { lease, signal, ...run })
  } finally {
    await lease.release()
  }
}

/** Another process's writes, as far as SQLite can tell: of its own connection, without anything of ours. */
class Writer {
  readonly database: DatabaseSync
  readonly #random: () => number

  constructor(file: string, seed: number) {
    this.database = new DatabaseSync(file, { timeout: 5000 })
    this.database.exec('PRAGMA synchronous = OFF')
    this.#random = seededRandom(seed)
  }

  some(rows: number): void {
    const id = Math.floor(this.#random() * rows * 1.2)
    const other = Math.floor(this.#random() * rows * 1.2)
    const kind = Math.floor(this.#random() * 8)
    const exec = (sql: string): void => this.database.exec(sql)
    if (kind === 0) exec(`INSERT INTO items (code, size, owner) VALUES ('new ${id}', ${other}, NULL)`)
    if (kind === 1) exec(`UPDATE items SET size = size + 1 WHERE id BETWEEN ${id} AND ${id + 20}`)
    if (kind === 2) exec(`DELETE FROM items WHERE id = ${id}`)
    // Takes away another row that has the code, without a word to triggers.
    if (kind === 3) exec(`REPLACE INTO items (id, code, size) VALUES (${id}, 'code ${other}', 5)`)
    if (kind === 4) exec(`UPDATE OR REPLACE items SET code = 'code ${other}' WHERE id = ${id}`)
    if (kind === 5) exec(`UPDATE OR IGNORE items SET id = ${other} WHERE id = ${id}`)
    if (kind === 6) exec(`DELETE FROM owners WHERE id = ${Math.floor(id / 40)}`)
    if (kind === 7) {
      exec(`BEGIN; UPDATE items SET code = 'swap' WHERE id = ${id}; UPDATE items SET code = 'code ${id}' WHERE id = ${other};
        UPDATE items SET code = 'code ${other}' WHERE id = ${id}; COMMIT`)
    }
  }

  content(size: string): string {
    const rows = this.database.prepare(`SELECT id, code, ${size} AS size, owner FROM items ORDER BY id`).all()
    return JSON.stringify(rows)
  }
}

interface UnderWrites {
  readonly file: string
  readonly seed: number
  /** Called when the copy has begun. */
  readonly begun?: (database: DatabaseSync) => void
}

/** Writes at every batch; gives the content just before the switch, as it should be afterwards. */
async function migrateUnderWrites(
  { file, seed, begun }: UnderWrites,
  t: TestContext,
): Promise<{ before: string; after: string }> {
  const rows = 4000
  const writer = new Writer(file, seed)
  t.after(() => writer.database.close())
  writer.database.exec('PRAGMA foreign_keys = ON')
  let before = ''
  let batches = 0
  await migrate(file, t, {
    progress: ({ phase }) => {
      if (batches++ === 0) begun?.(writer.database)
      if (phase === 'copying') for (let count = 0; count < 12; count++) writer.some(rows)
    },
    atSwitch: async (body) => {
      for (let count = 0; count < 12; count++) writer.some(rows)
      before = writer.content(`size || ' cm'`)
      await body()
    },
  })
  return { before, after: writer.content('size') }
}

test('whatever others write while rows are copied is in the table afterwards', async (t) => {
  for (let seed = 1; seed <= 4; seed++) {
    const { before, after } = await migrateUnderWrites({ file: newFile(t, 4000), seed }, t)
    assert.equal(after, before, `seed ${seed}`)
  }
})

test('control: without the triggers that note changes, some are lost', async (t) => {
  const begun = (database: DatabaseSync): void => {
    for (const kind of ['insert', 'update', 'delete']) database.exec(`DROP TRIGGER "pilar.copy_test1_0_${kind}"`)
  }
  const { before, after } = await migrateUnderWrites({ file: newFile(t, 4000), seed: 1, begun }, t).catch(() => ({
    before: 'a',
    after: 'b',
  }))
  assert.notEqual(after, before)
})

test('a table keeps what belongs to it: triggers, indexes, views, children, the last number given out', async (t) => {
  const file = newFile(t, 100)
  const writer = new Writer(file, 1)
  t.after(() => writer.database.close())
  writer.database.exec('DELETE FROM items WHERE id > 90')
  await migrate(file, t)
  const { database } = writer
  database.exec(`PRAGMA foreign_keys = ON; INSERT INTO items (code, size) VALUES ('x', '1 m')`)
  assert.equal(database.prepare("SELECT id FROM items WHERE code = 'x'").get()?.['id'], 101)
  assert.equal(database.prepare('SELECT count(*) AS n FROM big').get()?.['n'], 91)
  database.exec('DELETE FROM items WHERE id = 7')
  assert.equal(database.prepare('SELECT count(*) AS n FROM audit WHERE item = 7').get()?.['n'], 1)
  assert.equal(database.prepare('SELECT count(*) AS n FROM parts WHERE item = 7').get()?.['n'], 0)
  const names = database
    .prepare("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND name NOT LIKE 'pilar.%' ORDER BY name")
    .all()
  const expected = ['audit', 'big', 'items', 'items_audit', 'items_size', 'owners', 'parts']
  assert.deepEqual(
    names.map(({ name }) => name),
    expected,
  )
  assert.deepEqual(
    database
      .prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'pilar.copy%' OR name LIKE 'pilar.rubbish%'")
      .all(),
    [],
  )
  assert.deepEqual(
    database
      .prepare('PRAGMA integrity_check')
      .all()
      .map((row) => row['integrity_check']),
    ['ok'],
  )
  assert.deepEqual(database.prepare('PRAGMA foreign_key_check').all(), [])
})

const leftOver = (database: DatabaseSync): unknown =>
  database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'pilar.copy%' OR name LIKE 'pilar.rubbish%'").all()

test('what a cancelled migration has prepared can be taken away', async (t) => {
  const file = newFile(t, 3000)
  const abort = new AbortController()
  const progress = (): void => abort.abort()
  await assert.rejects(migrate(file, t, { signal: abort.signal, progress }), { code: '57014' })
  const writer = new Writer(file, 1)
  t.after(() => writer.database.close())
  assert.notDeepEqual(leftOver(writer.database), [])
  const { structure } = await open(file, t)
  const lease = await structure.acquireLease({ holder: 'a test', signal })
  await structure.tidy({ lease, signal })
  assert.deepEqual(leftOver(writer.database), [])
})

test('a paused migration does nothing until it goes on', async (t) => {
  const file = newFile(t, 3000)
  let isPaused = false
  let rows = 0
  await migrate(file, t, {
    progress: (progress) => {
      if (isPaused) assert.equal(progress.rows, rows)
      rows = progress.rows
    },
    pause: async () => {
      isPaused = true
      await sleep(5)
      isPaused = false
    },
  })
})

test('a row that breaks a new rule is named, and nothing has changed', async (t) => {
  const file = newFile(t, 3000)
  const writer = new Writer(file, 1)
  t.after(() => writer.database.close())
  writer.database.exec('UPDATE items SET size = NULL WHERE id = 2345')
  const before = writer.content('size')
  await assert.rejects(migrate(file, t), {
    code: '23502',
    message: 'null value in column "size" of relation "items" violates not-null constraint',
    details: { table: 'items', step: 0, columns: ['size'], row: { rowid: '2345' } },
  })
  assert.equal(writer.content('size'), before)
  assert.deepEqual(leftOver(writer.database), [])
})

test('a cancelled migration changes nothing and goes on where it was', async (t) => {
  const file = newFile(t, 30_000)
  const abort = new AbortController()
  let copied = 0
  const progress: NonNullable<MigrationRun['progress']> = ({ phase, rows }) => {
    copied = rows
    if (phase === 'copying' && rows > 2000) abort.abort()
  }
  await assert.rejects(migrate(file, t, { signal: abort.signal, progress }), { code: '57014' })
  const first: number[] = []
  await migrate(file, t, { progress: ({ phase, rows }) => phase === 'copying' && first.push(rows) })
  assert.equal(first[0], copied)
  assert.equal(first.at(-1), 30_000)
})

test('a file that another process keeps locked for long is waited for', async (t) => {
  const file = newFile(t, 2000)
  const env = { observe: () => {}, clock: systemClock }
  const impatient = { url: `sqlite:${file}`, statementTimeoutMs: 5000, transactionMs: 5000, lockTimeoutMs: 30 }
  const pool = await sqlite.open(impatient, env)
  t.after(() => pool.close())
  const { structure } = pool
  assert.ok(structure instanceof SqliteStructure)
  const lease = await structure.acquireLease({ holder: 'a test', signal })
  const other = new DatabaseSync(file)
  t.after(() => other.close())
  let locks = 0
  const lock = (): void => {
    if (other.isTransaction || locks++ > 3) return
    other.exec('BEGIN IMMEDIATE')
    setTimeout(() => other.exec('ROLLBACK'), 400)
  }
  await structure.run(planned(file), { lease, signal, progress: lock })
  assert.equal(locks > 2, true)
  const found = await structure.introspect(signal)
  assert.equal(found.tables.get('public.items')?.column.get('size')?.type.name, 'text')
})

test('a structure that has changed since the plan is told, whoever changed it', async (t) => {
  const file = newFile(t, 10)
  const { structure } = await open(file, t)
  const lease = await structure.acquireLease({ holder: 'a test', signal })
  const plan = planned(file, sizesAsText())
  const other = new DatabaseSync(file)
  other.exec('ALTER TABLE parts ADD COLUMN note TEXT')
  other.close()
  await assert.rejects(structure.run(plan, { lease, signal }), { code: 'PILAR_MIGRATION_STALE' })
})

test('what a former holder of the lease still tries is refused', async (t) => {
  const file = newFile(t, 10)
  const { structure } = await open(file, t)
  const lease = await structure.acquireLease({ holder: 'the first', signal })
  const other = new DatabaseSync(file)
  other.exec('UPDATE "pilar.leases" SET expires_ms = 0')
  other.close()
  const next = await structure.acquireLease({ holder: 'the second', signal })
  assert.equal(next.fence, lease.fence + 1)
  await assert.rejects(structure.run(planned(file), { lease, signal }), { code: 'PILAR_MIGRATION_LEASE' })
})

test('who waits for the lease is told who has it', async (t) => {
  const file = newFile(t, 10)
  const { structure } = await open(file, t)
  const lease = await structure.acquireLease({ holder: 'the first', signal })
  const told: string[] = []
  const next = structure.acquireLease({ holder: 'the second', signal, waiting: (holder) => told.push(holder) })
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(told, ['the first'])
  await lease.release()
  assert.equal((await next).fence, lease.fence + 1)
})
