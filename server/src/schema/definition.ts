import type { Check, ExprFunction, Index, ReferentialAction, TableKey } from './catalog.ts'
import type { ColumnType } from './types.ts'

/** Where in the user's project something was written, for messages. */
export interface Location {
  readonly file: string
  readonly line: number
}

/** One mistake in a schema.ts. Loading collects all of them before it gives up. */
export interface Problem {
  readonly at: Location | null
  /** The place in words: `posts.author_id`, `policy select of posts for anon`. */
  readonly where: string
  readonly message: string
  /** The remedy, often the nearest valid name. */
  readonly hint: string | null
}

export type PolicyAction = 'select' | 'insert' | 'update' | 'delete'

/** One policy as the user wrote it; `all` is already spread over the four actions. */
export interface PolicyDefinition {
  readonly table: TableKey
  readonly action: PolicyAction
  /** A role, or `public` for every role. */
  readonly role: string
  readonly permissive: boolean
  /** PostgreSQL expressions. `using` guards existing rows, `check` new ones; an absent check is the using. */
  readonly using: string | null
  readonly check: string | null
  readonly at: Location | null
}

/** Columns that do not exist for a role. */
export interface HiddenColumns {
  readonly table: TableKey
  readonly role: string
  readonly columns: readonly string[]
  readonly at: Location | null
}

export interface ColumnDefinition {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
  readonly default: string | null
  readonly generated: { readonly expression: string; readonly stored: boolean } | null
  readonly identity: 'always' | 'by default' | null
  readonly primaryKey: boolean
  readonly unique: boolean
  readonly check: string | null
  readonly references: {
    readonly target: string
    readonly onDelete: ReferentialAction
    readonly onUpdate: ReferentialAction
  } | null
  readonly comment: string | null
  /** The former name: an explicit rename. */
  readonly was: string | null
  /** A PostgreSQL expression for rows that exist when the column comes, changes its type or begins to refuse null. */
  readonly using: string | null
  readonly at: Location | null
}

export interface TableDefinition {
  readonly key: TableKey
  readonly schema: string
  readonly name: string
  readonly columns: readonly ColumnDefinition[]
  readonly primaryKey: readonly string[] | null
  readonly uniques: readonly { readonly name: string | null; readonly columns: readonly string[] }[]
  readonly foreignKeys: readonly {
    readonly name: string | null
    readonly columns: readonly string[]
    readonly target: string
    readonly targetColumns: readonly string[]
    readonly onDelete: ReferentialAction
    readonly onUpdate: ReferentialAction
  }[]
  /** The name is empty where the user gave none. */
  readonly checks: readonly Check[]
  readonly indexes: readonly Omit<Index, 'name'>[]
  readonly open: boolean
  readonly comment: string | null
  readonly was: string | null
  /** A PostgreSQL select that fills the table when it is new. */
  readonly using: string | null
  readonly at: Location | null
}

export interface ViewDefinition {
  readonly key: TableKey
  readonly schema: string
  readonly name: string
  readonly columns: readonly ColumnDefinition[]
  /** A PostgreSQL select. */
  readonly select: string
  readonly comment: string | null
  readonly at: Location | null
}

/** A table that the database has already, of which only access is declared. */
export interface ExistingDefinition {
  readonly key: TableKey
  readonly at: Location | null
}

/** What `schema({...})` gives: data only, not checked yet. `buildCatalog` turns it into a Catalog or into problems. */
export interface SchemaDefinition {
  readonly tables: readonly TableDefinition[]
  readonly views: readonly ViewDefinition[]
  readonly existing?: readonly ExistingDefinition[]
  readonly functions: readonly (ExprFunction & { readonly at: Location | null })[]
  readonly policies: readonly PolicyDefinition[]
  readonly hidden: readonly HiddenColumns[]
  /** Roles beyond anon, authenticated and service_role. */
  readonly roles: readonly string[]
  /** Schemas served over the wire, the first being the default; `public` alone when absent. */
  readonly schemas?: readonly string[]
  /** Mistakes already seen while the definition was written down. */
  readonly problems: readonly Problem[]
}
