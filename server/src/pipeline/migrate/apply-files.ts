import type { ApplyOptions, MigrationFile, MigrationPlan } from './types.ts'

export interface ApplyFilesOptions extends Omit<ApplyOptions, 'entry'> {
  readonly files: readonly MigrationFile[]
  /** Called before each file, with its plan: the place to print, or to refuse by throwing. */
  readonly before?: (file: MigrationFile, plan: MigrationPlan) => Promise<void>
}

export interface AppliedFiles {
  readonly applied: readonly string[]
  /** Their outcome was there already: noted in the journal, not run. */
  readonly noted: readonly string[]
}

/**
 * Applies all pending files in order, each as one migration; what came before stays when one fails. Throws PILAR_MIGRATION for conflicts, before
 * anything is touched, and for rows that stand against a file.
 */
export async function applyFiles(_options: ApplyFilesOptions): Promise<AppliedFiles> {
  throw new Error('not built yet')
}
