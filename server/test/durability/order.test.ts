/**
 * An answered write survives power loss. `kill -9` can't show that (the page cache survives it), so the order of system calls is looked
 * at: write to the log → fdatasync → answer. Two controls, in which syncing is off, must break the order.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { as, ask } from '../support/http.ts'
import { hasProgram, requires } from '../support/require.ts'
import { spawnServer } from '../support/spawn.ts'
import { tempFolder } from '../support/temp.ts'
import { breach, type Call, readTrace, STRACE } from './trace.ts'

const WRITES = 60
const CONNECTIONS = 6
const project = fileURLToPath(new URL('./project', import.meta.url))
const eatmydata = ['/usr/lib/x86_64-linux-gnu/libeatmydata.so', '/usr/lib/aarch64-linux-gnu/libeatmydata.so'].find(
  existsSync,
)
const needsStrace = requires('strace', hasProgram('strace'))

const marker = (id: number) => `marker-${String(id).padStart(6, '0')}-end`

/** Traces a server while `WRITES` rows are inserted on several connections; gives the calls and the markers that were answered. */
async function traced(env: Record<string, string>): Promise<{ calls: Call[]; markers: string[] }> {
  const folder = tempFolder()
  const log = join(folder.path, 'trace')
  const setEnv = Object.entries(env).flatMap(([name, value]) => ['-E', `${name}=${value}`])
  const server = await spawnServer({ project, data: folder.path, wrapper: [...STRACE, '-o', log, ...setEnv] })
  const markers: string[] = []
  try {
    const insert = async (id: number) => {
      const answer = await ask(`${server.url}/rest/v1/entries?select=note`, {
        method: 'POST',
        headers: { ...as(server.keys.service), prefer: 'return=representation' },
        body: JSON.stringify({ id, note: marker(id) }),
      })
      assert.equal(answer.status, 201, answer.text)
      markers.push(marker(id))
    }
    for (let id = 0; id < WRITES / 2; id++) await insert(id)
    const ids = Array.from({ length: WRITES / 2 }, (_, index) => WRITES / 2 + index)
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        for (let id = ids.shift(); id !== undefined; id = ids.shift()) await insert(id)
      }),
    )
    await server.stop()
    return { calls: readTrace(log), markers }
  } finally {
    await server.kill()
    folder.remove()
  }
}

const breaches = ({ calls, markers }: { calls: Call[]; markers: string[] }) =>
  markers.map((one) => breach(calls, one)).filter((found) => found !== null)

describe('the log is written and synced before the answer', { skip: needsStrace }, () => {
  test('for every answered write', async () => {
    const trace = await traced({})
    assert.equal(trace.markers.length, WRITES)
    assert.deepEqual(breaches(trace), [])
  })

  test('control: with synchronous = OFF the order breaks', async () => {
    const hook = new URL('./sabotage/synchronous-off.mjs', import.meta.url)
    const found = breaches(await traced({ NODE_OPTIONS: `--import=${hook.href}` }))
    assert.ok(found.length >= WRITES / 2, `the control was not noticed: ${found.length} of ${WRITES}`)
  })

  test('control: with libeatmydata it breaks', {
    skip: requires('libeatmydata', eatmydata !== undefined),
  }, async () => {
    const found = breaches(await traced({ LD_PRELOAD: eatmydata ?? '' }))
    assert.ok(found.length >= WRITES / 2, `the control was not noticed: ${found.length} of ${WRITES}`)
  })
})
