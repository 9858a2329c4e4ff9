import type { Relation, Table } from '../schema/catalog.ts'
import type { ColumnType } from '../schema/types.ts'
import type { AggregateName, Expr, SourceId } from './expr.ts'
import type { Returning } from './request.ts'

/** A request with every name resolved against one Catalog. Deeply frozen. Names no user: it is shared by all who ask the same shape. */
export type Plan = ReadPlan | InsertPlan | UpdatePlan | DeletePlan

export interface ReadPlan {
  readonly kind: 'read'
  readonly root: SelectNode
  readonly count: 'exact' | 'planned' | 'estimated' | null
}

/** One table occurrence that is read: the root, an embed, or the representation of a write. */
export interface SelectNode {
  readonly source: SourceId
  readonly table: Table
  readonly output: readonly OutputItem[]
  /** Every embed asked for at this node, output or not; `EmbedExists.embed` and `OutputItem.embed` are their `id`. */
  readonly embeds: readonly Embed[]
  /** The request's filters at this node, inner joins included as `embed-exists`. Never a policy: those come with authorize. */
  readonly where: Expr | null
  /** The row policy of this occurrence, set by authorize only. null in an unguarded plan and where nothing restricts the actor. */
  readonly guard: Expr | null
  readonly order: readonly OrderTerm[]
  readonly limit: RowBound | null
  readonly offset: RowBound | null
  /** Cap from the limit `rowsMax`, in rows; null for the representation of a write. */
  readonly rowsMax: number | null
  /**
   * True when an aggregate is in `output`: rows are grouped by every other output (and to-one embed). Outputs of its to-one spreads stand in
   * its own `output` then, as `embed-value`s, and it shows no to-many embed: the planner sees to both.
   */
  readonly grouped: boolean
}

/** A row count of the request, by index into its values. */
export interface RowBound {
  readonly index: number
}

export type OutputItem =
  | { readonly kind: 'value'; readonly name: string; readonly value: Expr }
  | {
      readonly kind: 'aggregate'
      readonly name: string
      readonly fn: AggregateName
      /** null for `count()`. */
      readonly value: Expr | null
      readonly type: ColumnType
      /** Cast of the aggregate's result, or null. */
      readonly cast: ColumnType | null
    }
  /** An object, array or null under `name`. */
  | { readonly kind: 'embed'; readonly name: string; readonly embed: number }
  /** The embed's outputs hoisted into this node's object: plain values when to-one, arrays when to-many. */
  | { readonly kind: 'spread'; readonly embed: number }
  /**
   * Open tables: every member of this jsonb object, hoisted into the row, but for those called like a column that the role sees: who does not
   * see the column may have written one. Part of `*`.
   */
  | { readonly kind: 'open'; readonly value: Expr; readonly except: readonly string[] }

export interface Embed {
  readonly id: number
  /** What filters, orders and limits call it: alias, else table name. */
  readonly name: string
  readonly relation: Relation
  readonly toMany: boolean
  readonly inner: boolean
  readonly node: SelectNode
  /** Equalities between the parent's source and the child's (or the junction's): all over `ColumnRef`s. */
  readonly join: Expr
  /** m2m: the junction occurrence, its own policy, and how it meets the child. */
  readonly junction: {
    readonly source: SourceId
    readonly table: Table
    readonly join: Expr
    readonly guard: Expr | null
  } | null
}

export interface OrderTerm {
  readonly value: Expr
  readonly descending: boolean
  readonly nullsFirst: boolean
}

interface WriteBase {
  readonly table: Table
  readonly source: SourceId
  readonly returning: Returning
  /** How the written rows are shown; null unless `returning` is `representation`. Its source reads the table anew, under select policies. */
  readonly representation: SelectNode | null
  readonly count: 'exact' | 'planned' | 'estimated' | null
}

export interface InsertPlan extends WriteBase {
  readonly kind: 'insert'
  /** Columns of the payload, in the order of its cells. A key of an open table has `openKey` set and goes into its open column. */
  readonly columns: readonly WriteColumn[]
  /** What a cell absent from the payload becomes. */
  readonly missing: 'default' | 'null'
  readonly conflict: { readonly columns: readonly string[]; readonly resolution: 'merge' | 'ignore' } | null
  readonly replace: boolean
  /** PUT only: the key equalities of the URL, param per key column in key order; the payload must agree (PGRST115). */
  readonly replaceKey: readonly { readonly column: string; readonly value: Expr }[]
  /** Set by authorize, over `source` as the new row: every new row must make it true (42501). null when nothing restricts. */
  readonly check: Expr | null
  /** Set by authorize, for the rows a merge would update: over `source` as the old row (using) and as the new row (check). */
  readonly conflictUsing: Expr | null
  readonly conflictCheck: Expr | null
}

export interface UpdatePlan extends WriteBase {
  readonly kind: 'update'
  readonly columns: readonly WriteColumn[]
  readonly missing: 'default' | 'null'
  readonly where: Expr | null
  readonly embeds: readonly Embed[]
  /** Set by authorize: which old rows may be touched, and what every new row must satisfy. */
  readonly guard: Expr | null
  readonly check: Expr | null
}

export interface DeletePlan extends WriteBase {
  readonly kind: 'delete'
  readonly where: Expr | null
  readonly embeds: readonly Embed[]
  readonly guard: Expr | null
}

export interface WriteColumn {
  /** The real column; for an open key the table's open column. */
  readonly name: string
  readonly type: ColumnType
  readonly openKey: string | null
}
