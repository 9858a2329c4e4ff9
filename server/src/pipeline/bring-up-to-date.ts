import type { EnginePool } from '../engines/engine.ts'
import type { Lease, Progress } from '../engines/structure.ts'
import type { Observe } from '../runtime/observe.ts'
import type { Catalog } from '../schema/catalog.ts'
import { applySteps } from '../schema/migration/apply-steps.ts'
import { riskOf } from '../schema/migration/risk.ts'
import { breathe } from './breathe.ts'
import { isEmpty } from './is-empty.ts'
import { applyFiles } from './migrate/apply-files.ts'
import { applyMigration } from './migrate/apply-migration.ts'
import { withLease } from './migrate/lease.ts'
import { planOfNew, surveyChange } from './migrate/plan-migration.ts'
import type { ApplyOptions, MigrationPlan } from './migrate/types.ts'
import { hasOpenFiles, hasWork, type Outlook, type Project } from './outlook.ts'
import {
  HINT_APPLY,
  HINT_FILES,
  HINT_ROWS,
  HINT_UNDONE,
  holdForRename,
  isPermitted,
  type Permission,
  refuseConflicts,
  refusePlan,
  renamesOf,
} from './permission.ts'

export interface BringOptions {
  readonly project: Project
  readonly pool: EnginePool
  readonly permission: Permission
  /** Probable renames that a person was told and did not heed (`renamesOf`): these do not stop it again. */
  readonly unheeded: string | null
  /** Called once before a migration that retires something or depends on the rows. */
  readonly backup: () => Promise<void>
  /** Who asks for the right to change the structure, for those who wait. */
  readonly holder: string
  readonly observe: Observe
  readonly signal: AbortSignal
  /** Compares anew. */
  readonly look: () => Promise<Outlook>
  /** Told what structure a migration that was run has changed. */
  readonly made: (from: Catalog) => void
  /** Given how things will be after the last migration, makes ready for it, and gives what is called around its moment. */
  readonly prepare?: (after: Outlook) => NonNullable<ApplyOptions['atSwitch']>
}

/**
 * Makes a database what its project says, with the right to do so, as far as that is permitted. Throws PILAR_START where it is not or where rows stand
 * against it: then nothing was changed, except that files that could be applied before were.
 */
export async function bringUpToDate(first: Outlook, options: BringOptions): Promise<Outlook> {
  const { pool, holder, observe, signal } = options
  await requirePermission(first, options)
  const waiting = (other: string) => observe({ kind: 'migration-waiting', holder: other })
  return withLease(pool.structure, { holder, signal, waiting }, async (lease) => {
    let outlook = first
    // Whoever had it before us may have done all of it.
    if (pool.structureVersion() !== first.structureVersion) {
      outlook = await options.look()
      await requirePermission(outlook, options)
    }
    if (hasOpenFiles(outlook)) {
      await runFiles(outlook, lease, options)
      outlook = await options.look()
    }
    return outlook.change.steps.length === 0 ? outlook : runChange(outlook, lease, options)
  })
}

/** Refuses what needs no look at the rows to be refused. */
async function requirePermission(outlook: Outlook, options: BringOptions): Promise<void> {
  if (!hasWork(outlook)) return
  const { permission, project, unheeded } = options
  const { chain, change } = outlook
  if (chain.conflicts.length > 0 && permission.filesDecide) throw refuseConflicts(chain.conflicts)
  if (outlook.redoes && !permission.mayRedo) throw refusePlan(await surveyOf(outlook, options), HINT_UNDONE)
  const hasFiles = permission.filesDecide && project.files !== null && project.files.length > 0
  if (change.obstacles.length > 0 || (change.steps.length > 0 && hasFiles)) {
    throw refusePlan(await surveyOf(outlook, options), hasFiles ? HINT_FILES : HINT_APPLY)
  }
  const risks = change.steps.map((step) => riskOf(step))
  // Where there are no rows, little is a risk.
  if (!isPermitted(risks, permission)) requirePermitted(await surveyOf(outlook, options), permission)
  const renames = renamesOf(change)
  if (renames !== null && renames !== unheeded) throw holdForRename(await surveyOf(outlook, options))
}

function requirePermitted(plan: MigrationPlan, permission: Permission): void {
  const risks = plan.steps.map(({ risk }) => risk)
  if (!isPermitted(risks, permission)) throw refusePlan(plan, HINT_APPLY)
}

function surveyOf({ change }: Outlook, { pool, signal }: BringOptions): Promise<MigrationPlan> {
  return surveyChange(change, { structure: pool.structure, signal })
}

function running(lease: Lease, { pool, backup, observe, signal }: BringOptions): Omit<ApplyOptions, 'entry'> {
  const progress = (now: Progress): void => observe({ ...now, kind: 'migrating' })
  return { structure: pool.structure, lease, backup, signal, progress }
}

async function runFiles({ chain, found }: Outlook, lease: Lease, options: BringOptions): Promise<void> {
  if (chain.conflicts.length > 0) return
  const done = await applyFiles({ ...running(lease, options), files: options.project.files ?? [], redo: false })
  for (const file of done.applied) options.observe({ kind: 'migrated', what: [file], first: false })
  if (done.applied.length > 0) options.made(found)
}

async function runChange(outlook: Outlook, lease: Lease, options: BringOptions): Promise<Outlook> {
  const plan = await (isEmpty(outlook.found) ? planOfNew(outlook.change) : surveyOf(outlook, options))
  requirePermitted(plan, options.permission)
  if (!plan.possible) throw refusePlan(plan, HINT_ROWS)
  await breathe()
  const found = applySteps(outlook.found, outlook.change.steps)
  const after = { ...outlook, found, change: { ...outlook.change, found, steps: [] } }
  const atSwitch = options.prepare?.(after)
  await breathe()
  await applyMigration(plan, {
    ...running(lease, options),
    ...(atSwitch === undefined ? {} : { atSwitch }),
    entry: { name: null, checksum: null, kind: 'apply', undoes: null },
  })
  options.made(outlook.found)
  options.observe({
    kind: 'migrated',
    what: plan.steps.map(({ explanation }) => explanation),
    first: isEmpty(outlook.found),
  })
  return { ...after, structureVersion: options.pool.structureVersion() }
}
