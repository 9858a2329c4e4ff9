/**
 * How long until the first answered request, and what an idle server holds.
 *
 * - default: later starts from the checkout, and (when it can be packed) from the installed, compiled package
 * - `--cold`: `git clone`, `npm ci` from the warm npm cache, `npm start`, first answer
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask } from '../server/test/support/http.ts'
import { memoryOf, processTree, spawnServer } from '../server/test/support/spawn.ts'
import { sleep, tempFolder } from '../server/test/support/temp.ts'
import { PROJECT, say, spread } from './processes.ts'

const STARTS = 7
const SETTLE_MS = 3000
const MIB = 1024 * 1024
const root = fileURLToPath(new URL('..', import.meta.url))

interface Start {
  readonly ms: number
  readonly rssMib: number
  readonly pssMib: number
  readonly processes: number
}

async function oneStart(options: { main?: string; project: string; data: string; cache: string }): Promise<Start> {
  const { main, project, data, cache } = options
  const startedMs = performance.now()
  const server = await spawnServer({
    project,
    data,
    env: { NODE_COMPILE_CACHE: cache },
    ...(main === undefined ? {} : { main }),
  })
  const answer = await ask(`${server.url}/rest/v1/posts?limit=1`)
  const ms = performance.now() - startedMs
  if (answer.status !== 200) throw new Error(`answered ${answer.status} ${answer.text}`)
  await sleep(SETTLE_MS)
  const pids = processTree(server.pid)
  const memory = memoryOf(pids)
  await server.stop()
  return { ms, rssMib: memory.rssBytes / MIB, pssMib: memory.pssBytes / MIB, processes: pids.length }
}

async function report(name: string, options: { main?: string; project: string }): Promise<void> {
  const folder = tempFolder()
  const cache = join(folder.path, 'compile-cache')
  try {
    const starts: Start[] = []
    for (let start = 0; start < STARTS; start++) starts.push(await oneStart({ ...options, data: folder.path, cache }))
    const [first, ...later] = starts
    const of = (key: keyof Start) => spread(later.map((start) => start[key]))
    say(
      `${name}: first start ${first?.ms.toFixed(0)} ms, later starts ${of('ms')} ms to the first answer`,
      `  idle memory of the process tree: RSS ${of('rssMib')} MiB, PSS ${of('pssMib')} MiB, ${first?.processes} process(es)`,
    )
  } finally {
    folder.remove()
  }
}

/** Packs the server, installs the package in an empty folder as its users do, and gives the script of its command line. */
function installed(folder: string): { main: string; project: string } {
  const npm = (args: readonly string[], cwd: string) =>
    execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  npm(['pack', '--pack-destination', folder], join(root, 'server'))
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack made no package')
  writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}')
  npm(['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, tarball)], folder)
  const project = join(folder, 'project')
  mkdirSync(project)
  cpSync(PROJECT, project, { recursive: true })
  return { main: join(folder, 'node_modules/pilar/bin/pilar.mjs'), project }
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
await report('checkout', { project: PROJECT })
if (existsSync(join(root, 'tools/build.ts'))) {
  const folder = tempFolder()
  try {
    await report('installed package', installed(folder.path))
  } finally {
    folder.remove()
  }
}
