import type { Check, Column, ForeignKey, Index, Table, TableKey, Unique } from '../catalog.ts'
import type { RetiredColumn, RetiredTable } from '../retired.ts'
import type { ColumnType } from '../types.ts'

/**
 * One engine-neutral change of structure. Steps run in order, and each names things as the steps before it have left them; expressions
 * (`using`, `select`) alone are over the database as it was before the first step. No step destroys a value but `purge-…`, which only an explicit
 * command makes.
 */
export type MigrationStep = TableStep | ViewStep | ColumnStep | ConstraintStep | PurgeStep

export type TableStep =
  /** The table with its keys, checks and columns' rules, without its indexes: those are steps of their own. */
  | {
      readonly kind: 'create-table'
      readonly table: Table
      /** A PostgreSQL select that gives the rows of the new table, its output named after the columns; null for an empty table. */
      readonly using: string | null
    }
  /** Names of constraints that were made from the table's name follow it (`followNames`); so they do with a column. */
  | { readonly kind: 'rename-table'; readonly table: TableKey; readonly to: TableKey }
  /**
   * Keeps the table under a reserved name (`retiredTableKey`), its foreign keys and what points to it suspended; names of its indexes and constraints
   * are free again.
   */
  | { readonly kind: 'retire-table'; readonly table: TableKey }
  /** As it was, its constraints and indexes included, but for foreign keys to what is gone. In another database: `findRetiredTable`. */
  | { readonly kind: 'restore-table'; readonly retired: RetiredTable }
  | { readonly kind: 'set-table-comment'; readonly table: TableKey; readonly comment: string | null }
  /** From a closed table to an open one and back; the jsonb column itself is added or retired by a step of its own. */
  | { readonly kind: 'set-open-column'; readonly table: TableKey; readonly openColumn: string | null }

export type ViewStep =
  | { readonly kind: 'create-view'; readonly table: Table }
  | { readonly kind: 'replace-view'; readonly table: Table; readonly was: Table }
  | { readonly kind: 'drop-view'; readonly table: Table }

/** `column` is the column's name, or the whole column as it will be where it is new. Constraints of several columns are steps of their own. */
export type ColumnStep =
  | {
      readonly kind: 'add-column'
      readonly table: TableKey
      readonly column: Column
      /** A PostgreSQL expression for the rows that exist; null gives them the default, or null. */
      readonly using: string | null
    }
  | { readonly kind: 'rename-column'; readonly table: TableKey; readonly column: string; readonly to: string }
  /**
   * Keeps the column under a reserved name (`retiredColumnName`): null allowed, and the constraints it takes part in suspended with it. A generated
   * column has no values of its own: it is taken away.
   */
  | { readonly kind: 'retire-column'; readonly table: TableKey; readonly column: string }
  /** `column` as it is to be, perhaps under another name; its constraints come back by steps of their own. In another database: `findRetiredColumn`. */
  | {
      readonly kind: 'restore-column'
      readonly table: TableKey
      readonly column: Column
      readonly retired: RetiredColumn
      /** For rows that have none, having been written in between. */
      readonly using: string | null
    }
  /** The former column is retired if its values say more than the new ones (`retiresValues`). */
  | {
      readonly kind: 'change-type'
      readonly table: TableKey
      readonly column: string
      readonly from: ColumnType
      readonly to: ColumnType
      /** A PostgreSQL expression over the row; null casts the value. */
      readonly using: string | null
      /**
       * Going back: the retired column that holds the former values, which count for rows whose value was not changed since (it still is what
       * `restores.converted.using`, or a cast, makes of the former one). It is used up: the new column holds what it held.
       */
      readonly restores: RetiredColumn | null
    }
  /** `using` fills the rows that have null; null refuses them. */
  | { readonly kind: 'set-not-null'; readonly table: TableKey; readonly column: string; readonly using: string | null }
  | { readonly kind: 'drop-not-null'; readonly table: TableKey; readonly column: string }
  | {
      readonly kind: 'set-default'
      readonly table: TableKey
      readonly column: string
      readonly default: string | null
      readonly was: string | null
    }
  | {
      readonly kind: 'set-column-comment'
      readonly table: TableKey
      readonly column: string
      readonly comment: string | null
    }
  /** Computed anew for every row; null makes it an ordinary column that keeps the values it has. */
  | {
      readonly kind: 'set-generated'
      readonly table: TableKey
      readonly column: string
      readonly generated: Column['generated']
      readonly was: Column['generated']
    }
  | {
      readonly kind: 'set-identity'
      readonly table: TableKey
      readonly column: string
      readonly identity: Column['identity']
      readonly was: Column['identity']
    }

export type ConstraintStep =
  | {
      readonly kind: 'set-primary-key'
      readonly table: TableKey
      readonly columns: readonly string[]
      readonly name: string | null
      readonly was: readonly string[]
    }
  | { readonly kind: 'add-unique'; readonly table: TableKey; readonly unique: Unique }
  | { readonly kind: 'drop-unique'; readonly table: TableKey; readonly unique: Unique }
  | { readonly kind: 'add-check'; readonly table: TableKey; readonly check: Check }
  | { readonly kind: 'drop-check'; readonly table: TableKey; readonly check: Check }
  | { readonly kind: 'add-foreign-key'; readonly table: TableKey; readonly foreignKey: ForeignKey }
  | { readonly kind: 'drop-foreign-key'; readonly table: TableKey; readonly foreignKey: ForeignKey }
  | { readonly kind: 'create-index'; readonly table: TableKey; readonly index: Index }
  | { readonly kind: 'drop-index'; readonly table: TableKey; readonly index: Index }

/** The only steps that lose data: asked for by name, after the grace period. */
export type PurgeStep =
  | { readonly kind: 'purge-table'; readonly retired: RetiredTable }
  | { readonly kind: 'purge-column'; readonly retired: RetiredColumn }

/**
 * What a step may cost: `safe` at once and reversible; `slow` the more rows the longer; `needs data` possible only if the rows allow it;
 * `retires` takes something out of sight, and keeps it.
 */
export type Risk = 'safe' | 'slow' | 'needs data' | 'retires'

/** What the rows say about a step before it is run. */
export interface Finding {
  /** Index of the step. */
  readonly step: number
  /** `refuses` when the step can't be run as long as these rows are there; `tells` otherwise. */
  readonly kind: 'refuses' | 'tells'
  /** `3 rows have no value`, in words that name no row. */
  readonly message: string
  readonly hint: string | null
  /** Rows concerned, in all. */
  readonly rows: number
  /** The first of them, at most FINDING_SAMPLES_MAX: primary key and the values in question, as on the wire. */
  readonly samples: readonly Readonly<Record<string, unknown>>[]
}

export const FINDING_SAMPLES_MAX = 5
