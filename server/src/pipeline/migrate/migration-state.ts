import type { Structure } from '../../engines/structure.ts'
import type { Clock } from '../../std/clock.ts'
import type { MigrationFile, MigrationState } from './types.ts'

export interface StateOptions {
  readonly structure: Structure
  /** As they are in `migrations/`, in any order; null where there is no such folder. */
  readonly files: readonly MigrationFile[] | null
  /** Setting `retiredDays`. */
  readonly retiredDays: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Where the database stands against the files and what was declared last. Writes nothing. */
export async function migrationState(_options: StateOptions): Promise<MigrationState> {
  throw new Error('not built yet')
}
