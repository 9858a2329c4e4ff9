import type { Structure } from '../../engines/structure.ts'
import type { Clock } from '../../std/clock.ts'
import type { PurgePlan, RetiredState } from './types.ts'

export interface PurgeOptions {
  readonly structure: Structure
  /** `posts.subtitle`, `drafts`; null for everything that may be purged. */
  readonly what: readonly string[] | null
  /** Setting `retiredDays`. */
  readonly retiredDays: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * What of the retired columns and tables can be destroyed now. Writes nothing. Throws PILAR_MIGRATION for a name that nothing retired has. To be
 * run with `applyMigration(plan, { …, entry: { name: null, checksum: null, kind: 'purge', undoes: null } })`.
 */
export async function planPurge(_options: PurgeOptions): Promise<PurgePlan> {
  throw new Error('not built yet')
}

/** Everything that is retired, oldest first. */
export async function retiredStates(_options: Omit<PurgeOptions, 'what'>): Promise<readonly RetiredState[]> {
  throw new Error('not built yet')
}
