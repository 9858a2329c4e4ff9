import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { Random } from '../../../test/simulate/random.ts'
import { mutateDefinition } from '../../../test/support/mutate-catalog.ts'
import { catalogFrom, randomDefinition } from '../../../test/support/random-catalog.ts'
import { caseCount } from '../../../test/support/require.ts'
import { tempFolder } from '../../../test/support/temp.ts'
import { PilarError } from '../../errors/error.ts'
import { loadGrammar } from '../../policy/expression/index.ts'
import { diff } from '../../schema/migration/diff.ts'
import { explainStep } from '../../schema/migration/explain-step.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import { undoSteps } from '../../schema/migration/undo-steps.ts'
import { introspect } from './introspect.ts'
import { fill } from './migrate/random-rows.suite.ts'
import { databaseOf, migrate } from './migrate/run-plainly.suite.ts'
import { survey } from './survey.ts'

before(() => loadGrammar())
const folder = tempFolder()
after(() => folder.remove())

const SEED = Number(process.env['PILAR_SEED'] ?? 1)
const CASES = caseCount({ local: 5, ci: 100 })

let files = 0
/** Whether the survey and the running of the steps say the same; the steps have been run then, if they can be. */
async function agrees(database: DatabaseSync, steps: readonly MigrationStep[]): Promise<boolean> {
  const file = join(folder.path, `${++files}.db`)
  database.exec(`VACUUM INTO '${file}'`)
  const { signal } = new AbortController()
  const { findings, steps: costs } = await survey(steps, { file, lockTimeoutMs: 1000, nowMicros: 0n, signal })
  assert.equal(costs.length, steps.length)
  const refusals = findings.filter((finding) => finding.kind === 'refuses').map(({ message }) => message)
  let failure: string | null = null
  try {
    migrate(database, steps)
  } catch (error) {
    const isRefusal = error instanceof PilarError || /constraint failed|datatype mismatch/.test(String(error))
    if (!isRefusal) throw error
    failure = (error as Error).message
  }
  assert.equal(refusals.length > 0, failure !== null, `the survey says ${refusals.join('; ')}, running says ${failure}`)
  return failure === null
}

async function check(seed: number): Promise<void> {
  const random = new Random(seed)
  const database = databaseOf('')
  let definition = randomDefinition(random)
  let known = catalogFrom(definition)
  let steps: readonly MigrationStep[] = diff(introspect(database), known, { known: null }).steps
  try {
    migrate(database, steps)
    fill(database, introspect(database), random)
    for (let change = 0; change < 3; change++) {
      const next = mutateDefinition(definition, random, [definition])
      const wanted = catalogFrom(next)
      const forward = diff(introspect(database), wanted, { known }).steps
      steps = forward
      if (!(await agrees(database, steps))) continue
      const back = undoSteps(forward, { before: known, after: wanted, found: introspect(database) })
      steps = back.steps
      if (back.obstacles.length === 0 && random.chance(0.5) && (await agrees(database, steps))) continue
      known = wanted
      definition = next
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : ''
    throw new Error(`seed ${seed}:\n${steps.map(explainStep).join('\n')}\n${text}`, { cause: error })
  } finally {
    database.close()
  }
}

test(`surveys of random changes and their undo agree with running them (seed ${SEED})`, async () => {
  for (let seed = SEED; seed < SEED + CASES; seed++) await check(seed)
})
