import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import { Random } from '../../../../test/simulate/random.ts'
import { mutateDefinition } from '../../../../test/support/mutate-catalog.ts'
import { catalogFrom, randomDefinition } from '../../../../test/support/random-catalog.ts'
import { caseCount } from '../../../../test/support/require.ts'
import { PilarError } from '../../../errors/error.ts'
import { loadGrammar } from '../../../policy/expression/index.ts'
import { buildCatalog } from '../../../schema/build-catalog.ts'
import type { SchemaDefinition } from '../../../schema/definition.ts'
import { diff } from '../../../schema/migration/diff.ts'
import { explainStep } from '../../../schema/migration/explain-step.ts'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import { undoSteps } from '../../../schema/migration/undo-steps.ts'
import { introspect } from '../introspect.ts'
import { fill, shown } from './random-rows.suite.ts'
import { databaseOf, migrate } from './run-plainly.suite.ts'

before(() => loadGrammar())

const SEED = Number(process.env['PILAR_SEED'] ?? 1)
const CASES = caseCount({ local: 15, ci: 400 })

interface Outcome {
  readonly migrated: number
  readonly refused: number
}

/** False where the rows refuse it: then nothing has changed. */
function tried(database: DatabaseSync, steps: readonly MigrationStep[], random: Random): boolean {
  // As if tables were large: then new rules are verified by copying.
  const rows = random.chance(0.3) ? 1_000_000 : 1
  const before = [shown(database, introspect(database)), schemaOf(database)]
  try {
    migrate(database, steps, { rows: () => rows })
    return true
  } catch (error) {
    const refusal = error instanceof PilarError || /constraint failed|datatype mismatch/.test(String(error))
    if (!refusal) throw error
    assert.deepEqual([shown(database, introspect(database)), schemaOf(database)], before)
    return false
  }
}

const schemaOf = (database: DatabaseSync): string =>
  JSON.stringify(database.prepare('SELECT name, sql FROM sqlite_schema').all())

/** Whether undo gives back what was: not where nulls were filled. */
const isExact = (steps: readonly MigrationStep[]): boolean =>
  !steps.some((step) => (step.kind === 'set-not-null' || step.kind === 'restore-column') && step.using !== null)

function check(seed: number): Outcome {
  const random = new Random(seed)
  const database = databaseOf('')
  let definition = randomDefinition(random)
  const history: SchemaDefinition[] = []
  let known = catalogFrom(definition)
  let migrated = 0
  let refused = 0
  let steps: readonly MigrationStep[] = diff(introspect(database), known, { known: null }).steps
  try {
    migrate(database, steps)
    fill(database, introspect(database), random)
    for (let change = 0; change < 3; change++) {
      history.push(definition)
      definition = mutateDefinition(definition, random, history)
      const { catalog: wanted } = buildCatalog(definition, { version: 0 })
      if (wanted === null) {
        // Chance has made tables that no row could be inserted into.
        definition = history.pop() ?? definition
        continue
      }
      const found = introspect(database)
      const rows = shown(database, found)
      const forward = diff(found, wanted, { known }).steps
      steps = forward
      if (!tried(database, steps, random)) {
        refused++
        definition = history.pop() ?? definition
        continue
      }
      migrated++
      const after = introspect(database)
      assert.deepEqual(diff(after, wanted, { known: wanted }).steps, [])
      const back = undoSteps(forward, { before: known, after: wanted, found: after })
      steps = [...forward, ...back.steps]
      if (back.obstacles.length === 0 && random.chance(0.5) && tried(database, back.steps, random)) {
        const undone = introspect(database)
        if (isExact(forward)) assert.equal(shown(database, undone), rows)
        definition = history.pop() ?? definition
        continue
      }
      known = wanted
    }
  } catch (error) {
    throw new Error(
      `seed ${seed}:\n${steps.map(explainStep).join('\n')}\n${error instanceof Error ? error.message : ''}`,
      { cause: error },
    )
  }
  database.close()
  return { migrated, refused }
}

test(`random changes keep rows, undo gives them back, and the file says what the steps say (seed ${SEED})`, () => {
  let migrated = 0
  let refused = 0
  for (let seed = SEED; seed < SEED + CASES; seed++) {
    const outcome = check(seed)
    migrated += outcome.migrated
    refused += outcome.refused
  }
  assert(migrated > refused, `${migrated} migrated, ${refused} refused`)
})
