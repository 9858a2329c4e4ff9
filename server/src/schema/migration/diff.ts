import type { Catalog, TableKey } from '../catalog.ts'
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
}

/** What turns a database as it is (`from`) into what a schema.ts says (`to`). */
export function diff(_from: Catalog, _to: Catalog, _options: DiffOptions): Difference {
  throw new Error('not built yet')
}
