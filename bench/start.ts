/**
 * How long until the first answered request, and what an idle server holds, on examples/store.
 *
 * - default: starts of the compiled package, packed and installed as its users do, and from the checkout
 * - `--cold`: `git clone`, `npm ci` from the warm npm cache, `npm start`, first answer
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask } from '../server/test/support/http.ts'
import { memoryOf, processTree, spawnServer } from '../server/test/support/spawn.ts'
import { sleep, tempFolder } from '../server/test/support/temp.ts'
import { say, spread } from './processes.ts'

const STARTS = 7
/** Between the first answer and the look at its memory. */
const IDLE_MS = 5000
/** The unit. */
const MB = 1e6
const STORE = fileURLToPath(new URL('../examples/store', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))

interface Start {
  readonly ms: number
  readonly rssMb: number
  readonly pssMb: number
  readonly processes: number
}

async function oneStart(options: { main: string | undefined; data: string; cache: string }): Promise<Start> {
  const { main, data, cache } = options
  const startedMs = performance.now()
  const server = await spawnServer({
    project: STORE,
    data,
    env: { NODE_COMPILE_CACHE: cache },
    ...(main === undefined ? {} : { main }),
  })
  const answer = await ask(`${server.url}/rest/v1/products?limit=1`)
  const ms = performance.now() - startedMs
  if (answer.status !== 200) throw new Error(`answered ${answer.status} ${answer.text}`)
  await sleep(IDLE_MS)
  const pids = processTree(server.pid)
  const memory = memoryOf(pids)
  await server.stop()
  return { ms, rssMb: memory.rssBytes / MB, pssMb: memory.pssBytes / MB, processes: pids.length }
}

async function report(name: string, main?: string): Promise<void> {
  const folder = tempFolder()
  const cache = join(folder.path, 'compile-cache')
  try {
    const starts: Start[] = []
    for (let start = 0; start < STARTS; start++) starts.push(await oneStart({ main, data: folder.path, cache }))
    const [first, ...later] = starts
    const of = (key: keyof Start) => spread(later.map((start) => start[key]))
    say(
      `${name}: later starts ${of('ms')} ms to the first answer`,
      `  idle memory of the process tree: RSS ${of('rssMb')} MB, PSS ${of('pssMb')} MB, ${of('processes')} process(es)`,
      `  first start, which compiles and seeds: ${first?.ms.toFixed(0)} ms, RSS ${first?.rssMb.toFixed(0)} MB`,
    )
  } finally {
    folder.remove()
  }
}

/** Packs the server, installs the package in an empty folder as its users do, and gives the script of its command line. */
function installed(folder: string): string {
  const npm = (args: readonly string[], cwd: string) =>
    execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  npm(['pack', '--pack-destination', folder], join(root, 'server'))
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack made no package')
  writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}')
  npm(['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, tarball)], folder)
  return join(folder, 'node_modules/pilar/bin/pilar.mjs')
}

async function cold(): Promise<void> {
  const folder = tempFolder()
  try {
    const clone = join(folder.path, 'clone')
    execFileSync('git', ['clone', '--quiet', root, clone])
    const startedMs = performance.now()
    const server = spawn('npm', ['start'], {
      cwd: clone,
      env: { ...process.env, PORT: '0' },
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const url = await new Promise<string>((resolve) => {
      let said = ''
      server.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        const found = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(said)
        if (found !== null) resolve(found[0])
      })
    })
    const answer = await ask(`${url}/rest/v1/products?limit=1`)
    say(
      `fresh clone: npm ci and npm start to the first answer (${answer.status}): ${((performance.now() - startedMs) / 1000).toFixed(1)} s`,
    )
    process.kill(-(server.pid ?? 0), 'SIGTERM')
    await once(server, 'exit')
  } finally {
    folder.remove()
  }
}

if (process.argv.includes('--cold')) await cold()
const folder = tempFolder()
try {
  await report('installed package', installed(folder.path))
} finally {
  folder.remove()
}
await report('checkout')
