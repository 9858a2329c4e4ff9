/**
 * A small keep-alive load generator, run as a process of its own so that it shares no event loop with what it measures. Each
 * connection sends its next request as soon as the last answer is whole (closed loop, no pipelining). It reads no more of an answer
 * than it must (status line, content-length), because on a small machine the generator's own cost is measured too.
 *
 * Reads jobs as JSON lines from stdin, `{url, method, path, headers, body, connections, durationMs}`; writes one `LoadResult` line per job.
 */
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface LoadJob {
  readonly url: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** `{n}` is replaced by a number that no other request of this process has. */
  readonly body: string | null
  readonly connections: number
  readonly durationMs: number
}

export interface LoadResult {
  readonly requests: number
  readonly errors: number
  readonly seconds: number
  readonly perSecond: number
  readonly latencyMsP50: number
  readonly latencyMsP99: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
let serial = 0

function requestText(job: LoadJob): (body: string | null) => string {
  const head = Object.entries({ host: new URL(job.url).host, ...job.headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  const start = `${job.method} ${job.path} HTTP/1.1\r\n${head.join('')}`
  return (body) =>
    body === null ? `${start}\r\n` : `${start}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Bytes of the whole answer, or 0 while its head is not complete. Every server measured here sends content-length. */
function answerBytes(data: Buffer): number {
  const headEnd = data.indexOf(HEAD_END)
  if (headEnd < 0) return 0
  const head = data.toString('latin1', 0, headEnd)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined && !head.startsWith('HTTP/1.1 204')) throw new Error(`no content-length in:\n${head}`)
  return headEnd + HEAD_END.length + Number(length ?? 0)
}

interface Tally {
  readonly latencies: number[]
  errors: number
  running: boolean
}

function drive(job: LoadJob, tally: Tally): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const { hostname, port } = new URL(job.url)
  const text = requestText(job)
  const fixed = job.body === null ? text(null) : null
  const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true })
  let sentMs = 0
  let pending: Buffer | null = null
  let bytes = 0

  const next = () => {
    if (!tally.running) return void socket.end(() => resolve())
    sentMs = performance.now()
    socket.write(fixed ?? text((job.body ?? '').replaceAll('{n}', String(serial++))))
  }
  socket.on('connect', next)
  socket.on('error', reject)
  socket.on('close', () => resolve())
  socket.on('data', (chunk) => {
    pending = pending === null ? chunk : Buffer.concat([pending, chunk])
    if (bytes === 0) bytes = answerBytes(pending)
    if (bytes === 0 || pending.length < bytes) return
    tally.latencies.push(performance.now() - sentMs)
    // `HTTP/1.1 2xx`: the tenth byte decides.
    if (pending[9] !== 0x32) tally.errors++
    pending = null
    bytes = 0
    next()
  })
  return promise
}

async function runJob(job: LoadJob): Promise<LoadResult> {
  const tally: Tally = { latencies: [], errors: 0, running: true }
  const startedMs = performance.now()
  const drivers = Array.from({ length: job.connections }, () => drive(job, tally))
  setTimeout(() => {
    tally.running = false
  }, job.durationMs)
  await Promise.all(drivers)
  const seconds = (performance.now() - startedMs) / 1000
  const sorted = Float64Array.from(tally.latencies).sort()
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
  return {
    requests: sorted.length,
    errors: tally.errors,
    seconds,
    perSecond: sorted.length / seconds,
    latencyMsP50: at(0.5),
    latencyMsP99: at(0.99),
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const result = await runJob(JSON.parse(line) as LoadJob)
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
