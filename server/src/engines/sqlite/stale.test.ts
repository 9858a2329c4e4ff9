import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { seededRandom, tempFolder } from '../../../test/support/temp.ts'
import { loadGrammar } from '../../policy/expression/index.ts'
import { GuardedPlan } from '../../policy/guarded-plan.ts'
import { column } from '../../query/expr-tools.ts'
import type { InsertPlan, ReadPlan } from '../../query/plan.ts'
import type { Catalog, Table } from '../../schema/catalog.ts'
import { systemClock } from '../../std/clock.ts'
import { type EnginePool, type Program, StaleStructure } from '../engine.ts'
import { sqlite } from './index.ts'

const signal = new AbortController().signal
const actor = { role: 'service_role', userId: null, email: null, claims: {}, anonymous: false }
const guarded = (plan: ReadPlan | InsertPlan): GuardedPlan => GuardedPlan.system(plan, 'a test', () => {})

interface Fixture {
  readonly pool: EnginePool
  /** Another process's connection, as far as SQLite can tell. */
  readonly other: DatabaseSync
  readonly catalog: Catalog
}

async function open(t: TestContext, more: { inlineMs?: number } = {}): Promise<Fixture> {
  await loadGrammar()
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'data.db')
  const other = new DatabaseSync(file, { timeout: 2000 })
  t.after(() => other.close())
  other.exec(
    "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'a')",
  )
  const env = { observe: () => {}, clock: systemClock }
  const pool = await sqlite.open({ url: `sqlite:${file}`, statementTimeoutMs: 5000, transactionMs: 5000, ...more }, env)
  t.after(() => pool.close())
  const version = pool.structureVersion()
  const catalog = await pool.structure.introspect(signal)
  pool.acceptStructure(version)
  return { pool, other, catalog }
}

const tableOf = (catalog: Catalog): Table => catalog.tables.get('public.t') as Table

function readProgram(catalog: Catalog): Program {
  const found = tableOf(catalog)
  const output = found.columns.map((each) => ({
    kind: 'value' as const,
    name: each.name,
    value: column('s0', found, each.name),
  }))
  const bounds = {
    order: [],
    limit: null,
    offset: null,
    rowsMax: 100,
    embeds: [],
    where: null,
    guard: null,
    grouped: false,
  }
  const root = { source: 's0', table: found, output, ...bounds }
  return sqlite.compile(guarded({ kind: 'read', root, count: null }), catalog)
}

function insertProgram(catalog: Catalog): Program {
  const found = tableOf(catalog)
  return sqlite.compile(
    guarded({
      ...{ kind: 'insert', table: found, source: 's0', returning: 'minimal', representation: null, count: null },
      columns: found.columns.map(({ name, type }) => ({ name, type, openKey: null })),
      ...{ missing: 'null', conflict: null, replace: false, replaceKey: [], check: null },
      ...{ conflictUsing: null, conflictCheck: null },
    }),
    catalog,
  )
}

interface Asked {
  readonly cells?: readonly (readonly string[])[]
  readonly transaction?: number | null
}

async function run(
  { pool }: Fixture,
  program: Program,
  { cells = [], transaction = null }: Asked = {},
): Promise<string> {
  const session = { nowMicros: systemClock.nowMicros(), transaction }
  let json = ''
  for await (const batch of pool.execute(program, { values: [], cells, actor }, { session, signal })) json += batch.json
  return json
}

const rowsIn = ({ other }: Fixture): unknown => other.prepare('SELECT count(*) AS rows FROM t').get()?.['rows']
const row = (id: string) => ({ cells: [[id, 'b']] })

for (const [where, more] of [
  ['in the process', {}],
  ['in a child process', { inlineMs: 1e-6 }],
] as const) {
  test(`a read ${where} is not answered from a structure it was not compiled for`, async (t) => {
    const fixture = await open(t, more)
    const program = readProgram(fixture.catalog)
    assert.equal(await run(fixture, program), '{"id":1,"name":"a"}')
    // The same names, and another meaning: nothing but the number tells.
    fixture.other.exec('ALTER TABLE t RENAME COLUMN name TO old; ALTER TABLE t ADD COLUMN name TEXT')
    await assert.rejects(run(fixture, program), StaleStructure)
    fixture.pool.acceptStructure(fixture.pool.structureVersion())
    assert.equal(await run(fixture, program), '{"id":1,"name":null}')
  })
}

