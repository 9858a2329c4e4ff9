import type { Actor } from '../../policy/actor.ts'
import type { PolicySet } from '../../policy/policy-set.ts'
import type { Expr, SourceId } from '../../query/expr.ts'
import type { Embed } from '../../query/plan.ts'
import type { Catalog, Table, TableKey } from '../../schema/catalog.ts'
import type { Value } from '../../schema/types.ts'

export type Row = ReadonlyMap<string, Value>
export type Data = ReadonlyMap<TableKey, readonly Row[]>

/** The expressions that a Catalog keeps as text, checked: over `SELF`, the row. */
export interface TableExpressions {
  readonly defaults: ReadonlyMap<string, Expr>
  readonly generated: ReadonlyMap<string, Expr>
  readonly checks: readonly { readonly name: string; readonly expression: Expr }[]
}

/** Everything an answer depends on, at one moment: one request against one state of the data. Immutable. */
export interface World {
  readonly catalog: Catalog
  readonly policies: PolicySet
  readonly expressions: ReadonlyMap<TableKey, TableExpressions>
  readonly actor: Actor
  /** `ApiRequest.values`. */
  readonly values: readonly (string | readonly string[])[]
  readonly nowMicros: bigint
  readonly data: Data
}

/** What the names in an expression stand for. A source that an outer join left empty is null. */
export interface Scope {
  readonly rows: ReadonlyMap<SourceId, Row | null>
  readonly embeds: ReadonlyMap<number, Embed>
}

export const EMPTY_SCOPE: Scope = { rows: new Map(), embeds: new Map() }

export function bind(scope: Scope, source: SourceId, row: Row | null): Scope {
  return { ...scope, rows: new Map([...scope.rows, [source, row]]) }
}

export function tableOf(world: World, key: TableKey): Table {
  const table = world.catalog.tables.get(key)
  if (table === undefined) throw new Error(`the oracle knows no table ${key}`)
  return table
}

export function rowsOf(world: World, key: TableKey): readonly Row[] {
  return world.data.get(key) ?? []
}
