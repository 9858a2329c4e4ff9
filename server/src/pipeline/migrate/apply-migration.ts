import { failure } from '../../errors/error.ts'
import { systemClock } from '../../std/clock.ts'
import { describePlan } from './describe-plan.ts'
import { noteStructure } from './note-structure.ts'
import type { ApplyOptions, MigrationPlan, PlannedStep } from './types.ts'

/**
 * Runs a plan as one migration with an entry in the journal. Where there is nothing to do but schema.ts speaks of other things than before, that alone is
 * noted. Throws PILAR_MIGRATION when the plan is not possible (its findings in the message), and what `Structure.migrate` throws: then the database is
 * as it was.
 */
export async function applyMigration(plan: MigrationPlan, options: ApplyOptions): Promise<void> {
  if (!plan.possible) {
    throw failure('PILAR_MIGRATION', {
      message: `this is not possible, and nothing was changed:\n${describePlan(plan)}`,
    })
  }
  const { structure, lease, signal } = options
  const entry = {
    ...{ ...options.entry, id: 0, before: plan.before, after: plan.after },
    steps: plan.steps.map(({ step }) => step),
    at: new Date((options.clock ?? systemClock).now()).toISOString(),
    durationMs: 0,
  }
  if (entry.steps.length === 0) {
    if (entry.name !== null || plan.before !== plan.after) await noteStructure(plan, options)
    return
  }
  if (plan.steps.some(needsBackup)) await options.backup()
  const { progress, pace, pause, atSwitch } = options
  await structure.migrate(
    { steps: entry.steps, from: plan.found, entry },
    {
      ...{ lease, signal },
      ...(progress === undefined ? {} : { progress }),
      ...(pace === undefined ? {} : { pace }),
      ...(pause === undefined ? {} : { pause }),
      ...(atSwitch === undefined ? {} : { atSwitch }),
    },
  )
}

/** True for what takes something out of sight or depends on what the rows are: there is a way back that needs no undo. */
export function needsBackup({ risk }: Pick<PlannedStep, 'risk'>): boolean {
  return risk === 'retires' || risk === 'needs data'
}
