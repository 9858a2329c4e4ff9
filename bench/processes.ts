/** The processes of a benchmark: Pilar, the hand-written server, and the load generator, each on its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import { createInterface, type Interface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { processTree } from '../server/test/support/spawn.ts'
import type { LoadJob, LoadResult } from './load.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
export const PROJECT = here('./project')

export interface Child {
  /** Lines of its output. */
  readonly lines: AsyncIterator<string>
  readonly child: ChildProcess
  readonly stop: () => Promise<void>
}

export function startScript(script: string, args: readonly string[], wrapper: readonly string[] = []): Child {
  const [command = '', ...rest] = [...wrapper, process.execPath, here(script), ...args]
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  if (child.stdout === null) throw new Error('no stdout')
  const reader: Interface = createInterface({ input: child.stdout })
  return {
    child,
    lines: reader[Symbol.asyncIterator](),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      process.kill(-(child.pid ?? 0), 'SIGKILL')
      await exited
    },
  }
}

export async function line(child: Child): Promise<string> {
  const next = await child.lines.next()
  if (next.done) throw new Error('the process ended')
  return next.value
}

/** Runs one job in the generator's process. */
export async function drive(generator: Child, job: LoadJob): Promise<LoadResult> {
  generator.child.stdin?.write(`${JSON.stringify(job)}\n`)
  return JSON.parse(await line(generator)) as LoadResult
}

const CLOCK_TICKS_PER_SECOND = 100

/** User and system time that the process and its descendants have used so far. */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, member) => {
    const stat = readFileSync(`/proc/${member}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND
  }, 0)
}

const PROFILES = 1000
const POSTS = 50_000

/** Fills the tables that Pilar made from project/schema.ts. Three posts of four are published. */
export function fill(file: string): void {
  const database = new DatabaseSync(file)
  database.exec(`
    INSERT INTO profiles (id, name, active)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${PROFILES}) SELECT i, 'Profile ' || i, 1 FROM n;
    INSERT INTO posts (id, title, status, score, author_id, created_at)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${POSTS})
      SELECT i, 'The title of post number ' || i, iif(i % 4, 'published', 'draft'), i * 7 % 1000, 1 + i * 13 % ${PROFILES},
        strftime('%Y-%m-%dT%H:%M:%S+00:00', 1700000000 + i * 60, 'unixepoch') FROM n;
    ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)`)
  database.close()
}

export function copyDatabase(file: string, copy: string): void {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  copyFileSync(file, copy)
}

/** `median (min – max)` with two decimals. */
export function spread(figures: readonly number[]): string {
  const sorted = [...figures].sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  return `${middle.toFixed(2)} (${sorted[0]?.toFixed(2)} – ${sorted.at(-1)?.toFixed(2)})`
}

export function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
