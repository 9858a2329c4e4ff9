import type { Structure } from '../engines/structure.ts'
import { fileOn, planFile } from '../pipeline/migrate/plan-files.ts'
import type { MigrationFile, MigrationPlan, PlannedStep } from '../pipeline/migrate/types.ts'
import type { Catalog, TableKey } from '../schema/catalog.ts'
import { readCatalog } from '../schema/migration/catalog-text.ts'
import { explainStep } from '../schema/migration/explain-step.ts'
import { riskOf } from '../schema/migration/risk.ts'
import type { MigrationStep } from '../schema/migration/step.ts'

export interface FilePlan {
  readonly name: string
  readonly plan: MigrationPlan
  /** False where files before it change the tables it is about: what their rows will say can only be asked once those are applied. */
  readonly surveyed: boolean
}

export interface PlanFilesOptions {
  readonly structure: Structure
  /** Pending ones, in order. */
  readonly files: readonly MigrationFile[]
  readonly signal: AbortSignal
}

/** What each of several files would do, one after the other. Writes nothing. Throws PILAR_MIGRATION for a file that does not fit. */
export async function planFiles({ structure, files, signal }: PlanFilesOptions): Promise<readonly FilePlan[]> {
  const plans: FilePlan[] = []
  const changed = new Set<TableKey>()
  let found: Catalog | null = null
  for (const file of files) {
    const { name, steps } = file
    const surveyed = !dependsOn(steps, changed)
    found ??= await structure.introspect(signal)
    const on = fileOn(file, found)
    const plan = surveyed
      ? await planFile(file, { structure, signal })
      : unsurveyed({ ...file, steps: on.steps }, found)
    found = on.after
    plans.push({ name, plan, surveyed })
    for (const step of steps) for (const table of tablesOf(step)) changed.add(table)
  }
  return plans
}

/** Expressions may read any table. */
function dependsOn(steps: readonly MigrationStep[], changed: ReadonlySet<TableKey>): boolean {
  if (changed.size === 0) return false
  return steps.some(
    (step) => ('using' in step && step.using !== null) || tablesOf(step).some((table) => changed.has(table)),
  )
}

function tablesOf(step: MigrationStep): readonly TableKey[] {
  if ('retired' in step) {
    const { table } = step.retired
    return [typeof table === 'string' ? table : table.key]
  }
  if (typeof step.table !== 'string') {
    return [step.table.key, ...step.table.foreignKeys.map((key) => key.references.table)]
  }
  const others =
    step.kind === 'rename-table' ? [step.to] : 'foreignKey' in step ? [step.foreignKey.references.table] : []
  return [step.table, ...others]
}

function unsurveyed({ steps, before, after }: MigrationFile, found: Catalog): MigrationPlan {
  const planned = steps.map((step): PlannedStep => {
    const words = { risk: riskOf(step), explanation: explainStep(step) }
    return { step, ...words, sql: [], rows: 0, estimateMs: 0, findings: [] }
  })
  const wanted = readCatalog(after)
  return { found, wanted, steps: planned, obstacles: [], warnings: [], before, after, possible: true }
}
