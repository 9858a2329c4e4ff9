import type { Catalog, Column, ForeignKey, Index, Table, TableKey } from './catalog.ts'

/** One engine-neutral change of structure, ordered so that each finds what it needs. Additive only, for now. */
export type MigrationStep =
  | { readonly kind: 'create-table'; readonly table: Table }
  | { readonly kind: 'create-view'; readonly table: Table }
  | { readonly kind: 'replace-view'; readonly table: Table }
  | {
      readonly kind: 'add-column'
      readonly table: TableKey
      readonly column: Column
      readonly foreignKey: ForeignKey | null
    }
  | { readonly kind: 'create-index'; readonly table: TableKey; readonly index: Index }

/** A difference that `diff` found and that no step can make yet. It is reported and nothing is touched. */
export interface Obstacle {
  readonly table: TableKey
  readonly message: string
  readonly hint: string
}

export interface Difference {
  readonly steps: readonly MigrationStep[]
  readonly obstacles: readonly Obstacle[]
}

export declare function diff(from: Catalog, to: Catalog): Difference
