/** Pilar as a process of its own, as people start it, so that it can be traced, killed and measured. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Served } from './server.ts'
import { SECRET } from './tokens.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const START_TIMEOUT_MS = 30_000

export interface SpawnOptions {
  /** Folder with a schema.ts. */
  readonly project: string
  /** Folder for the database file and whatever else the server keeps. */
  readonly data: string
  /** The command that runs it, `node` being added behind: `['strace', '-f', …]`. */
  readonly wrapper?: readonly string[]
  /** Script of the command line; the sources by default. */
  readonly main?: string
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
}

export interface Spawned {
  readonly url: string
  readonly keys: Served['keys']
  readonly file: string
  /** Of the process that was started: the wrapper, where there is one. */
  readonly pid: number
  /** SIGKILL to the whole process group, at once. */
  readonly kill: () => Promise<void>
  /** SIGTERM; gives the exit code once all of it is gone. */
  readonly stop: () => Promise<number>
}

/** Starts `pilar start` on a free port and waits until it says that it listens. */
export async function spawnServer(options: SpawnOptions): Promise<Spawned> {
  const file = join(options.data, 'data.sqlite')
  const [command = '', ...before] = [...(options.wrapper ?? []), process.execPath]
  const args = [
    'start',
    '--json',
    '--port',
    '0',
    '--data',
    options.data,
    '--database',
    `sqlite:${file}`,
    '--project',
    options.project,
  ]
  const child = spawn(command, [...before, options.main ?? MAIN, ...args, ...(options.args ?? [])], {
    // A group of its own: one signal reaches the server, its children and whatever wraps it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(), PILAR_JWT_SECRET: SECRET, PILAR_LOG: 'error', HOST: '127.0.0.1', ...options.env },
  })
  const { url, keys } = await firstLine(child)
  const exited = once(child, 'exit')
  return {
    url,
    file,
    keys: { anon: keys.anon, service: keys.service_role, publishable: keys.publishable, secret: keys.secret },
    pid: child.pid ?? 0,
    kill: async () => {
      signalGroup(child, 'SIGKILL')
      await exited
    },
    stop: async () => {
      signalGroup(child, 'SIGTERM')
      const [code] = await exited
      return code ?? -1
    },
  }
}

function signalGroup(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): void {
  try {
    process.kill(-(child.pid ?? 0), signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Without what the test runner tells its own children. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  return env
}

interface Started {
  readonly url: string
  readonly keys: { anon: string; service_role: string; publishable: string; secret: string }
}

function firstLine(child: ChildProcess): Promise<Started> {
  const { promise, resolve, reject } = Promise.withResolvers<Started>()
  let said = ''
  const timer = setTimeout(() => {
    signalGroup(child, 'SIGKILL')
    reject(new Error(`the server did not start within ${START_TIMEOUT_MS} ms:\n${said}`))
  }, START_TIMEOUT_MS)
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  child.once('error', reject)
  child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it listened:\n${said}`)))
  if (child.stdout === null) throw new Error('no stdout')
  createInterface({ input: child.stdout }).on('line', (line) => {
    said += `${line}\n`
    if (line.startsWith('{')) resolve(JSON.parse(line) as Started)
  })
  return promise.finally(() => clearTimeout(timer))
}

/** The process and all of its descendants. */
export function processTree(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = readOr(`/proc/${name}/stat`)
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const tree = [pid]
  for (const member of tree) for (const [child, parent] of parents) if (parent === member) tree.push(child)
  return tree
}

export interface Memory {
  readonly rssBytes: number
  /** Proportional set size: shared pages are divided among those who share them. */
  readonly pssBytes: number
}

export function memoryOf(pids: readonly number[]): Memory {
  const total = (name: string) =>
    pids.reduce((sum, pid) => {
      const kib = new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(readOr(`/proc/${pid}/smaps_rollup`))?.[1]
      return sum + Number(kib ?? 0) * 1024
    }, 0)
  return { rssBytes: total('Rss'), pssBytes: total('Pss') }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
