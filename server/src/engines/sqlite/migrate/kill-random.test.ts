import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import { Random } from '../../../../test/simulate/random.ts'
import { mutateDefinition } from '../../../../test/support/mutate-catalog.ts'
import { catalogFrom, randomDefinition } from '../../../../test/support/random-catalog.ts'
import { caseCount } from '../../../../test/support/require.ts'
import { PilarError } from '../../../errors/error.ts'
import { loadGrammar } from '../../../policy/expression/index.ts'
import type { Catalog } from '../../../schema/catalog.ts'
import { applySteps } from '../../../schema/migration/apply-steps.ts'
import { diff } from '../../../schema/migration/diff.ts'
import { explainStep } from '../../../schema/migration/explain-step.ts'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import { systemCatalog, systemPart } from '../../../schema/system-tables.ts'
import { Fuel } from '../connection.ts'
import { GroupCommit } from '../group-commit.ts'
import { introspect } from '../introspect.ts'
import { ExpectedStructure, VersionReader } from '../structure-version.ts'
import { registerFunctions } from '../udf/register.ts'
import { performTask } from './perform.ts'
import { fill, shown } from './random-rows.suite.ts'
import { type Ask, runMigration, sweepAll } from './run.ts'
import { AT, databaseOf, migrate, planOf } from './run-plainly.suite.ts'
import { firstDifference } from './same-structure.ts'

before(() => loadGrammar())

const SEED = Number(process.env['PILAR_SEED'] ?? 1)
const CASES = caseCount({ local: 8, ci: 200 })
const signal = new AbortController().signal

/** When every lease has run out. */
const LONG_AFTER = 1e15

class Killed extends Error {}

/** A process that does `tasks` of the writer's transactions and is gone then. */
function processOn(database: DatabaseSync, tasks: number): { ask: Ask; done: () => number } {
  const expected = new ExpectedStructure(ExpectedStructure.create())
  const versions = new VersionReader(database)
  const connection = { database, fuel: new Fuel(), versions, protect: () => {} }
  const place = { connection, group: new GroupCommit(database, () => []), versions, expected }
  let count = 0
  const ask: Ask = async (task) => {
    if (count++ >= tasks) throw new Killed()
    return performTask(place, task) as never
  }
  return { ask, done: () => count }
}

interface Case {
  /** The file before the migration. */
  readonly image: Uint8Array
  readonly steps: readonly MigrationStep[]
  /** Large tables are copied to verify new rules. */
  readonly rows: number
}

function load(image: Uint8Array): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  database.deserialize(image)
  registerFunctions(database, () => 1)
  database.function('pilar_fuel', () => 1)
  return database
}

/** What a process does that is asked for the migration: nothing, when it is there already. */
async function attempt(database: DatabaseSync, { steps, rows }: Case, tasks: number): Promise<number> {
  const { ask, done } = processOn(database, tasks)
  const lease = { holder: 'a test', fence: 0, release: async () => {} }
  const taken = await processOn(database, 1).ask({
    kind: 'take-lease',
    holder: 'a test',
    nowMs: LONG_AFTER,
    untilMs: 0,
  })
  const run = { lease: { ...lease, fence: taken.fence ?? 0 }, signal }
  const from = introspect(database)
  const expected = applySteps(from, steps, AT)
  const plan = planOf(database, steps, { rows: () => rows })
  const place = {
    ask,
    version: () => new VersionReader(database).read(),
    introspect: () => introspect(database),
    countRows: async () => 0,
    lastWriteMs: () => Number.NEGATIVE_INFINITY,
    rewatch: async () => {},
  }
  await runMigration({ plan, from, expected, entry: null }, run, place)
  return done()
}

const leftOver = (database: DatabaseSync): unknown =>
  database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'pilar.copy%' OR name LIKE 'pilar.rubbish%'").all()

/** The lease is not what a migration is about. */
const rowsOf = (database: DatabaseSync, catalog: Catalog): string =>
  shown(database, catalog)
    .split('\n')
    .filter((line) => !line.startsWith('pilar.'))
    .join('\n')

interface State {
  readonly catalog: Catalog
  readonly rows: string
}

/** Killed after `tasks` transactions: then it is as before or as afterwards, and asked for again it is as afterwards. False when it was not killed. */
async function killed(each: Case, tasks: number, [before, after]: readonly [State, State]): Promise<boolean> {
  const first = load(each.image)
  const isKilled = await attempt(first, each, tasks).then(
    () => false,
    (error: unknown) => {
      if (error instanceof Killed) return true
      throw error
    },
  )
  const second = load(first.serialize())
  first.close()
  const found = introspect(second)
  const isBefore = firstDifference(before.catalog, found) === null
  const expected = isBefore ? before : after
  assert.equal(firstDifference(expected.catalog, found), null)
  assert.equal(rowsOf(second, found), expected.rows)
  if (isBefore) await attempt(second, each, Number.POSITIVE_INFINITY)
  else {
    const { ask } = processOn(second, Number.POSITIVE_INFINITY)
    const { fence } = await ask({ kind: 'take-lease', holder: 'the next', nowMs: LONG_AFTER, untilMs: 0 })
    await sweepAll({ lease: { holder: 'the next', fence: fence ?? 0, release: async () => {} }, signal }, ask)
  }
  const end = introspect(second)
  assert.equal(firstDifference(after.catalog, end), null)
  assert.equal(rowsOf(second, end), after.rows)
  assert.deepEqual(leftOver(second), [])
  assert.equal(second.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok')
  second.close()
  return isKilled
}

const stateOf = (database: DatabaseSync): State => {
  const catalog = introspect(database)
  return { catalog, rows: rowsOf(database, catalog) }
}

/** Null where the rows refuse the change. */
function randomCase(random: Random): { each: Case; states: readonly [State, State] } | null {
  const definition = randomDefinition(random)
  const database = databaseOf('')
  const known = catalogFrom(definition)
  migrate(database, diff(introspect(database), known, { known: null }).steps)
  const part = systemPart(introspect(database))
  migrate(database, diff(part, systemCatalog(), { known: part }).steps)
  fill(database, introspect(database), random)
  const image = database.serialize()
  const before = stateOf(database)
  const wanted = catalogFrom(mutateDefinition(definition, random, [definition]))
  const { steps } = diff(before.catalog, wanted, { known })
  const rows = random.chance(0.6) ? 1_000_000 : 1
  try {
    migrate(database, steps, { rows: () => rows })
  } catch (error) {
    if (error instanceof PilarError || /constraint failed|datatype mismatch/.test(String(error))) return null
    throw error
  }
  const after = stateOf(database)
  database.close()
  // Another run gives other values.
  const isRandom = steps.some((step) => 'column' in step && JSON.stringify(step).includes('gen_random_uuid()'))
  return steps.length === 0 || isRandom ? null : { each: { image, steps, rows }, states: [before, after] }
}

test(`killed after any of its transactions, a migration is not there or whole, and the next process ends it (seed ${SEED})`, async () => {
  let kills = 0
  let migrations = 0
  for (let seed = SEED; migrations < CASES; seed++) {
    const made = randomCase(new Random(seed))
    if (made === null) continue
    migrations++
    try {
      for (let tasks = 0; await killed(made.each, tasks, made.states); tasks++) kills++
    } catch (error) {
      const steps = made.each.steps.map(explainStep).join('\n')
      throw new Error(`seed ${seed}:\n${steps}\n${error instanceof Error ? error.message.slice(0, 2000) : ''}`, {
        cause: error,
      })
    }
  }
  assert.ok(kills > CASES * 2, `${kills} kills`)
})
