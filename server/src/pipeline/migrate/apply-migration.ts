import type { ApplyOptions, MigrationPlan } from './types.ts'

/**
 * Runs a plan as one migration with an entry in the journal; nothing, when it has no steps. Throws PILAR_MIGRATION when the plan is not possible
 * (its findings in the message), and what `Structure.migrate` throws: then the database is as it was.
 */
export async function applyMigration(_plan: MigrationPlan, _options: ApplyOptions): Promise<void> {
  throw new Error('not built yet')
}
