/**
 * What changes of a large table take, and how long others wait meanwhile: one `pilar migrate apply` (or `undo`) after the other on a table of
 * `--rows N` (1,000,000) rows, while another process inserts a row each 5 ms. After each, every value of every row is compared with what it has to be.
 * `--only TEXT` shows the changes with this in their names alone.
 */
import { fork, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { percentile, sleep, tempFolder } from '../server/test/support/temp.ts'
import { type Change, changes, FIRST, fillStatements, firstSchema } from './migrations-steps.ts'
import type { Written } from './migrations-writer.ts'
import { say } from './processes.ts'

const MAIN = fileURLToPath(new URL('../server/src/cli/main.ts', import.meta.url))
const WRITER = fileURLToPath(new URL('./migrations-writer.ts', import.meta.url))
const WATCH_MS = 50
const MB = 1e6
/** The writer writes alone before and after. */
const QUIET_MS = 300

const { values: options } = parseArgs({
  options: { rows: { type: 'string' }, only: { type: 'string' }, keep: { type: 'boolean' } },
  args: process.argv.slice(process.argv[2] === 'migrations' ? 3 : 2),
})
const rows = Number(options.rows ?? 1_000_000)
const folder = tempFolder()
const file = join(folder.path, '.pilar/data.db')

interface Figures {
  readonly ms: number
  readonly copied: boolean
  /** The highest there was, and what that was half-way: memory that grows with the rows shows. */
  readonly rssMb: number
  readonly rssHalfMb: number
  readonly walMb: number
}

/** Runs one command, and watches it. */
async function pilar(...args: readonly string[]): Promise<Figures> {
  const startMs = performance.now()
  const env = { ...process.env, PILAR_LOG: 'error' }
  const child = spawn(process.execPath, [MAIN, 'migrate', ...args], {
    cwd: folder.path,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
  const closed = once(child, 'close')
  let isDone = false
  const watched = watch(child.pid ?? 0, () => isDone)
  const [code] = (await closed) as [number]
  const ms = performance.now() - startMs
  isDone = true
  if (code !== 0) throw new Error(`pilar migrate ${args.join(' ')} ended with ${code}:\n${said}`)
  return { ms, ...(await watched) }
}

async function watch(pid: number, isDone: () => boolean): Promise<Omit<Figures, 'ms'>> {
  let figures = { copied: false, walMb: 0 }
  const peaksMb: number[] = []
  while (!isDone()) {
    await sleep(WATCH_MS)
    figures = {
      copied: figures.copied || hasCopies(),
      walMb: Math.max(figures.walMb, sizeMb(`${file}-wal`)),
    }
    peaksMb.push(peakMb(pid))
  }
  const half = peaksMb[Math.floor(peaksMb.length / 2)] ?? 0
  return { ...figures, rssMb: Math.max(...peaksMb), rssHalfMb: half }
}

/** The kernel's own highest value: nothing between two looks is missed. */
function peakMb(pid: number): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return (Number(kib ?? 0) * 1024) / MB
  } catch {
    return 0
  }
}

function sizeMb(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / MB
}

function hasCopies(): boolean {
  if (sizeMb(file) === 0) return false
  return query("SELECT count(*) AS n FROM sqlite_schema WHERE name LIKE 'pilar.copy%'") > 0
}

function query(sql: string): number {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 })
  try {
    return Number(database.prepare(sql).get()?.['n'])
  } finally {
    database.close()
  }
}

/** Compares all values with what they have to be, and gives a checksum of them. */
function check({ name, table, values }: Pick<Change, 'name' | 'table' | 'values'>): string {
  const columns = Object.entries(values)
  if (columns.length === 0) return '–'
  const hash = createHash('sha256')
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const statement = database.prepare(
      `SELECT id, ${columns.map(([column]) => column).join(', ')} FROM ${table} ORDER BY id`,
    )
    statement.setReturnArrays(true)
    let seen = 0
    for (const row of statement.iterate() as unknown as Iterable<readonly (string | number | null)[]>) {
      const id = Number(row[0])
      if (id !== ++seen) throw new Error(`${name}: the row ${seen} is missing`)
      for (const [at, [column, value]] of columns.entries()) {
        const found = row[at + 1]
        const isRight = value === 'some' ? found !== null : found === value(id) || (id > rows && isMissed(found))
        if (!isRight) throw new Error(`${name}: ${column} of the row ${id} is ${JSON.stringify(found)}`)
      }
      if (id <= rows) hash.update(JSON.stringify(row.filter((_, at) => at === 0 || columns[at - 1]?.[1] !== 'some')))
    }
    if (seen < rows) throw new Error(`${name}: ${seen} of ${rows} rows`)
    return hash.digest('hex').slice(0, 12)
  } finally {
    database.close()
  }
}

/** In rows that were written while the column was out of sight. */
const isMissed = (found: unknown): boolean => found === null || String(found).startsWith('?')

function declare(text: string): void {
  writeFileSync(join(folder.path, 'schema.ts'), text)
}

async function fill(): Promise<void> {
  declare(firstSchema)
  await pilar('apply', '--yes')
  const database = new DatabaseSync(file)
  for (const statement of fillStatements(rows)) database.exec(statement)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
}

interface Line extends Figures, Written {
  readonly name: string
  readonly fileMb: number
  readonly sum: string
}

const row = (...cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(cell < 100 ? 1 : 0) : cell)).join(' | ')} |`

function show({ name, ms, copied, slowestAtMs, rssHalfMb, rssMb, walMb, fileMb, sum, waits: all }: Line): void {
  const waits = [percentile(all, 0.5), percentile(all, 0.99), percentile(all, 1)]
  const what = copied ? 'copy' : 'in place'
  say(row(name, ms / 1000, what, ...waits, slowestAtMs / 1000, all.length, rssHalfMb, rssMb, walMb, fileMb, sum))
}

async function measure(): Promise<void> {
  await fill()
  say(
    `${rows} rows, ${sizeMb(file).toFixed(0)} MB, checksum ${check({ name: 'at first', table: 'orders', values: FIRST })}`,
  )
  say(
    row(
      'change',
      's',
      'how',
      'wait p50 ms',
      'p99',
      'max',
      'at s',
      'rows written',
      'RSS half-way MB',
      'RSS MB',
      'WAL MB',
      'file MB',
      'checksum',
    ),
  )
  say(row(...Array.from({ length: 13 }, () => '---')))
  const writer = fork(WRITER, [file, String(rows)])
  await once(writer, 'message')
  try {
    for (const change of changes()) {
      if (change.schema !== null) declare(change.schema)
      writer.send('start')
      await sleep(QUIET_MS)
      const args = change.schema === null ? ['undo', '--yes', '--no-backup'] : ['apply', '--yes', '--no-backup']
      const figures = await pilar(...args)
      await sleep(QUIET_MS)
      writer.send('stop')
      const [written] = (await once(writer, 'message')) as [Written]
      const line = { ...figures, ...written, name: change.name, fileMb: sizeMb(file), sum: check(change) }
      if (change.name.includes(options.only ?? '')) show(line)
    }
  } finally {
    writer.kill()
  }
}

try {
  await measure()
} finally {
  if (options.keep !== true) folder.remove()
}
