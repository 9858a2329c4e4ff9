/**
 * Three reads, Pilar against a hand-written server (handwritten.ts), in the same run and interleaved (A B A B …), so that whatever else
 * the machine does meets both. Before it measures it checks that both answer with the same status, headers and bytes. It prints the ratio
 * of requests per second (Pilar / hand-written; 1 is as fast, the target is ≥ 0.6) and of CPU time per request, which a busy machine
 * disturbs less.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Answer, as, ask } from '../server/test/support/http.ts'
import { type Spawned, spawnServer } from '../server/test/support/spawn.ts'
import { tempFolder } from '../server/test/support/temp.ts'
import {
  type Child,
  copyDatabase,
  cpuSeconds,
  drive,
  fill,
  line,
  PROJECT,
  say,
  spread,
  startScript,
} from './processes.ts'

const REQUESTS: Readonly<Record<string, readonly string[]>> = {
  'list of 20 × 6': ['/rest/v1/posts?select=id,title,status,score,author_id,created_at&order=created_at.desc&limit=20'],
  'get by key': ['/rest/v1/posts?select=id,title,status,score,author_id,created_at&id=eq.4321'],
  'list of 20 with one embed': [
    '/rest/v1/posts?select=id,title,created_at,author:profiles(id,name)&order=created_at.desc&limit=20',
  ],
}
const WARM_UP_MS = 1500

interface Servers {
  readonly pilar: Spawned
  readonly handwritten: Child
  readonly handwrittenUrl: string
  readonly generator: Child
  readonly headers: Readonly<Record<string, string>>
  readonly stop: () => Promise<void>
}

async function start(env: Readonly<Record<string, string>>, main: string | undefined): Promise<Servers> {
  const folder = tempFolder()
  const options = { project: PROJECT, data: folder.path, env, ...(main === undefined ? {} : { main }) }
  // The first start makes the tables, the second serves them filled.
  const maker = await spawnServer(options)
  await maker.stop()
  fill(maker.file)
  const copy = join(folder.path, 'handwritten.sqlite')
  copyDatabase(maker.file, copy)
  const pilar = await spawnServer(options)
  const handwritten = startScript('./handwritten.ts', [copy, pilar.keys.anon])
  const generator = startScript('./load.ts', [])
  const { 'content-type': _, ...headers } = as(pilar.keys.anon)
  const stop = async () => {
    await Promise.all([pilar.kill(), handwritten.stop(), generator.stop()])
    folder.remove()
  }
  return { pilar, handwritten, handwrittenUrl: await line(handwritten), generator, headers, stop }
}

function comparable({ status, headers, text }: Answer): string {
  const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...rest } = headers
  return JSON.stringify({ status, headers: Object.entries(rest).sort(), text }, null, 1)
}

async function assertSame(servers: Servers, path: string): Promise<void> {
  const [ours, theirs] = await Promise.all(
    [servers.pilar.url, servers.handwrittenUrl].map((url) => ask(url + path, { headers: servers.headers })),
  )
  if (ours === undefined || theirs === undefined) throw new Error('no answer')
  if (ours.status !== 200 || comparable(ours) !== comparable(theirs)) {
    assert.equal(comparable(ours), comparable(theirs), `the servers differ on ${path}`)
    throw new Error(`${path} answered ${ours.status}`)
  }
}

async function measure(
  servers: Servers,
  path: string,
  options: { rounds: number; durationMs: number; connections: number },
) {
  const { pilar, handwritten, handwrittenUrl, generator, headers } = servers
  const sides = [
    { url: pilar.url, pid: pilar.pid },
    { url: handwrittenUrl, pid: handwritten.child.pid ?? 0 },
  ] as const
  const job = (url: string, durationMs: number) => ({
    url,
    method: 'GET',
    path,
    headers,
    body: null,
    connections: options.connections,
    durationMs,
  })
  for (const { url } of sides) await drive(generator, job(url, WARM_UP_MS))
  const rounds: { perSecond: number; cpuMs: number; latencyMsP99: number }[][] = []
  for (let round = 0; round < options.rounds; round++) {
    const results: { perSecond: number; cpuMs: number; latencyMsP99: number }[] = []
    for (const { url, pid } of sides) {
      const before = cpuSeconds(pid)
      const result = await drive(generator, job(url, options.durationMs))
      if (result.errors > 0) throw new Error(`${result.errors} errors at ${url}${path}`)
      results.push({ ...result, cpuMs: ((cpuSeconds(pid) - before) * 1000) / result.requests })
    }
    rounds.push(results)
  }
  const pairs = rounds.map(([ours, theirs]) => {
    if (ours === undefined || theirs === undefined) throw new Error('a round is missing')
    return { ours, theirs }
  })
  return {
    throughput: spread(pairs.map(({ ours, theirs }) => ours.perSecond / theirs.perSecond)),
    cpu: spread(pairs.map(({ ours, theirs }) => theirs.cpuMs / ours.cpuMs)),
    ours: spread(pairs.map(({ ours }) => ours.perSecond)),
    theirs: spread(pairs.map(({ theirs }) => theirs.perSecond)),
    cpuMs: `${spread(pairs.map(({ ours }) => ours.cpuMs * 1000))} µs against ${spread(pairs.map(({ theirs }) => theirs.cpuMs * 1000))} µs`,
  }
}

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== 'rest'),
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '16' },
    only: { type: 'string', default: '' },
    main: { type: 'string' },
    profile: { type: 'string' },
  },
})
const profiling: Record<string, string> =
  values.profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${values.profile}` }
const servers = await start(profiling, values.main)
try {
  for (const [name, [path = '']] of Object.entries(REQUESTS)) {
    if (!name.includes(values.only)) continue
    await assertSame(servers, path)
    const result = await measure(servers, path, {
      rounds: Number(values.rounds),
      durationMs: Number(values.seconds) * 1000,
      connections: Number(values.connections),
    })
    say(
      `${name}`,
      `  requests per second, Pilar / hand-written   ${result.throughput}`,
      `  the same by CPU time of the server          ${result.cpu}`,
      `  requests per second  ${result.ours} against ${result.theirs}; CPU per request ${result.cpuMs}`,
    )
  }
  if (values.profile !== undefined) await servers.pilar.stop()
} finally {
  await servers.stop()
}