test('a name that is gone is told as the change of structure that it is', async (t) => {
  const fixture = await open(t)
  fixture.other.exec('ALTER TABLE t DROP COLUMN name')
  await assert.rejects(run(fixture, readProgram(fixture.catalog)), StaleStructure)
  await assert.rejects(run(fixture, insertProgram(fixture.catalog), row('2')), StaleStructure)
})

test('a write for another structure writes nothing, alone, in a group and in a transaction', async (t) => {
  const fixture = await open(t)
  const { pool, other, catalog } = fixture
  const program = insertProgram(catalog)
  await run(fixture, program, row('2'))
  other.exec('CREATE INDEX t_name ON t (name)')
  await assert.rejects(run(fixture, program, row('3')), StaleStructure)
  const group = await Promise.allSettled(['4', '5', '6'].map((id) => run(fixture, program, row(id))))
  assert.ok(group.every((one) => one.status === 'rejected' && one.reason instanceof StaleStructure))
  const session = { nowMicros: 0n, transaction: null }
  await assert.rejects(
    pool.transaction(session, async () => assert.fail('it began')),
    StaleStructure,
  )
  assert.equal(rowsIn(fixture), 2)
  pool.acceptStructure(pool.structureVersion())
  await run(fixture, program, row('3'))
  await pool.transaction(session, ({ transaction }) => run(fixture, program, { ...row('4'), transaction }))
  assert.equal(rowsIn(fixture), 4)
})

test('a write that waited while another structure was accepted is not run', async (t) => {
  const fixture = await open(t)
  const program = insertProgram(fixture.catalog)
  const waiting = run(fixture, program, row('2'))
  fixture.other.exec('CREATE INDEX t_name ON t (name)')
  fixture.pool.acceptStructure(fixture.pool.structureVersion())
  // Either it was in time, or it is told; never a program of the one structure on the other.
  const [outcome] = await Promise.allSettled([waiting])
  assert.equal(rowsIn(fixture), outcome.status === 'fulfilled' ? 2 : 1)
  if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof StaleStructure)
})

test('what the pool does to the file without changing what programs see goes unnoticed', async (t) => {
  const fixture = await open(t)
  const program = readProgram(fixture.catalog)
  const before = fixture.pool.structureVersion()
  const stop = fixture.pool.subscribe(() => {})
  const lease = await fixture.pool.structure.acquireLease({ holder: 'a test', signal })
  assert.notEqual(fixture.pool.structureVersion(), before)
  assert.equal(await run(fixture, program), '{"id":1,"name":"a"}')
  await run(fixture, insertProgram(fixture.catalog), row('2'))
  await lease.release()
  stop()
  assert.equal(await run(fixture, program), '{"id":1,"name":"a"},{"id":2,"name":"b"}')
})

test('a read is refused exactly when the structure is another one than was accepted, whichever statements ran before', async (t) => {
  const fixture = await open(t)
  const { pool, other, catalog } = fixture
  const seed = randomInt(2 ** 31)
  t.diagnostic(`seed ${seed}`)
  const random = seededRandom(seed)
  const programs = Array.from({ length: 4 }, () => readProgram(catalog))
  const fileVersion = () => Number(other.prepare('PRAGMA schema_version').get()?.['schema_version'])
  let accepted = fileVersion()
  const seen = { refused: 0, answered: 0 }
  for (let turn = 0; turn < 700; turn++) {
    const what = random()
    if (what < 0.1) other.exec(`CREATE TABLE more_${turn} (id INTEGER)`)
    else if (what < 0.2) {
      accepted = pool.structureVersion()
      pool.acceptStructure(accepted)
    } else {
      const program = programs[Math.floor(random() * programs.length)] as Program
      const refused = await run(fixture, program).then(
        () => false,
        (error: unknown) => error instanceof StaleStructure || assert.fail(String(error)),
      )
      assert.equal(refused, fileVersion() !== accepted, `turn ${turn}`)
      seen[refused ? 'refused' : 'answered']++
    }
  }
  assert.ok(seen.refused > 30 && seen.answered > 30, JSON.stringify(seen))
})
