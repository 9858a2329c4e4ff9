import { failure, type PilarError } from '../../errors/error.ts'
import type { Catalog, Relation, Table } from '../../schema/catalog.ts'
import { assert } from '../../std/assert.ts'
import type { SourceId } from '../expr.ts'
import type { ApiRequest, FilterNode, OrderItem, RangeItem, SelectItem } from '../request.ts'
import { findRelation, isToMany } from './relation.ts'

export interface PlanOptions {
  /** `db-aggregates-enabled`: off refuses every aggregate with PGRST123. */
  readonly aggregatesEnabled: boolean
  /** Rows at most of every node of a read; null for no cap. */
  readonly rowsMax: number | null
  /** PATCH and DELETE without any filter are refused with 21000. */
  readonly requireWhere: boolean
}

/** What one call of `plan` works with; the counters name table occurrences and embeds. */
export interface Planning {
  readonly catalog: Catalog
  readonly options: PlanOptions
  sources: number
  embeds: number
}

export type EmbedItem = Extract<SelectItem, { kind: 'embed' }>

/** A table occurrence whose relations are known, not yet its columns. */
export interface Draft {
  readonly source: SourceId
  readonly table: Table
  readonly select: readonly SelectItem[]
  readonly embeds: readonly EmbedDraft[]
  readonly filters: FilterNode[]
  readonly orders: OrderItem[]
  range: RangeItem | null
}

export interface EmbedDraft {
  readonly id: number
  readonly item: EmbedItem
  readonly relation: Relation
  readonly toMany: boolean
  readonly node: Draft
  readonly junction: { readonly source: SourceId; readonly table: Table } | null
}

export function nextSource(planning: Planning): SourceId {
  planning.sources++
  return `s${planning.sources - 1}`
}

/** Resolves the embeds of a select, level by level. Throws PGRST200 and PGRST201. */
export function draftNode(planning: Planning, table: Table, select: readonly SelectItem[]): Draft {
  const source = nextSource(planning)
  const embeds: EmbedDraft[] = []
  for (const item of select) {
    if (item.kind === 'embed') embeds.push(draftEmbed(planning, table, item))
  }
  return { source, table, select, embeds, filters: [], orders: [], range: null }
}

function draftEmbed(planning: Planning, origin: Table, item: EmbedItem): EmbedDraft {
  const relation = findRelation(planning.catalog, { origin, target: item.name, hint: item.hint })
  planning.embeds++
  const id = planning.embeds - 1
  const { junction } = relation
  const through = junction === null ? null : { source: nextSource(planning), table: tableOf(planning, junction.table) }
  const node = draftNode(planning, tableOf(planning, relation.target), item.select)
  return { id, item, relation, toMany: isToMany(relation), node, junction: through }
}

function tableOf({ catalog }: Planning, key: string): Table {
  const table = catalog.tables.get(key)
  assert(table !== undefined, `relation leads to ${key}, which the catalog lacks`)
  return table
}

/** The embed that filters, orders and limits call `name`: by alias first, then by table name. */
export function findEmbed(draft: Draft, name: string): EmbedDraft | null {
  const byName = (embed: EmbedDraft): boolean => (embed.item.alias ?? embed.item.name) === name
  return draft.embeds.find(byName) ?? draft.embeds.find((embed) => embed.item.name === name) ?? null
}

/** Hands every filter, order and range to the node its path leads to. Throws PGRST108 for an embed that was not asked for. */
export function distribute(root: Draft, request: ApiRequest): void {
  for (const { path, node } of request.filters) descend(root, path).filters.push(node)
  for (const { path, terms } of request.orders) descend(root, path).orders.push(...terms)
  for (const range of request.ranges) descend(root, range.path).range = range
}

function descend(root: Draft, path: readonly string[]): Draft {
  let draft = root
  for (const name of path) {
    const embed = findEmbed(draft, name)
    if (embed === null) throw notEmbedded(name)
    draft = embed.node
  }
  return draft
}

export function notEmbedded(name: string): PilarError {
  const hint = `Verify that '${name}' is included in the 'select' query parameter.`
  return failure('PGRST108', { name }, { hint })
}
