/** Random migrations, each killed after every message to the writer and amid it: what a power cut or an impatient person does. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PilarError } from '../../src/errors/error.ts'
import { SchemaProblems } from '../../src/pipeline/declare.ts'
import { applyMigration } from '../../src/pipeline/migrate/apply-migration.ts'
import { withLease } from '../../src/pipeline/migrate/lease.ts'
import { planMigration } from '../../src/pipeline/migrate/plan-migration.ts'
import { loadGrammar } from '../../src/policy/expression/index.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { Random } from '../simulate/random.ts'
import { mutateDefinition } from '../support/mutate-catalog.ts'
import { randomDefinition } from '../support/random-catalog.ts'
import { tempFolder } from '../support/temp.ts'
import { copyDatabase, fastFolder, TestDatabase } from './database.ts'
import { fillTables } from './random-writes.ts'
import { dumpLines, faults, leftOvers } from './snapshot.ts'

const CHILD = fileURLToPath(new URL('./kill-child.ts', import.meta.url))
const COMPILED = join(tmpdir(), 'pilar-test-compiled')
const { signal } = new AbortController()
/** Shorter than a process takes to start. */
const LEASE_MS = 250
/** What a waiting process may take longer than the lease: it asks again every 200 ms. */
const LATE_MS = 2_000

export interface KillOptions {
  readonly migrations: number
  readonly seed: number
  readonly stride?: number
  /** Only after each message, not amid it. */
  readonly isBetweenOnly?: boolean
  /** Runs each step by itself: has to be noticed. */
  readonly isBroken?: boolean
}

export interface KillFigures {
  migrations: number
  kills: number
  /** How often the database was found as before and as afterwards. */
  before: number
  after: number
  /** The longest that the next process waited for the lease of the killed one. */
  longestWaitMs: number
}

interface Case {
  readonly file: string
  readonly definition: SchemaDefinition
  /** All that can be seen of the database, and how many messages it takes. */
  readonly before: string
  readonly after: string
}

/** Throws at the first kill that leaves something else than one of the two states. */
export async function runKills(options: KillOptions): Promise<KillFigures> {
  const { migrations, seed, stride = 1 } = options
  await loadGrammar()
  const folder = tempFolder(fastFolder())
  const figures: KillFigures = { migrations: 0, kills: 0, before: 0, after: 0, longestWaitMs: 0 }
  try {
    for (let at = seed; figures.migrations < migrations; at += stride) {
      const made = await randomCase(join(folder.path, `${at}`), new Random(at))
      if (made === null) continue
      figures.migrations++
      try {
        await killEverywhere(made, options, figures)
      } catch (error) {
        throw new Error(`seed ${at}: ${error instanceof Error ? error.message : error}`, { cause: error })
      }
    }
  } finally {
    folder.remove()
  }
  return figures
}

/** Null where the rows refuse the change, or nothing is to be done. */
async function randomCase(file: string, random: Random): Promise<Case | null> {
  const first = randomDefinition(random)
  const database = await TestDatabase.open(file, { writer: 'here' })
  try {
    await apply(database, first)
    fillTables({ database: database.raw, catalog: await database.structure.introspect(signal), random })
    const before = visible(database)
    database.raw.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    copyDatabase(file, `${file}.before`)
    const definition = mutateDefinition(first, random, [first])
    if ((await apply(database, definition)) === 0) return null
    writeFileSync(`${file}.killed.json`, JSON.stringify({ definition }))
    const after = visible(database)
    return (await appliedAgain(file, definition)) === after ? { file, definition, before, after } : null
  } catch (error) {
    if (error instanceof PilarError || error instanceof SchemaProblems) return null
    throw error
  } finally {
    await database.close()
  }
}

/** Random values and moments are others each time: such migrations can't be compared. */
async function appliedAgain(file: string, definition: SchemaDefinition): Promise<string> {
  copyDatabase(`${file}.before`, `${file}.again`)
  const database = await TestDatabase.open(`${file}.again`, { writer: 'here' })
  try {
    await apply(database, definition)
    return visible(database)
  } finally {
    await database.close()
  }
}

