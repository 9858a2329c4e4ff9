import type { Json } from '../std/json.ts'
import type { AggregateName } from './expr.ts'

/**
 * What a request asks for: syntax only, no name looked up yet. Every literal is lifted into `values` and replaced by its index, so that
 * two requests which differ in values only have the same `shape`, hence the same Program. Deeply frozen.
 */
export type ApiRequest = ReadRequest | InsertRequest | UpdateRequest | DeleteRequest

interface RequestBase {
  readonly schema: string
  readonly table: string
  readonly select: readonly SelectItem[]
  /** Filters, orders and limits with the embed path they belong to; the root's path is empty. In order of appearance. */
  readonly filters: readonly { readonly path: readonly string[]; readonly node: FilterNode }[]
  readonly orders: readonly { readonly path: readonly string[]; readonly terms: readonly OrderItem[] }[]
  readonly ranges: readonly RangeItem[]
  readonly count: 'exact' | 'planned' | 'estimated' | null
  /** Literals in order of appearance: one text, or the texts of a list. */
  readonly values: readonly (string | readonly string[])[]
  /** A text that two requests share exactly when they can share a Program. Includes the payload's columns, never its values. */
  readonly shape: string
}
export interface ReadRequest extends RequestBase {
  readonly kind: 'read'
}
export interface InsertRequest extends RequestBase {
  readonly kind: 'insert'
  readonly payload: Payload
  /** `on_conflict` names, or null where the primary key is meant. `resolution` null is a plain insert. */
  readonly conflict: readonly string[] | null
  readonly resolution: 'merge' | 'ignore' | null
  readonly missing: 'default' | 'null'
  readonly returning: Returning
  /** PUT: a merge upsert of exactly one row whose key stands in the URL. */
  readonly replace: boolean
}
export interface UpdateRequest extends RequestBase {
  readonly kind: 'update'
  readonly payload: Payload
  readonly missing: 'default' | 'null'
  readonly returning: Returning
}
export interface DeleteRequest extends RequestBase {
  readonly kind: 'delete'
  readonly returning: Returning
}
export type Returning = 'minimal' | 'headers-only' | 'representation'

/** Rows to write. `cells[row][i]` belongs to `columns[i]`; undefined where the row lacks a key named in `columns=`. */
export interface Payload {
  readonly columns: readonly string[]
  readonly cells: readonly (readonly (Json | undefined)[])[]
}

export type SelectItem =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'field'
      readonly name: string
      readonly alias: string | null
      readonly path: readonly JsonStep[]
      readonly cast: string | null
      readonly aggregate: AggregateName | null
      readonly aggregateCast: string | null
    }
  /** A bare `count()`. */
  | { readonly kind: 'count'; readonly alias: string | null; readonly cast: string | null }
  | {
      readonly kind: 'embed'
      readonly name: string
      readonly alias: string | null
      readonly hint: string | null
      readonly join: 'inner' | 'left' | null
      readonly spread: boolean
      readonly select: readonly SelectItem[]
    }

/** `->key`, `->>key`, `->3`. */
export interface JsonStep {
  readonly key: string | number
  readonly asText: boolean
}

export interface FieldRef {
  readonly name: string
  readonly path: readonly JsonStep[]
}

export type FilterOperator =
  | 'eq'
  | 'neq'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'like'
  | 'ilike'
  | 'match'
  | 'imatch'
  | 'in'
  | 'is'
  | 'isdistinct'
  | 'cs'
  | 'cd'
  | 'ov'
  | 'sl'
  | 'sr'
  | 'nxr'
  | 'nxl'
  | 'adj'
  | 'fts'
  | 'plfts'
  | 'phfts'
  | 'wfts'

export type FilterNode =
  | {
      readonly kind: 'logic'
      readonly op: 'and' | 'or'
      readonly negated: boolean
      readonly nodes: readonly FilterNode[]
    }
  | {
      readonly kind: 'filter'
      readonly field: FieldRef
      readonly op: FilterOperator
      readonly negated: boolean
      readonly quantifier: 'any' | 'all' | null
      /** `is` carries its word here and no value. */
      readonly is: 'null' | 'not_null' | 'true' | 'false' | 'unknown' | null
      /** Full-text configuration: `fts(english)`. */
      readonly language: string | null
      /** Index into `values`; -1 for `is`. */
      readonly value: number
    }

export interface OrderItem {
  readonly field: FieldRef
  /** `rel(col)`: order by a column of this to-one embed. */
  readonly relation: string | null
  readonly descending: boolean
  /** null means PostgreSQL's default: last when ascending, first when descending. */
  readonly nullsFirst: boolean | null
}

/** Indexes into `values`, each a text of decimal digits; -1 when absent. */
export interface RangeItem {
  readonly path: readonly string[]
  readonly limit: number
  readonly offset: number
}
