import type { Opaque, RetiredColumn, RetiredTable } from './retired.ts'
import type { ColumnType } from './types.ts'

/** `schema.table`, the key of a table in a Catalog: `public.posts`. */
export type TableKey = string

export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
  /** A PostgreSQL expression, or null. On an adopted table, the engine's own text, and `nativeDefault` is true. */
  readonly default: string | null
  readonly nativeDefault?: boolean
  /** A PostgreSQL expression over the row's other columns. On an adopted table, the engine's own text, and `native` is true. */
  readonly generated: { readonly expression: string; readonly stored: boolean; readonly native?: boolean } | null
  /** `always` refuses a value in writes (428C9); `by default` accepts one. */
  readonly identity: 'always' | 'by default' | null
  readonly comment: string | null
  /**
   * How the engine keeps the column, in the engine's own words (a key of its codec table). Absent in a Catalog that was
   * built from a schema.ts and has not met an engine yet: then the engine's standard storage for the type.
   */
  readonly storage?: string
  /** The former name, where the schema.ts says that the column was renamed. */
  readonly was?: string
  /** A PostgreSQL expression for rows that exist when the column comes, changes its type or begins to refuse null. Never part of a comparison. */
  readonly using?: string
}

export interface Unique {
  readonly name: string
  readonly columns: readonly string[]
}

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'

export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly references: { readonly table: TableKey; readonly columns: readonly string[] }
  readonly onDelete: ReferentialAction
  readonly onUpdate: ReferentialAction
}

export interface Check {
  readonly name: string
  /** A PostgreSQL expression over the row's columns. On an adopted table, the engine's own text, and `native` is true. */
  readonly expression: string
  readonly native?: boolean
}

export interface Index {
  readonly name: string
  readonly unique: boolean
  readonly columns: readonly { readonly name: string; readonly descending: boolean }[]
  /** A PostgreSQL expression: only these rows are indexed. */
  readonly where: string | null
}

export interface Table {
  readonly key: TableKey
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly columns: readonly Column[]
  readonly column: ReadonlyMap<string, Column>
  /** Column names in key order; empty when there is none. */
  readonly primaryKey: readonly string[]
  readonly primaryKeyName: string | null
  readonly uniques: readonly Unique[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly checks: readonly Check[]
  readonly indexes: readonly Index[]
  readonly comment: string | null
  /** Undeclared keys live in the jsonb column of this name and look like columns on the wire; null for a closed table. */
  readonly openColumn: string | null
  /** Owned by a feature: never reachable by the data routes (security Z09). */
  readonly system: boolean
  /** Views only: the defining PostgreSQL select; for an adopted view null. */
  readonly definition: string | null
  /** What writes the table accepts; all false for a view. */
  readonly writable: boolean
  /** The former name, where the schema.ts says that the table was renamed. */
  readonly was?: string
  /** A PostgreSQL select that fills the table when it is new. Never part of a comparison. */
  readonly using?: string
  /** How the engine keeps the table where that is out of the ordinary, in the engine's own words (SQLite: `without rowid`). */
  readonly storage?: string
}

export interface FunctionArgument {
  readonly name: string
  readonly type: ColumnType
}

/** A helper declared beside the tables with `expr()`: callable in policies and other expressions, inlined when they are compiled. */
export interface ExprFunction {
  readonly name: string
  readonly schema: string
  readonly arguments: readonly FunctionArgument[]
  /** A PostgreSQL expression over the arguments. */
  readonly body: string
  /** Its subqueries are not subject to the policies of the tables they read. */
  readonly definer: boolean
}

/**
 * One way to embed `target` from `source`. Every foreign key gives two (from either side), every junction table gives m2m ones.
 * `source` and `target` column lists are pairwise equal; for m2m they are joined through `junction`.
 */
export interface Relation {
  /** The constraint's name; for m2m the junction's two constraints joined by `+`. */
  readonly name: string
  readonly cardinality: 'm2o' | 'o2m' | 'o2o' | 'm2m'
  readonly source: TableKey
  readonly target: TableKey
  readonly sourceColumns: readonly string[]
  readonly targetColumns: readonly string[]
  /** o2o only: true where the foreign key is on the source side. */
  readonly sourceHoldsKey: boolean
  readonly junction: {
    readonly table: TableKey
    /** Junction columns that equal `sourceColumns`, and those that equal `targetColumns`. */
    readonly sourceColumns: readonly string[]
    readonly targetColumns: readonly string[]
    readonly sourceConstraint: string
    readonly targetConstraint: string
  } | null
}

/** The versioned, deeply frozen model of what can be asked for. A request keeps the Catalog it started with. */
export interface Catalog {
  /** Grows by one with every change; part of every cache key. */
  readonly version: number
  /** Schemas served over the wire, the first being the default. */
  readonly schemas: readonly string[]
  readonly tables: ReadonlyMap<TableKey, Table>
  /** By source table, in the order of the foreign keys' declaration. */
  readonly relations: ReadonlyMap<TableKey, readonly Relation[]>
  /** By `schema.name`. */
  readonly functions: ReadonlyMap<string, ExprFunction>
  /** What the database keeps out of sight; empty in a Catalog that was built from a schema.ts. */
  readonly retired: { readonly columns: readonly RetiredColumn[]; readonly tables: readonly RetiredTable[] }
  /** What the database has and a Catalog can't say; empty in a Catalog that was built from a schema.ts. */
  readonly opaque: readonly Opaque[]
}

export const DEFAULT_SCHEMA = 'public'

export function tableKey(schema: string, name: string): TableKey {
  return `${schema}.${name}`
}
