/**
 * Group commit: single-row inserts under 32 connections, with every sync slowed to 5 ms by strace (a cloud disk, not this machine's
 * cache; Node's SQLite calls fsync, others fdatasync), against a hand-written server that commits, and so syncs, once per request. The target is ≥ 5 times as many.
 */
import { join } from 'node:path'
import { as } from '../server/test/support/http.ts'
import { spawnServer } from '../server/test/support/spawn.ts'
import { tempFolder } from '../server/test/support/temp.ts'
import { drive, line, PROJECT, say, spread, startScript } from './processes.ts'

const CONNECTIONS = 32
const ROUNDS = 5
const DURATION_MS = 3000
const SLOW_SYNC = [
  'strace',
  '-f',
  '-qq',
  '-o',
  '/dev/null',
  '-e',
  'trace=fsync,fdatasync',
  '-e',
  'inject=fsync,fdatasync:delay_exit=5000',
]

const folder = tempFolder()
const pilar = await spawnServer({ project: PROJECT, data: folder.path, wrapper: SLOW_SYNC })
const single = startScript('./one-sync-each.ts', [join(folder.path, 'single.sqlite')], SLOW_SYNC)
const generator = startScript('./load.ts', [])
try {
  const singleUrl = await line(single)
  const job = (url: string) => ({
    url,
    method: 'POST',
    path: '/rest/v1/entries',
    headers: as(pilar.keys.anon),
    body: '{"note":"entry number {n}"}',
    connections: CONNECTIONS,
    durationMs: DURATION_MS,
  })
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const [url, figures] of [
      [pilar.url, ours],
      [singleUrl, theirs],
    ] as const) {
      const result = await drive(generator, job(url))
      if (result.errors > 0) throw new Error(`${result.errors} errors at ${url}`)
      figures.push(result.perSecond)
    }
  }
  say(
    `inserts per second, ${CONNECTIONS} connections, syncs of 5 ms: ${spread(ours)} against ${spread(theirs)} with one sync each`,
    `  ratio ${spread(ours.map((figure, round) => figure / (theirs[round] ?? Number.NaN)))}`,
  )
} finally {
  await Promise.all([pilar.kill(), single.stop(), generator.stop()])
  folder.remove()
}
