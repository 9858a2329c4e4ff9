/** What is done to a table where it is, and what beside it: whatever is done in the one transaction of the switch keeps every writer waiting. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import type { EnginePool } from '../../src/engines/engine.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { loadGrammar } from '../../src/policy/expression/index.ts'
import { buildCatalog } from '../../src/schema/build-catalog.ts'
import { type Entries, schema } from '../../src/schema/builder.ts'
import { c } from '../../src/schema/column.ts'
import { diff } from '../../src/schema/migration/diff.ts'
import { table } from '../../src/schema/table.ts'
import { systemClock } from '../../src/std/clock.ts'
import { tempFolder } from '../support/temp.ts'

const signal = new AbortController().signal
const COLUMNS = { id: c.integer().identity().primaryKey(), code: c.text(), size: c.integer().nullable() }

before(() => loadGrammar())

/** Gives the tables that were copied. */
async function become({ structure }: EnginePool, entries: Entries): Promise<readonly string[]> {
  const { catalog } = buildCatalog(schema(entries), { version: 1 })
  assert.ok(catalog !== null)
  const lease = await structure.acquireLease({ holder: 'a test', signal })
  const copied = new Set<string>()
  try {
    const from = await structure.introspect(signal)
    const { steps } = diff(from, catalog, { known: from })
    const progress = ({ phase, table: name }: { phase: string; table: string | null }) => {
      if (phase === 'copying' && name !== null) copied.add(name)
    }
    await structure.migrate({ steps, from, entry: null }, { lease, signal, progress })
    return [...copied]
  } finally {
    await lease.release()
  }
}

const few = table(COLUMNS)
const many = table(COLUMNS)

test('rules that are quickly verified are verified in place, indexes of more rows are built beside', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'data.db')
  const env = { observe: () => {}, clock: systemClock }
  const pool = await sqlite.open({ url: `sqlite:${file}`, statementTimeoutMs: 5000, transactionMs: 5000 }, env)
  t.after(() => pool.close())
  await become(pool, { few, many })
  const database = new DatabaseSync(file)
  t.after(() => database.close())
  for (const [name, rows] of [
    ['few', 20_000],
    ['many', 60_000],
  ] as const)
    database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO ${name} SELECT i, 'code ' || i, i FROM n`)
  const check = (rows: typeof few) => rows.check('size > 0')
  assert.deepEqual(await become(pool, { few: check(few), many: check(many) }), [])
  const required = (rows: typeof few) => rows.unique('code')
  assert.deepEqual(await become(pool, { few: required(check(few)), many: required(check(many)) }), ['many'])
  const indexed = (rows: typeof few) => required(check(rows)).index('size')
  assert.deepEqual(await become(pool, { few: indexed(few), many: indexed(many) }), ['many'])
  const twice = (rows: typeof few) => indexed(rows).index('code', 'size').index('size', 'id').index('code', 'id')
  assert.deepEqual(await become(pool, { few: twice(few), many: indexed(many) }), ['few'], 'several of them add up')
})

test('a column that is new, not null and has a constant default costs nothing in a table of any size', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'data.db')
  const env = { observe: () => {}, clock: systemClock }
  const pool = await sqlite.open({ url: `sqlite:${file}`, statementTimeoutMs: 5000, transactionMs: 5000 }, env)
  t.after(() => pool.close())
  await become(pool, { many })
  const database = new DatabaseSync(file)
  t.after(() => database.close())
  database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 210000)
    INSERT INTO many SELECT i, 'code ' || i, i FROM n`)
  assert.deepEqual(await become(pool, { many: table({ ...COLUMNS, kind: c.text().default("'none'") }) }), [])
  assert.deepEqual({ ...database.prepare('SELECT kind FROM many WHERE id = 210000').get() }, { kind: 'none' })
  // It is still looked at what the default comes to.
  const nulls = { ...COLUMNS, kind: c.text().default("'none'"), rank: c.integer().default('null::integer') }
  await assert.rejects(become(pool, { many: table(nulls) }), { code: '23502' })
})
