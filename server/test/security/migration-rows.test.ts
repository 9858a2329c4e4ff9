/** Other programs at work on a file while its rows are copied: no value may be lost, doubled, or come to another row. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, type TestContext, test } from 'node:test'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { MigrationRun, Structure } from '../../src/engines/structure.ts'
import { failure } from '../../src/errors/error.ts'
import { c, schema, table } from '../../src/index.ts'
import { withLease } from '../../src/pipeline/migrate/lease.ts'
import { loadGrammar } from '../../src/policy/expression/index.ts'
import { buildCatalog } from '../../src/schema/build-catalog.ts'
import { diff } from '../../src/schema/migration/diff.ts'
import { systemClock } from '../../src/std/clock.ts'
import { tempFolder } from '../support/temp.ts'

const { signal: never } = new AbortController()
const ROWS = 8_000

before(() => loadGrammar())

interface Fixture {
  readonly structure: Structure
  readonly raw: DatabaseSync
}

async function open(t: TestContext, sql: string): Promise<Fixture> {
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'theirs.db')
  const raw = new DatabaseSync(file, { timeout: 5_000 })
  t.after(() => raw.close())
  raw.exec(sql)
  const env = { observe: () => {}, clock: systemClock }
  const pool = await sqlite.open({ url: `sqlite:${file}`, statementTimeoutMs: 5_000, transactionMs: 5_000 }, env)
  t.after(() => pool.close())
  return { structure: pool.structure, raw }
}

/** Requires a value in z, which has to be copied for it. */
async function fill({ structure }: Fixture, run: Partial<MigrationRun> = {}): Promise<void> {
  const wanted = schema({ t: table({ a: c.text().nullable(), z: c.text().using("'filled'") }) })
  const { catalog } = buildCatalog(wanted, { version: 1 })
  assert.ok(catalog !== null)
  const from = await structure.introspect(never)
  const { steps } = diff(from, catalog, { known: null })
  await withLease(structure, { holder: 'a test', signal: never }, (lease) =>
    structure.migrate({ steps, from, entry: null }, { lease, signal: never, ...run }),
  )
}

/** Rows with gaps, and no key by which one could be found again. */
const KEYLESS = `CREATE TABLE t (a TEXT, z TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) INSERT INTO t (rowid, a) SELECT i, 'row ' || i FROM n;
  DELETE FROM t WHERE rowid % 3 = 0`
/** The numbers of rows that were changed before it are those of others afterwards. */
const RENUMBER = `UPDATE t SET a = 'changed ' || a WHERE rowid BETWEEN 1000 AND 1006; VACUUM`
const valuesOf = ({ raw }: Fixture): unknown => raw.prepare('SELECT a FROM t ORDER BY a').all()

test('a VACUUM between two parts of a copy ends it, and it is begun anew', async (t) => {
  const place = await open(t, KEYLESS)
  let values: unknown
  let isDone = false
  const progress: MigrationRun['progress'] = ({ phase }) => {
    if (isDone || phase !== 'switching') return
    isDone = true
    place.raw.exec(RENUMBER)
    values = valuesOf(place)
  }
  await assert.rejects(fill(place, { progress }), { code: 'PILAR_MIGRATION_STALE', details: /VACUUM/ })
  assert.ok(isDone)
  assert.deepEqual(valuesOf(place), values)
  assert.deepEqual({ ...place.raw.prepare('SELECT count(z) AS filled FROM t').get() }, { filled: 0 })
  await fill(place)
  assert.deepEqual(valuesOf(place), values)
})

test('a copy that was given up before a VACUUM is not gone on with', async (t) => {
  const place = await open(t, KEYLESS)
  await assert.rejects(fill(place, { atSwitch: () => Promise.reject(failure('57014')) }), { code: '57014' })
  place.raw.exec(RENUMBER)
  const values = valuesOf(place)
  await fill(place)
  assert.deepEqual(valuesOf(place), values)
  assert.deepEqual(
    { ...place.raw.prepare('SELECT count(*) AS filled FROM t WHERE z = ?').get('filled') },
    {
      filled: (values as readonly unknown[]).length,
    },
  )
})
