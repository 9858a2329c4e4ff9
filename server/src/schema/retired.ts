import type { Check, Column, ForeignKey, Index, Table, TableKey, Unique } from './catalog.ts'

/**
 * What was taken out of a schema.ts, and what the database keeps of it: on no surface, for no role, until it is put back or purged. Its values
 * stay; its constraints are only remembered, so that inserts, and deletes of the rows it points to, go on.
 */
export interface RetiredColumn {
  /** The table that holds it, by its present name. */
  readonly table: TableKey
  /** The column as it was when it was retired. */
  readonly column: Column
  /** The reserved name the engine keeps it under. */
  readonly storedAs: string
  /** RFC 3339, UTC. */
  readonly retiredAt: string
  /** Constraints that went with it, as they were. */
  readonly suspended: Suspended
  /** Set where a change of type retired it. */
  readonly converted?: Converted
}

/** How the column in the place of a retired one got its values. */
export interface Converted {
  /** The expression, null for a cast. */
  readonly using: string | null
  /**
   * The row that the expression knew. It is not kept: who has the migration knows it. When absent, the row is as the table has it, with the retired
   * column in its place.
   */
  readonly row?: FormerRow
}

export interface FormerRow {
  /** The name of the table. */
  readonly table: string
  /** Each column, and what its values are called by now: a column of the table, or the reserved name of a retired one. */
  readonly columns: readonly { readonly column: Column; readonly now: string }[]
}

export interface RetiredTable {
  /** The table as it was, its constraints and indexes included. */
  readonly table: Table
  readonly storedAs: string
  readonly retiredAt: string
}

export interface Suspended {
  readonly primaryKey: boolean
  readonly uniques: readonly Unique[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly checks: readonly Check[]
  readonly indexes: readonly Index[]
}

/** Something of an existing database that a Catalog has no word for: listed, and left alone for ever. */
export interface Opaque {
  /** `trigger`, `virtual table`, `index on an expression`, `collation`, `check`, `default` … in the words of the engine. */
  readonly kind: string
  /** The table it belongs to; null for what stands alone. */
  readonly table: TableKey | null
  readonly name: string
  /** Its definition in the engine's own words, where there is one. */
  readonly text: string | null
}
