import type { Structure } from '../../engines/structure.ts'
import { failure } from '../../errors/error.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { applySteps } from '../../schema/migration/apply-steps.ts'
import { readCatalog } from '../../schema/migration/catalog-text.ts'
import { StepFault } from '../../schema/migration/draft.ts'
import { restoringSteps } from '../../schema/migration/restoring-steps.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import { surveySteps } from './survey-steps.ts'
import type { MigrationFile, MigrationPlan } from './types.ts'

/** A file's steps and what the rows say about them. Writes nothing. Throws PILAR_MIGRATION for a file that does not fit the database. */
export async function planFile(
  file: MigrationFile,
  { structure, signal }: { readonly structure: Structure; readonly signal: AbortSignal },
): Promise<MigrationPlan> {
  const { before, after } = file
  const found = await structure.introspect(signal)
  const { steps } = fileOn(file, found)
  const planned = await surveySteps(steps, { structure, signal })
  const possible = planned.every(({ findings }) => findings.every(({ kind }) => kind === 'tells'))
  return { found, wanted: readCatalog(after), steps: planned, obstacles: [], warnings: [], before, after, possible }
}

/**
 * What a file comes to in a database, and the structure it leaves: what the database keeps, retired, of what the file adds comes back. Throws
 * PILAR_MIGRATION where its steps do not fit the structure.
 */
export function fileOn(
  { name, steps }: Pick<MigrationFile, 'name' | 'steps'>,
  found: Catalog,
): { readonly steps: readonly MigrationStep[]; readonly after: Catalog } {
  try {
    const restoring = restoringSteps(found, steps)
    return { steps: restoring, after: applySteps(found, restoring) }
  } catch (error) {
    if (!(error instanceof StepFault)) throw error
    const hint = 'Somebody changed the database: see pilar migrate status. Or the file was edited.'
    throw failure('PILAR_MIGRATION', { message: `${name} does not fit the database: ${error.message}` }, { hint })
  }
}
