import type { TableKey } from '../schema/catalog.ts'
import type { ColumnType, LogicalType, Value } from '../schema/types.ts'
import type { FunctionName } from './functions.ts'

/**
 * Names one table occurrence inside a plan: `s0`, `s1`, … unique in the whole plan. Inside a policy that is not attached to a
 * plan yet, the guarded table is `SELF` and the occurrences in its subqueries are `p0`, `p1`, …; attaching renames them all.
 */
export type SourceId = string
export const SELF: SourceId = 'self'

/** What is ambient in a request and bound at run time, so that one program serves all users of a role. */
export type ContextName = 'uid' | 'role' | 'email' | 'jwt' | 'now'

/** Three-valued: every boolean Expr is true, false or null, as in PostgreSQL. All nodes are frozen and carry their type. */
export type Expr =
  | Literal
  | Param
  | Context
  | ColumnRef
  | Call
  | Logic
  | Not
  | Is
  | Case
  | Cast
  | InList
  | InQuery
  | Quantified
  | ArrayExpr
  | Exists
  | ScalarQuery
  | EmbedExists
  | EmbedValue

/** A constant of the expression's text, already converted to its type. */
export interface Literal {
  readonly kind: 'literal'
  readonly type: LogicalType
  readonly value: Value
}
/**
 * A value of the request: `ApiRequest.values[index]`. `scalar` is one text; `list` is an array of texts (in-list, any/all), one slot
 * whatever its length. The text is converted to `type` when bound (22P02 when it can't be).
 */
export interface Param {
  readonly kind: 'param'
  readonly type: ColumnType
  readonly index: number
  readonly form: 'scalar' | 'list'
}
export interface Context {
  readonly kind: 'context'
  readonly type: ColumnType
  readonly name: ContextName
}
export interface ColumnRef {
  readonly kind: 'column'
  readonly type: ColumnType
  readonly source: SourceId
  readonly table: TableKey
  readonly column: string
}
/** A function or operator of the table in `functions.ts`; argument types are already those of one of its signatures. */
export interface Call {
  readonly kind: 'call'
  readonly type: ColumnType
  readonly fn: FunctionName
  readonly args: readonly Expr[]
}
export interface Logic {
  readonly kind: 'and' | 'or'
  readonly type: ColumnType
  readonly args: readonly Expr[]
}
export interface Not {
  readonly kind: 'not'
  readonly type: ColumnType
  readonly arg: Expr
}
/** Never null itself. `negated` is IS NOT. */
export interface Is {
  readonly kind: 'is'
  readonly type: ColumnType
  readonly test: 'null' | 'true' | 'false' | 'unknown'
  readonly negated: boolean
  readonly arg: Expr
}
/** Searched CASE; the simple form is rewritten to it. */
export interface Case {
  readonly kind: 'case'
  readonly type: ColumnType
  readonly whens: readonly { readonly when: Expr; readonly then: Expr }[]
  readonly otherwise: Expr | null
}
export interface Cast {
  readonly kind: 'cast'
  readonly type: ColumnType
  readonly arg: Expr
}
/** `arg IN (items)`; with `items` a single list `Param` the slot holds the whole list. Empty is false. */
export interface InList {
  readonly kind: 'in'
  readonly type: ColumnType
  readonly arg: Expr
  readonly items: readonly Expr[]
}
/** `arg IN (SELECT output …)`. */
export interface InQuery {
  readonly kind: 'in-query'
  readonly type: ColumnType
  readonly arg: Expr
  readonly query: Query
}
/** `arg op ANY (array)` or `arg op ALL (array)`; the array is an array-typed Expr or a list `Param` of the element type. */
export interface Quantified {
  readonly kind: 'quantified'
  readonly type: ColumnType
  readonly fn: FunctionName
  readonly all: boolean
  readonly arg: Expr
  readonly array: Expr
}
export interface ArrayExpr {
  readonly kind: 'array'
  readonly type: ColumnType
  readonly items: readonly Expr[]
}
export interface Exists {
  readonly kind: 'exists'
  readonly type: ColumnType
  readonly query: Query
}
export interface ScalarQuery {
  readonly kind: 'scalar-query'
  readonly type: ColumnType
  readonly query: Query
}
/** True where the embed of this id has at least one row for the current parent (its filters and guards included). */
export interface EmbedExists {
  readonly kind: 'embed-exists'
  readonly type: ColumnType
  readonly embed: number
}
/** The value of `value` (over the embed's source) in a to-one embed: `order=rel(col)`. Null when the embed has no row. */
export interface EmbedValue {
  readonly kind: 'embed-value'
  readonly type: ColumnType
  readonly embed: number
  readonly value: Expr
}

/** A subquery written in an expression: `select output from a join b on … where …`. `output` is null under EXISTS. */
export interface Query {
  readonly from: readonly QuerySource[]
  readonly where: Expr | null
  readonly output: Expr | null
  /** count/sum/avg/min/max around `output` when the subquery aggregates (scalar subqueries only). */
  readonly aggregate: AggregateName | null
  readonly order: readonly { readonly value: Expr; readonly descending: boolean; readonly nullsFirst: boolean }[]
  readonly limit: number | null
  /** True inside a definer function: the tables' own policies are not applied by authorize. */
  readonly definer: boolean
}
export interface QuerySource {
  readonly source: SourceId
  readonly table: TableKey
  readonly join: 'inner' | 'left' | 'cross'
  readonly on: Expr | null
}

export type AggregateName = 'count' | 'sum' | 'avg' | 'min' | 'max'

/** The select of a view, for an engine to print. Policies of the tables it reads do not apply inside it: the view has its own. */
export interface ViewQuery {
  readonly distinct: boolean
  readonly output: readonly { readonly name: string; readonly value: Expr }[]
  readonly from: readonly QuerySource[]
  readonly where: Expr | null
  /** Grouped by these; empty with `aggregates` is one group of all rows; null when the view does not group. */
  readonly group: readonly Expr[] | null
  readonly having: Expr | null
  readonly order: Query['order']
  readonly limit: number | null
  /** `output`, `having` and `order` name the aggregate at index 2 as the column `2` of the source `AGGREGATES`. */
  readonly aggregates: readonly { readonly fn: AggregateName; readonly value: Expr | null; readonly type: ColumnType }[]
}
export const AGGREGATES: SourceId = 'aggregates'
