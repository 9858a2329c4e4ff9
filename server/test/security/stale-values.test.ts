/** Somebody else changes how values are stored, or puts a backup back, under a server: every answer is right for one moment of the database. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { Lease } from '../../src/engines/structure.ts'
import { c, schema, table } from '../../src/index.ts'
import { withLease } from '../../src/pipeline/migrate/lease.ts'
import { loadGrammar } from '../../src/policy/expression/index.ts'
import { buildCatalog } from '../../src/schema/build-catalog.ts'
import { diff } from '../../src/schema/migration/diff.ts'
import { systemClock } from '../../src/std/clock.ts'
import { as } from '../support/http.ts'
import { LiveLoad } from '../support/live-load.ts'
import { makeStructure } from '../support/make-structure.ts'
import { startServer } from '../support/server.ts'
import { seededRandom, sleep, tempFolder } from '../support/temp.ts'

const ROWS = 2_000
const SCALES = [4, 0, 2] as const
const { signal } = new AbortController()

const shop = (scale: number) =>
  schema({
    items: table({ id: c.integer().primaryKey(), price: c.numeric(14, scale), touched: c.integer() }).policies({
      all: { public: 'true' },
    }),
  })

before(() => loadGrammar())

type Item = { readonly id: number; readonly price: number | string }

/** Prices are seven times the id, in whatever scale. */
function wrongItem(body: unknown): string | null {
  const items = body as readonly Item[]
  if (!Array.isArray(items) || items.length === 0) return `no rows: ${JSON.stringify(body)}`
  const wrong = items.find(({ id, price }) => Number(price) !== id * 7)
  return wrong === undefined ? null : `a wrong price: ${JSON.stringify(wrong)}`
}

test('another process changes the scale of a number again and again, and puts backups back', async (t) => {
  const first = tempFolder()
  t.after(first.remove)
  const env = { observe: () => {}, clock: systemClock }
  const settings = { statementTimeoutMs: 5_000, transactionMs: 5_000 }
  const made = join(first.path, 'shop.db')
  const maker = await sqlite.open({ url: `sqlite:${made}`, ...settings }, env)
  const { catalog } = buildCatalog(shop(2), { version: 1 })
  assert.ok(catalog !== null)
  await makeStructure(maker.structure, catalog)
  await maker.close()
  const database = new DatabaseSync(made)
  database.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) INSERT INTO items SELECT i, i * 700, 0 FROM n`,
  )
  database.close()
  // It serves the database as it is, whatever that is.
  const server = await startServer({ database: made })
  t.after(server.close)
  const pool = await sqlite.open({ url: `sqlite:${server.file}`, ...settings }, env)
  t.after(() => pool.close())
  const { structure } = pool
  const changeScale = async (scale: number, lease: Lease): Promise<void> => {
    const wanted = buildCatalog(shop(scale), { version: 1 }).catalog
    assert.ok(wanted !== null)
    const from = await structure.introspect(signal)
    const { steps } = diff(from, wanted, { known: from })
    assert.ok(steps.length > 0)
    await structure.migrate({ steps, from, entry: null }, { lease, signal })
  }
  const random = seededRandom(3)
  const next = () => {
    const id = 1 + Math.floor(random() * ROWS)
    const what = random()
    const check = (status: number, body: unknown) =>
      status === 200 ? wrongItem(body) : `refused: ${JSON.stringify(body)}`
    if (what < 0.3) return { method: 'GET', path: `items?id=eq.${id}`, check }
    if (what < 0.6) return { method: 'GET', path: `items?price=eq.${id * 7}&select=id,price`, check }
    if (what < 0.8) return { method: 'GET', path: `items?price=gte.${id * 7}&order=price.desc&limit=3`, check }
    const body = { price: id * 7, touched: 1 }
    return {
      method: 'PATCH',
      path: `items?id=eq.${id}`,
      body,
      check: (status: number) => (status === 204 ? null : `refused: ${status}`),
    }
  }
  const load = new LiveLoad({ url: server.url, headers: as(server.keys.service), clients: 4, next })
  t.after(() => load.stop())
  await sleep(300)
  const backups: string[] = []
  for (const [at, scale] of SCALES.entries()) {
    await withLease(structure, { holder: 'another process', signal }, async (lease) => {
      const file = join(server.folder, `backup${at}.db`)
      await structure.backup?.save(file, { signal })
      backups.push(file)
      await changeScale(scale, lease)
    })
    await sleep(100)
  }
  // Each was made with another scale, and under other numbers of the structure.
  for (const file of backups.toReversed()) {
    await withLease(structure, { holder: 'another process', signal }, async (lease) => {
      await structure.backup?.restore(file, { signal, lease })
    })
    await sleep(100)
  }
  await load.stop()
  t.diagnostic(`${load.answered.length} requests`)
  assert.ok(load.answered.length > 100)
  assert.deepEqual(load.failures.slice(0, 3), [])
})