async function apply({ structure }: TestDatabase, definition: SchemaDefinition): Promise<number> {
  const plan = await planMigration({ structure, definition, signal })
  const entry = { name: null, checksum: null, kind: 'apply', undoes: null } as const
  await withLease(structure, { holder: 'a test', signal }, (lease) =>
    applyMigration(plan, { structure, lease, entry, backup: async () => {}, signal }),
  )
  return plan.steps.length
}

/** All that anybody sees: not the moment and the length in the journal, nor what is still to be swept. */
function visible({ raw }: TestDatabase): string {
  const isHidden = /pilar\.(copy|rubbish)|^pilar\.migrations: /
  const lines = dumpLines(raw).filter((line) => !isHidden.test(line))
  const journal = raw.prepare('SELECT kind, undoes, steps, before, after FROM "pilar.migrations" ORDER BY id').all()
  return [...lines, ...journal.map((row) => JSON.stringify(row))].join('\n').replaceAll(MOMENT, 'then')
}

const MOMENT = /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g

async function killEverywhere(
  made: Case,
  { isBroken = false, isBetweenOnly = false }: KillOptions,
  figures: KillFigures,
): Promise<void> {
  const killed = `${made.file}.killed`
  for (let point = 1; ; point += isBetweenOnly ? 1 : 0.5) {
    copyDatabase(`${made.file}.before`, killed)
    if (!(await runUntil(killed, point, isBroken))) return
    figures.kills++
    const database = await TestDatabase.open(killed, { writer: 'here' })
    try {
      await checkKilled(database, made, figures)
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      throw new Error(`killed at message ${point}: ${text.slice(0, 3000)}`, { cause: error })
    } finally {
      await database.close()
    }
  }
}

async function checkKilled(database: TestDatabase, made: Case, figures: KillFigures): Promise<void> {
  const { raw } = database
  const found = visible(database)
  const isBefore = found === made.before
  if (isBefore) figures.before++
  else {
    figures.after++
    requireSame(found, made.after, 'neither as before nor as afterwards')
  }
  assert.deepEqual(faults(raw), [])
  const startMs = performance.now()
  const lease = await database.structure.acquireLease({ holder: 'the next', signal })
  const waitedMs = performance.now() - startMs
  figures.longestWaitMs = Math.max(figures.longestWaitMs, Math.round(waitedMs))
  assert.ok(waitedMs < LEASE_MS + LATE_MS, `the lease of the killed process was waited for ${waitedMs} ms`)
  await lease.release()
  const steps = await apply(database, made.definition)
  assert.equal(steps > 0, isBefore, 'what is to be done is what was not done')
  requireSame(visible(database), made.after, 'not as afterwards')
  await withLease(database.structure, { holder: 'the next', signal }, (held) =>
    database.structure.tidy({ lease: held, signal }),
  )
  assert.deepEqual(leftOvers(raw), [])
  assert.deepEqual(faults(raw), [])
}

/** The first line that differs is enough. */
function requireSame(found: string, expected: string, message: string): void {
  if (found === expected) return
  const [a, b] = [found.split('\n'), expected.split('\n')]
  const at = a.findIndex((line, index) => line !== b[index])
  assert.fail(`${message}: ${a[at]?.slice(0, 1000)}\nbut expected: ${b[at]?.slice(0, 1000)}`)
}

/** True when it was killed; false when it came to its end before. */
function runUntil(file: string, point: number, isBroken: boolean): Promise<boolean> {
  const options = [CHILD, file, String(point), String(LEASE_MS), ...(isBroken ? ['broken'] : [])]
  // Compiling what it imports would take most of its time.
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILED }
  const child = spawn(process.execPath, options, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('close', (code, by) => {
      if (by === 'SIGKILL') resolve(true)
      else if (code === 0) resolve(false)
      else reject(new Error(`the child ended with ${code}: ${errors}`))
    })
  })
}
