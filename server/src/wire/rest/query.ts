import type { ApiRequest, FilterNode, OrderItem, RangeItem, SelectItem } from '../../query/request.ts'
import { Cursor } from './cursor.ts'
import { parseFilter, parseTreePath } from './filter.ts'
import { limitExceeded, type ParseLimits } from './limits.ts'
import { type FilterCounter, parseLogicPath, parseLogicTree } from './logic.ts'
import { nameList } from './names.ts'
import { parseEmbedPath, parseOrder } from './order.ts'
import { type ParseCache, remembered } from './parse-cache.ts'
import type { Parameter } from './query-string.ts'
import { ALL_ROWS, intersect, parseCount, type RowRange, rangeOf } from './ranges.ts'
import { parseSelect } from './select.ts'
import { Values } from './values.ts'

/** Everything the query string of a table's URL says. */
export interface TableQuery {
  readonly select: readonly SelectItem[]
  /** The text of `select`, for the shape. */
  readonly selectText: string
  readonly filters: ApiRequest['filters']
  readonly orders: ApiRequest['orders']
  /** Ranges of embeds and of the root, as indexes into the values. */
  readonly ranges: readonly RangeItem[]
  /** The root's rows: query parameters and Range header together. */
  readonly range: RowRange
  /** True where the query string itself limits the root, which PUT refuses. */
  readonly limitsRoot: boolean
  readonly columns: readonly string[] | null
  readonly onConflict: readonly string[] | null
  readonly values: readonly (string | readonly string[])[]
}

interface QueryState {
  readonly limits: ParseLimits
  readonly cache: ParseCache | undefined
  readonly values: Values
  readonly counter: FilterCounter
  readonly filters: { readonly path: readonly string[]; readonly node: FilterNode }[]
  readonly orders: { readonly path: readonly string[]; readonly terms: readonly OrderItem[] }[]
  readonly bounds: Map<string, Bounds>
  readonly single: Map<string, string>
  terms: number
}

interface Bounds {
  readonly path: readonly string[]
  limit: number | null
  offset: number | null
}

const SINGLE: ReadonlySet<string> = new Set(['select', 'columns', 'on_conflict'])
const ROOT: readonly string[] = Object.freeze([])

export interface TableQueryOptions {
  readonly limits: ParseLimits
  readonly cache: ParseCache | undefined
  /** From the Range header of a GET. */
  readonly headerRange: RowRange
  /** Writes ignore limit and offset at the root. */
  readonly rootRange: boolean
}

/** Reads the parameters in their order. Throws PGRST100, PGRST103 and PILAR_LIMIT. */
export function parseTableQuery(parameters: readonly Parameter[], options: TableQueryOptions): TableQuery {
  const { limits } = options
  const state: QueryState = {
    limits,
    cache: options.cache,
    values: new Values(),
    counter: { nodes: 0 },
    filters: [],
    orders: [],
    bounds: new Map(),
    single: new Map(),
    terms: 0,
  }
  for (const { key, value } of parameters) {
    if (value !== null) readParameter(state, key, value)
  }
  const selectText = state.single.get('select') ?? '*'
  const rootBounds = state.bounds.get('')
  const own = rangeOf(rootBounds?.limit ?? null, rootBounds?.offset ?? null)
  const range = options.rootRange ? intersect(own, options.headerRange) : ALL_ROWS
  return {
    select: remembered(options.cache?.selects, selectText, (text) => parseSelect(text, limits)),
    selectText,
    filters: Object.freeze(state.filters),
    orders: Object.freeze(state.orders),
    ranges: rangeItems(state, range),
    range,
    limitsRoot: (rootBounds?.limit ?? rootBounds?.offset ?? null) !== null,
    columns: names(state, 'columns', 'columns parameter'),
    onConflict: names(state, 'on_conflict', 'on_conflict parameter'),
    values: Object.freeze(state.values.all),
  }
}

function readParameter(state: QueryState, key: string, value: string): void {
  if (SINGLE.has(key)) {
    if (!state.single.has(key)) state.single.set(key, value)
    return
  }
  const last = key.slice(key.lastIndexOf('.') + 1)
  if (last === 'order') readOrder(state, key, value)
  else if (last === 'limit' || last === 'offset') readBound(state, key, { [last]: parseCount(value) })
  else if (last === 'and' || last === 'or') readLogic(state, key, value)
  else readFilter(state, key, value)
}

function readOrder(state: QueryState, key: string, value: string): void {
  const path = parseEmbedPath(key)
  const terms = remembered(state.cache?.orders, value, (text) => parseOrder(text, state.limits))
  state.terms += terms.length
  if (state.terms > state.limits.orderTermsMax) throw limitExceeded('orderTermsMax', state.limits)
  state.orders.push(Object.freeze({ path, terms }))
}

function readBound(state: QueryState, key: string, bound: { limit?: number | null; offset?: number | null }): void {
  const path = parseEmbedPath(key)
  const id = path.map((name) => JSON.stringify(name)).join()
  const known = state.bounds.get(id) ?? { path, limit: null, offset: null }
  state.bounds.set(id, Object.assign(known, bound))
}

function readLogic(state: QueryState, key: string, value: string): void {
  const { path, negated, op } = parseLogicPath(key)
  const node = parseLogicTree(`${negated ? 'not.' : ''}${op}`, value, state)
  state.filters.push(Object.freeze({ path, node }))
}

function readFilter(state: QueryState, key: string, value: string): void {
  state.counter.nodes++
  if (state.counter.nodes > state.limits.filterNodesMax) throw limitExceeded('filterNodesMax', state.limits)
  const { path, field } = parseTreePath(key, state.limits)
  state.filters.push(Object.freeze({ path, node: parseFilter(value, field, state) }))
}

function rangeItems(state: QueryState, root: RowRange): readonly RangeItem[] {
  const items: RangeItem[] = []
  const keep = (path: readonly string[], { limit, offset }: RowRange): void => {
    if (limit === null && offset === 0) return
    items.push(
      Object.freeze({
        path,
        limit: limit === null ? -1 : state.values.add(String(limit)),
        offset: offset === 0 ? -1 : state.values.add(String(offset)),
      }),
    )
  }
  keep(ROOT, root)
  for (const { path, limit, offset } of state.bounds.values()) {
    if (path.length > 0) keep(path, rangeOf(limit, offset))
  }
  return Object.freeze(items)
}

function names(state: QueryState, key: string, what: string): readonly string[] | null {
  const text = state.single.get(key)
  return text === undefined ? null : nameList(new Cursor(what, text), state.limits)
}
