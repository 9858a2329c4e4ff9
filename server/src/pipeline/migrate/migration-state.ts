import type { Structure } from '../../engines/structure.ts'
import type { Catalog, TableKey } from '../../schema/catalog.ts'
import { shortKey } from '../../schema/check-keys.ts'
import { diff } from '../../schema/migration/diff.ts'
import { explainStep } from '../../schema/migration/explain-step.ts'
import type { Clock } from '../../std/clock.ts'
import { fileChain } from './file-chain.ts'
import { lastDeclared } from './journal.ts'
import { retiredStates } from './purge.ts'
import type { MigrationFile, MigrationState } from './types.ts'

export interface StateOptions {
  readonly structure: Structure
  /** As they are in `migrations/`, in any order; null where there is no such folder. */
  readonly files: readonly MigrationFile[] | null
  /** Tables that schema.ts only refers to, with existing(). */
  readonly existing: ReadonlySet<TableKey>
  /** Setting `retiredDays`. */
  readonly retiredDays: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Where the database stands against the files and what was declared last. Writes nothing. */
export async function migrationState(options: StateOptions): Promise<MigrationState> {
  const { structure, signal } = options
  const found = await structure.introspect(signal)
  const journal = await structure.journal(signal)
  const chain =
    options.files === null ? { files: [], conflicts: [] } : fileChain({ files: options.files, journal, found })
  return {
    journal,
    ...chain,
    drift: driftOf(found, lastDeclared(journal), options.existing),
    retired: await retiredStates(options),
  }
}

/** What somebody else changed since the structure was declared last. Tables that are only referred to are nobody's change. */
function driftOf(found: Catalog, declared: Catalog | null, existing: ReadonlySet<TableKey>): readonly string[] {
  if (declared === null) return []
  const { steps, obstacles, warnings } = diff(found, declared, { known: declared, existing })
  const drifted = warnings.filter(({ kind }) => kind === 'drift')
  const others = [...found.tables.values()].filter(
    ({ key, system }) => !system && !declared.tables.has(key) && !existing.has(key),
  )
  const named = others.map(({ key }) => shortKey(key)).join(', ')
  return [
    ...[...obstacles, ...drifted].map(({ table, message }) => `${shortKey(table)}: ${message}`),
    ...steps.map((step) => `the database is not as it was declared; what would make it so again ${explainStep(step)}`),
    ...(others.length === 0 ? [] : [`no schema.ts ever had these tables: ${named}`]),
  ]
}
