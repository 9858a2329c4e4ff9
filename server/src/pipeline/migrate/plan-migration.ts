import type { Structure } from '../../engines/structure.ts'
import { loadGrammar } from '../../policy/expression/index.ts'
import type { Catalog } from '../../schema/catalog.ts'
import type { SchemaDefinition } from '../../schema/definition.ts'
import { writeCatalog } from '../../schema/migration/catalog-text.ts'
import { type Difference, diff } from '../../schema/migration/diff.ts'
import { declare, SchemaProblems } from '../declare.ts'
import { checkUsings } from './check-usings.ts'
import { declaredPart } from './declared-part.ts'
import { lastDeclared } from './journal.ts'
import { stepsOfNew, surveySteps } from './survey-steps.ts'
import type { MigrationPlan } from './types.ts'

export interface PlanOptions {
  readonly structure: Structure
  /** What schema.ts says. */
  readonly definition: SchemaDefinition
  readonly signal: AbortSignal
}

/**
 * What it takes to bring the database to what schema.ts says, what the rows say about it, and what it costs. Writes nothing. The grammar must be
 * set (`setGrammar`). Throws SchemaProblems for a schema.ts with mistakes, those in `using` expressions included.
 */
export async function planMigration({ structure, definition, signal }: PlanOptions): Promise<MigrationPlan> {
  await loadGrammar()
  const found = await structure.introspect(signal)
  const known = lastDeclared(await structure.journal(signal))
  return surveyChange(changeOf({ definition, found, known }), { structure, signal })
}

/** The steps from one declared structure to what schema.ts says, without a database: what a new migration file holds. */
export async function planBetween(before: Catalog, definition: SchemaDefinition): Promise<Change> {
  await loadGrammar()
  return changeOf({ definition, found: before, known: before })
}

export interface Change extends Difference {
  readonly found: Catalog
  readonly wanted: Catalog
  /** What was declared before, as the journal knows it or as it is taken to have been. */
  readonly known: Catalog
}

export interface ChangeInput {
  readonly definition: SchemaDefinition
  readonly found: Catalog
  readonly known: Catalog | null
}

/** What differs between a database and a schema.ts, all expressions checked. The grammar must be loaded. Throws SchemaProblems. */
export function changeOf({ definition, found, known }: ChangeInput): Change {
  const wanted = declare(definition, found, 0)
  const existing = new Set((definition.existing ?? []).map(({ key }) => key))
  const difference = diff(found, wanted, { known, existing })
  const problems = checkUsings({ steps: difference.steps, found, wanted, definition })
  if (problems.length > 0) throw new SchemaProblems(problems)
  return { ...difference, found, wanted, known: known ?? declaredPart(found, wanted) }
}

/** A change with what the rows say about it. */
export async function surveyChange(
  change: Change,
  options: { readonly structure: Structure; readonly signal: AbortSignal },
): Promise<MigrationPlan> {
  return planOf(change, change.obstacles.length > 0 ? [] : await surveySteps(change.steps, options))
}

/** The same for a database without tables: there is nothing to be asked, and a first start does not wait for it. */
export function planOfNew(change: Change): MigrationPlan {
  return planOf(change, stepsOfNew(change.steps))
}

function planOf({ found, wanted, known, obstacles, warnings }: Change, steps: MigrationPlan['steps']): MigrationPlan {
  return {
    ...{ found, wanted, obstacles, warnings, steps },
    before: writeCatalog(known),
    after: writeCatalog(wanted),
    possible: obstacles.length === 0 && steps.every(isPossible),
  }
}

function isPossible({ findings }: MigrationPlan['steps'][number]): boolean {
  return findings.every((finding) => finding.kind === 'tells')
}
