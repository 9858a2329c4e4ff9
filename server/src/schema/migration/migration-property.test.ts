import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../../../test/simulate/random.ts'
import { mutateDefinition } from '../../../test/support/mutate-catalog.ts'
import { catalogFrom, randomDefinition } from '../../../test/support/random-catalog.ts'
import { caseCount } from '../../../test/support/require.ts'
import { structureDifferences } from '../../../test/support/structure-differences.ts'
import type { Catalog } from '../catalog.ts'
import type { SchemaDefinition } from '../definition.ts'
import { makeCatalog, makeTable } from '../make-catalog.ts'
import { applySteps } from './apply-steps.ts'
import { readCatalog, writeCatalog } from './catalog-text.ts'
import { diff } from './diff.ts'
import { StepFault } from './draft.ts'
import { explainStep } from './explain-step.ts'
import type { MigrationStep } from './step.ts'
import { undoSteps } from './undo-steps.ts'

const SEED = Number(process.env['PILAR_SEED'] ?? 4711)
const CASES = caseCount({ local: 100, ci: 1_500 })

/** Without what is retired: that part of a structure that a schema.ts speaks of. */
const shown = (catalog: Catalog): Catalog => makeCatalog({ version: 0, tables: [...catalog.tables.values()] })

function assertSame(expected: Catalog, found: Catalog, steps: readonly MigrationStep[]): void {
  const differences = structureDifferences(shown(expected), shown(found))
  if (differences.length > 0) assert.fail(`${differences.join('\n')}\n\n${steps.map(explainStep).join('\n')}`)
}

function check(seed: number): void {
  const random = new Random(seed)
  let definition = randomDefinition(random)
  const history: SchemaDefinition[] = []
  let known = catalogFrom(definition)
  let found = applySteps(
    makeCatalog({ version: 0, tables: [] }),
    diff(makeCatalog({ version: 0, tables: [] }), known, { known: null }).steps,
  )
  assert.deepEqual(structureDifferences(shown(known), found), [])
  for (let change = 0; change < 4; change++) {
    history.push(definition)
    definition = mutateDefinition(definition, random, history)
    const wanted = catalogFrom(definition)
    const { steps, obstacles } = diff(found, wanted, { known })
    assert.deepEqual(obstacles, [])
    const after = applySteps(found, steps)
    assertSame(wanted, after, steps)
    assert.deepEqual(diff(after, wanted, { known: wanted }).steps, [])
    // As the runner does it: declared structures come from the journal, as text.
    const back = undoSteps(steps, {
      before: readCatalog(writeCatalog(known)),
      after: readCatalog(writeCatalog(wanted)),
      found: after,
    })
    assert.deepEqual(back.obstacles, [])
    const undone = applySteps(after, back.steps)
    assertSame(found, undone, [...steps, ...back.steps])
    found = after
    known = wanted
  }
}

test(`steps lead from any structure to any other, undo leads back, and nothing is done twice (seed ${SEED})`, () => {
  for (let at = 0; at < CASES; at++) {
    try {
      check(SEED + at)
    } catch (error) {
      throw new Error(`seed ${SEED + at}`, { cause: error })
    }
  }
})

test('each step counts: without any one of them, the others do not lead there (control)', () => {
  for (let seed = SEED; seed < SEED + 30; seed++) {
    const random = new Random(seed)
    const definition = randomDefinition(random)
    const [from, to] = [catalogFrom(definition), catalogFrom(mutateDefinition(definition, random))]
    const { steps } = diff(from, to, { known: from })
    // A table that is retired lets go of what points to it: there, saying so is for the reader.
    for (const left of steps.filter((step) => step.kind !== 'drop-foreign-key')) {
      const rest = steps.filter((step) => step !== left)
      assert.ok(!leadsTo(from, rest, to), `seed ${seed}: it goes without "${explainStep(left)}"`)
    }
  }
})

function leadsTo(from: Catalog, steps: readonly MigrationStep[], to: Catalog): boolean {
  try {
    return structureDifferences(shown(to), shown(applySteps(from, steps))).length === 0
  } catch (error) {
    if (error instanceof StepFault) return false
    throw error
  }
}

test(`a database of somebody else's loses nothing, whatever is declared of it (seed ${SEED})`, () => {
  let possible = 0
  for (let seed = SEED; seed < SEED + CASES; seed++) {
    const random = new Random(seed)
    const definition = randomDefinition(random)
    const found = adopted(catalogFrom(definition))
    const wanted = catalogFrom(mutateDefinition(definition, random))
    const { steps, obstacles } = diff(found, wanted, { known: null })
    const losing = steps.filter(
      (step) => LOSING.includes(step.kind) || (step.kind === 'set-primary-key' && step.was.length > 0),
    )
    assert.deepEqual(losing.map(explainStep), [], `seed ${seed}`)
    if (obstacles.length > 0) continue
    possible++
    const after = applySteps(found, steps)
    assert.deepEqual(diff(after, wanted, { known: wanted }).steps.map(explainStep), [], `seed ${seed}`)
  }
  assert.ok(possible > CASES / 2)
})

/** A foreign key of other actions is exchanged, so that is not one of them. */
const LOSING: readonly string[] = [
  ...['retire-table', 'retire-column', 'change-type', 'set-default', 'set-generated', 'drop-not-null'],
  ...['drop-view', 'drop-check', 'drop-unique', 'drop-index'],
]

/** As if another program had made it: columns in its storage, views whose text nobody can tell. */
function adopted(catalog: Catalog): Catalog {
  const tables = [...catalog.tables.values()].map((table) =>
    table.kind === 'view'
      ? makeTable({ ...table, definition: null })
      : makeTable({ ...table, columns: table.columns.map((column) => ({ ...column, storage: 'native' })) }),
  )
  return makeCatalog({ version: 0, tables })
}
