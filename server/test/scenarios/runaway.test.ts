/**
 * A query that would run for hours is answered 57014 within the timeout and a second, other requests keep their latency meanwhile, and
 * the pool works afterwards. Runaways that look bounded to EXPLAIN are among them: an index scan with a filter, and policies.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { c, schema, table } from '../../src/index.ts'
import { as, ask } from '../support/http.ts'
import { type Served, startServer } from '../support/server.ts'
import { sql } from '../support/sql.ts'
import { percentile } from '../support/temp.ts'
import { userToken } from '../support/tokens.ts'

const ROWS = 300_000
const STATEMENT_TIMEOUT_MS = 400
const ANSWER_MS_MAX = STATEMENT_TIMEOUT_MS + 1000
/** A machine that is busy with other tests makes everything slower: ratios are generous and have a floor. */
const SLOWER_MAX = 20
const LATENCY_MS_FLOOR = 60

const world = schema({
  things: table({ id: c.integer().primaryKey(), k: c.integer(), note: c.text(), other: c.integer() })
    .index('k')
    .policies({ select: { public: 'true' }, update: { authenticated: 'true' } }),
  // For every row, the whole of things is searched for what is not there.
  guarded: table({ id: c.integer().primaryKey(), n: c.integer() }).policies({
    select: { public: 'exists (select 1 from things t where t.other + guarded.n = -1)' },
  }),
  pairs: table({ id: c.integer().primaryKey(), n: c.integer() }).policies({
    select: { public: 'n in (select a.other + b.other + 1000000000 from things a cross join things b)' },
    insert: { public: 'n in (select a.other + b.other + 1000000000 from things a cross join things b)' },
  }),
})

let served: Served
let headers: Record<string, string>
before(async () => {
  served = await startServer({ schema: world, limits: { statementTimeoutMs: STATEMENT_TIMEOUT_MS } })
  const beside = sql(served.file)
  beside.run(`
    INSERT INTO things WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
      SELECT i, i % 10, 'note of thing number ' || i || ' with some more text to look through', i FROM n;
    INSERT INTO guarded SELECT id, id FROM things WHERE id <= 1000;
    INSERT INTO pairs SELECT id, id FROM things WHERE id <= 1000;
    ANALYZE`)
  beside.close()
  headers = as(served.keys.anon)
})
after(() => served?.close())

const rest = (path: string) => `${served.url}/rest/v1${path}`
/** Matches no row, and takes some microseconds to find out. */
const REGEX = encodeURIComponent('(a|e|i)+.*(o|u)+.*zzzz$')

interface Runaway {
  readonly name: string
  readonly path: string
  readonly method?: string
  readonly body?: string
}

const RUNAWAYS: readonly Runaway[] = [
  { name: 'a policy with an exists over another table', path: '/guarded?select=id' },
  { name: 'the same by primary key range', path: '/guarded?id=gt.0&order=id&limit=1' },
  { name: 'a cartesian product in a policy', path: '/pairs?select=id' },
  { name: 'a cartesian product in a policy, one row by its key', path: '/pairs?id=eq.1' },
  { name: 'the same in a count', path: '/pairs?select=id&limit=0', method: 'HEAD' },
  {
    name: 'an index scan with a filter on every row',
    path: `/things?select=id&k=gte.0&order=k&note=imatch.${REGEX}&limit=1`,
  },
  {
    name: 'the same in an update',
    path: `/things?k=gte.0&note=imatch.${REGEX}`,
    method: 'PATCH',
    body: '{"other":1}',
  },
  { name: 'a policy check on an insert', path: '/pairs', method: 'POST', body: '{"id":5000,"n":1}' },
]

/** Latencies in milliseconds of reads by primary key, one after the other. */
async function latencies(requests: number): Promise<number[]> {
  const taken: number[] = []
  for (let n = 1; n <= requests; n++) {
    const startedMs = performance.now()
    const answer = await ask(rest(`/things?id=eq.${n}&select=id`), { headers })
    assert.equal(answer.text, `[{"id":${n}}]`)
    taken.push(performance.now() - startedMs)
  }
  return taken
}

describe('runaway queries', () => {
  for (const runaway of RUNAWAYS) {
    test(runaway.name, async (t) => {
      await latencies(20)
      const calm = await latencies(60)
      const token =
        runaway.method === 'PATCH' ? await userToken('00000000-0000-4000-8000-000000000001') : served.keys.anon
      const startedMs = performance.now()
      let tookMs = Number.NaN
      const prefer = runaway.method === 'HEAD' ? { prefer: 'count=exact' } : {}
      const options = {
        method: runaway.method ?? 'GET',
        headers: { ...as(served.keys.anon, token), ...prefer },
        body: runaway.body,
      }
      const answered = ask(rest(runaway.path), options).then((answer) => {
        tookMs = performance.now() - startedMs
        return answer
      })
      const during: number[] = []
      while (Number.isNaN(tookMs)) during.push(...(await latencies(3)))
      const answer = await answered
      t.diagnostic(
        `${Math.round(tookMs)} ms; reads: ${percentile(calm, 0.9).toFixed(1)} → ${percentile(during, 0.9).toFixed(1)} ms at p90`,
      )
      assert.equal(answer.status, 500, answer.text)
      if (runaway.method !== 'HEAD') {
        assert.deepEqual(answer.json, {
          code: '57014',
          message: 'canceling statement due to statement timeout',
          details: null,
          hint: null,
        })
      }
      assert.ok(tookMs >= STATEMENT_TIMEOUT_MS * 0.8, `answered after ${tookMs} ms: it did not run away`)
      assert.ok(tookMs < ANSWER_MS_MAX, `answered after ${tookMs} ms`)
      const allowed = Math.max(LATENCY_MS_FLOOR, percentile(calm, 0.9) * SLOWER_MAX)
      assert.ok(percentile(during, 0.9) < allowed, `reads beside it took ${percentile(during, 0.9)} ms`)
    })
  }

  test('many at once do not exhaust the pool, and it works afterwards', async () => {
    const storm = await Promise.all(Array.from({ length: 12 }, () => ask(rest('/guarded?select=id'), { headers })))
    for (const answer of storm) assert.ok([500, 503].includes(answer.status), answer.text)
    await latencies(5)
    for (let n = 0; n < 6; n++) {
      const scan = await ask(rest('/things?select=id&note=like.*number 77 *'.replaceAll(' ', '%20')), { headers })
      assert.deepEqual([scan.status, scan.json], [200, [{ id: 77 }]], scan.text)
    }
  })

  test('a client that goes away does not keep a query running', async () => {
    await assert.rejects(ask(rest('/guarded?select=id'), { headers, timeoutMs: 50 }))
    const scan = await ask(rest('/things?select=id&note=like.*number%2078%20*'), { headers })
    assert.deepEqual(scan.json, [{ id: 78 }])
  })

  test('writes go on while a read runs away', async () => {
    const running = ask(rest('/guarded?select=id'), { headers })
    const token = await userToken('00000000-0000-4000-8000-000000000001')
    const startedMs = performance.now()
    const answer = await ask(rest('/things?id=eq.7'), {
      method: 'PATCH',
      headers: as(served.keys.anon, token),
      body: '{"other":7}',
    })
    assert.equal(answer.status, 204, answer.text)
    assert.ok(performance.now() - startedMs < STATEMENT_TIMEOUT_MS)
    await running
  })
})
