import type { Structure } from '../../engines/structure.ts'
import type { UndoPlan } from './types.ts'

export interface UndoOptions {
  readonly structure: Structure
  /** A file's name (`0003_add_slugs`) or an entry's number; null for the last migration that was not undone. */
  readonly which: string | number | null
  readonly signal: AbortSignal
}

/**
 * How the last migration (or the named one, when all later ones are undone) is taken back. Writes nothing. Throws PILAR_MIGRATION when there is no
 * such migration. To be run with `applyMigration(plan, { …, entry: { name, checksum, kind: 'undo', undoes: plan.entry.id } })`.
 */
export async function planUndo(_options: UndoOptions): Promise<UndoPlan> {
  throw new Error('not built yet')
}
