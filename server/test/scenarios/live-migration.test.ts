/** Requests go on while the structure changes under them: none fails, none is answered with a wrong value. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fillShop, shopping, versions } from '../support/changing-shop.ts'
import { as } from '../support/http.ts'
import { LiveLoad } from '../support/live-load.ts'
import { startServer } from '../support/server.ts'
import { percentile, sleep } from '../support/temp.ts'

const ROWS = 100_000
const CLIENTS = 6

test('a server takes five versions of its schema under load: no request fails, no value is wrong', async (t) => {
  const [first, ...later] = versions(5)
  assert.ok(first !== undefined)
  const server = await startServer({ schema: first.definition, task: 'develop' })
  t.after(server.close)
  fillShop(server.file, ROWS)
  const { next, written } = shopping(ROWS, 7)
  const load = new LiveLoad({ url: server.url, headers: as(server.keys.anon), clients: CLIENTS, next })
  await sleep(500)
  for (const { name, definition } of later) {
    const startMs = performance.now()
    await server.app.reload(definition)
    const endMs = performance.now()
    await sleep(300)
    const during = load.between(startMs, endMs + 50)
    const slowest = (during.at(-1) ?? 0).toFixed(1)
    t.diagnostic(`${name}: ${(endMs - startMs).toFixed(0)} ms, ${during.length} requests, slowest ${slowest} ms`)
  }
  await load.stop()
  t.diagnostic(
    `${load.answered.length} requests, p99 ${percentile(
      load.answered.map(({ ms }) => ms),
      0.99,
    ).toFixed(1)} ms`,
  )
  assert.deepEqual(load.failures.slice(0, 5), [])
  const database = new DatabaseSync(server.file, { readOnly: true })
  try {
    const rows = database.prepare('SELECT id, stock FROM products WHERE stock <> 0 ORDER BY id').all()
    assert.deepEqual(
      rows.map((row) => row['id']),
      [...written.keys()].sort((a, b) => a - b),
    )
    assert.ok(rows.every((row) => row['stock'] === row['id']))
    const [wrong] = database.prepare("SELECT count(*) AS n FROM products WHERE headline <> 'title ' || id").all()
    assert.deepEqual({ ...wrong }, { n: 0 })
  } finally {
    database.close()
  }
})
