import type { Structure } from '../../engines/structure.ts'
import { failure } from '../../errors/error.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { shortKey } from '../../schema/check-keys.ts'
import { writeCatalog } from '../../schema/migration/catalog-text.ts'
import type { PurgeStep } from '../../schema/migration/step.ts'
import type { Clock } from '../../std/clock.ts'
import { nearest } from '../../std/nearest.ts'
import { DAY_MS } from '../../std/units.ts'
import { declaredPart } from './declared-part.ts'
import { lastDeclared } from './journal.ts'
import { surveySteps } from './survey-steps.ts'
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
export async function planPurge(options: PurgeOptions): Promise<PurgePlan> {
  const { structure, what, clock, signal } = options
  const found = await structure.introspect(signal)
  const all = await surveyRetired(found, options)
  const asked = what === null ? all : [...new Set(what.flatMap((name) => named(name, all)))]
  const due = asked.filter(({ state }) => Date.parse(state.purgeableAt) <= clock.now())
  const known = lastDeclared(await structure.journal(signal)) ?? declaredPart(found, found)
  const text = writeCatalog(known)
  return {
    ...{ found, wanted: known, before: text, after: text },
    ...{ obstacles: [], warnings: [], possible: true },
    steps: await surveySteps(
      due.map(({ step }) => step),
      { structure, signal },
    ),
    purged: due.map(({ state }) => state),
    notYet: asked.filter((one) => !due.includes(one)).map(({ state }) => state),
  }
}

/** Everything that is retired, oldest first. */
export async function retiredStates(options: Omit<PurgeOptions, 'what'>): Promise<readonly RetiredState[]> {
  const found = await options.structure.introspect(options.signal)
  return (await surveyRetired(found, options)).map(({ state }) => state)
}

interface Retired {
  readonly step: PurgeStep
  readonly state: RetiredState
}

async function surveyRetired(
  found: Catalog,
  { structure, retiredDays, signal }: Omit<PurgeOptions, 'what'>,
): Promise<readonly Retired[]> {
  const { tables, columns } = found.retired
  // A column whose table was retired after it stays, comes back and goes with the table.
  const own = columns.filter((column) => !tables.some(({ storedAs }) => storedAs === column.table))
  const steps: readonly PurgeStep[] = [
    ...tables.map((retired) => ({ kind: 'purge-table', retired }) as const),
    ...own.map((retired) => ({ kind: 'purge-column', retired }) as const),
  ]
  if (steps.length === 0) return []
  const { findings } = await structure.survey(steps, signal)
  const states = steps.map((step, index) => {
    const rows = findings.filter((finding) => finding.step === index).reduce((sum, finding) => sum + finding.rows, 0)
    const { retiredAt } = step.retired
    const purgeableAt = new Date(Date.parse(retiredAt) + retiredDays * DAY_MS).toISOString()
    return { step, state: { what: nameOf(step), retiredAt, purgeableAt, rows } }
  })
  return states.sort((a, b) => Date.parse(a.state.retiredAt) - Date.parse(b.state.retiredAt))
}

function nameOf(step: PurgeStep): string {
  if (step.kind === 'purge-table') return shortKey(step.retired.table.key)
  return `${shortKey(step.retired.table)}.${step.retired.column.name}`
}

/** All that were retired under this name: a name may have been used, removed and used again. */
function named(name: string, all: readonly Retired[]): readonly Retired[] {
  const found = all.filter(({ state }) => state.what === name)
  if (found.length > 0) return found
  const names = all.map(({ state }) => state.what)
  const near = nearest(name, names, 0.5)
  const known = names.length === 0 ? 'Nothing is retired.' : `Retired are: ${names.join(', ')}.`
  const hint = near === null ? known : `Perhaps you meant "${near}".`
  throw failure('PILAR_MIGRATION', { message: `nothing retired is called "${name}"` }, { hint })
}
