/**
 * How long requests take while a server takes a changed schema, beside the same load before: the slowest request during each change against the
 * 99th percentile before it. The server is a process of its own. `--rows N` (100,000) in the table that changes, `--tables N` (28) beside it.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fillShop, shopping, versions } from '../server/test/support/changing-shop.ts'
import { as } from '../server/test/support/http.ts'
import { LiveLoad } from '../server/test/support/live-load.ts'
import { startServer } from '../server/test/support/server.ts'
import { percentile, sleep } from '../server/test/support/temp.ts'
import { say } from './processes.ts'

const CLIENTS = 8
const REST_MS = 20
/** Of the load before each change. */
const BEFORE_MS = 3000

const { values } = parseArgs({
  options: { rows: { type: 'string' }, tables: { type: 'string' }, serve: { type: 'boolean' } },
  args: process.argv.slice(process.argv[2] === 'swap' ? 3 : 2),
})
const rows = Number(values.rows ?? 100_000)
const schemas = versions(Number(values.tables ?? 28))

/** The server: takes the version whose number it is sent. */
async function serve(): Promise<void> {
  const server = await startServer({ schema: schemas[0]?.definition ?? null, task: 'develop' })
  fillShop(server.file, rows)
  process.on('message', async (version: number) => {
    const definition = schemas[version]?.definition
    if (definition === undefined) await server.close()
    else await server.app.reload(definition)
    process.send?.('done')
    if (definition === undefined) process.disconnect()
  })
  process.send?.({ url: server.url, key: server.keys.anon })
}

async function measure(): Promise<void> {
  const args = ['--serve', '--rows', String(rows), '--tables', String(values.tables ?? 28)]
  const child = fork(fileURLToPath(import.meta.url), args)
  const [{ url, key }] = (await once(child, 'message')) as [{ readonly url: string; readonly key: string }]
  const { next } = shopping(rows, 11)
  const load = new LiveLoad({ url, headers: as(key), clients: CLIENTS, next, restMs: REST_MS })
  await sleep(BEFORE_MS)
  for (const [version, { name }] of schemas.entries()) {
    if (version === 0) continue
    const quietMs = performance.now()
    await sleep(BEFORE_MS)
    const startMs = performance.now()
    const before = percentile(load.between(quietMs, startMs), 0.99)
    child.send(version)
    await once(child, 'message')
    const endMs = performance.now()
    await sleep(100)
    const during = load.between(startMs, endMs + 50)
    const slowest = during.at(-1) ?? 0
    say(
      `${name}: ${(endMs - startMs).toFixed(0)} ms, ${during.length} requests, p99 before ${before.toFixed(1)} ms, ` +
        `p99 during ${percentile(during, 0.99).toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms (${(slowest / before).toFixed(1)} × p99 before): ` +
        `${load.slowest(startMs, endMs + 50)?.what ?? 'none'}`,
    )
  }
  await load.stop()
  child.send(schemas.length)
  await once(child, 'message')
  say(`${load.answered.length} requests, ${load.failures.length} failed or wrong ${load.failures[0] ?? ''}`)
}

await (values.serve === true ? serve() : measure())
