import type { JournalEntry } from '../../engines/structure.ts'
import { isAdoptedTable } from '../../schema/migration/difference-work.ts'
import { systemClock } from '../../std/clock.ts'
import type { ApplyOptions, EntryHead, MigrationPlan } from './types.ts'

/**
 * True when the database has what schema.ts declares and the journal does not say so: of tables that people had before, what is not noted as declared is
 * never retired when it is taken out of schema.ts.
 */
export function needsNote(plan: MigrationPlan, journal: readonly JournalEntry[]): boolean {
  const { steps, possible, wanted, found, before, after } = plan
  if (steps.length > 0 || !possible) return false
  if (journal.length > 0) return before !== after
  return [...wanted.tables.keys()].some((key) => {
    const table = found.tables.get(key)
    return table !== undefined && isAdoptedTable(table)
  })
}

/** Notes the declared structure in the journal; nothing is changed. Needs the lease. */
export async function noteStructure(
  { before, after }: MigrationPlan,
  {
    structure,
    lease,
    clock,
    entry,
  }: Pick<ApplyOptions, 'structure' | 'lease' | 'clock'> & { readonly entry: EntryHead },
): Promise<void> {
  const at = new Date((clock ?? systemClock).now()).toISOString()
  await structure.record({ ...entry, kind: 'adopt', id: 0, steps: [], before, after, at, durationMs: 0 }, lease)
}
