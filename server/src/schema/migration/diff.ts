import type { Catalog, TableKey } from '../catalog.ts'
import { changeColumns } from './compare-columns.ts'
import { addConstraints, dropConstraints } from './compare-constraints.ts'
import { bringViews, dropViews } from './compare-views.ts'
import { createTables } from './create-tables.ts'
import { beginWork } from './difference-work.ts'
import { renameColumns, renameTables } from './find-renamed.ts'
import { retireColumns, retireTables } from './find-retired.ts'
import type { MigrationStep } from './step.ts'

/** A difference that no step can make: reported, and nothing is touched. */
export interface Obstacle {
  readonly table: TableKey
  readonly message: string
  readonly hint: string
}

/** Something to know before the steps are run. */
export interface Warning {
  readonly kind: 'probable-rename' | 'drift' | 'retired-type-differs' | 'ignored'
  readonly table: TableKey
  readonly message: string
  readonly hint: string | null
}

export interface Difference {
  readonly steps: readonly MigrationStep[]
  readonly obstacles: readonly Obstacle[]
  readonly warnings: readonly Warning[]
}

export interface DiffOptions {
  /**
   * The structure that was declared last, from the journal: what it has and `to` lacks is retired; what neither has belongs to somebody else and
   * is left alone. Null, when nothing was recorded: then everything in Pilar's own storage counts as declared.
   */
  readonly known: Catalog | null
  /** Tables that are declared with `existing()`: nothing is changed in them, and they stay. None when absent. */
  readonly existing?: ReadonlySet<TableKey>
}

/**
 * What turns a database as it is (`from`) into what a schema.ts says (`to`). Each part finds the structure as the parts before it leave it, and
 * compares that with `to`; so that the steps fit each other whatever comes together in one change.
 */
export function diff(from: Catalog, to: Catalog, options: DiffOptions): Difference {
  const work = beginWork(from, to, options)
  dropViews(work)
  renameTables(work)
  renameColumns(work)
  dropConstraints(work)
  retireColumns(work)
  retireTables(work)
  createTables(work)
  changeColumns(work)
  addConstraints(work)
  bringViews(work)
  return { steps: work.steps, obstacles: work.obstacles, warnings: work.warnings }
}
