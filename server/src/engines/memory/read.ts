import type { Embed, OutputItem, RowBound, SelectNode } from '../../query/plan.ts'
import type { ColumnType } from '../../schema/types.ts'
import { toJsonText } from '../../schema/values.ts'
import { isJsonObject, parseJson, stringifyJson } from '../../std/json.ts'
import { aggregate } from './aggregate.ts'
import { castValue } from './cast.ts'
import { embedRows, evaluate, sorted, visibleRows, withEmbeds } from './evaluate.ts'
import { bind, EMPTY_SCOPE, type Row, type Scope, type World } from './world.ts'

/** A result, kept apart as far as a comparison needs it: JSON text, an object's members in order, or a list. */
export type Output = string | { readonly members: readonly Member[] } | Listing
export type Member = readonly [name: string, value: Output]
/** `ties[i]` numbers the run of items that the request's order does not tell apart: any order within a run is right. */
export interface Listing {
  readonly items: readonly Output[]
  readonly ties: readonly number[]
}

const MISSING = 'null'

/** The rows of the root that the actor sees and the request's filters keep. */
export function rootScopes(
  node: Pick<SelectNode, 'source' | 'table' | 'embeds' | 'where'>,
  world: World,
  rows?: readonly Row[],
): readonly Scope[] {
  return (rows ?? visibleRows(world, node.table.key))
    .map((row) => withEmbeds(bind(EMPTY_SCOPE, node.source, row), node.embeds))
    .filter((scope) => node.where === null || evaluate(node.where, scope, world) === true)
}

/** Groups, order, offset, limit and output of a node whose rows are known; `total` counts before offset and limit. */
export function show(node: SelectNode, scopes: readonly Scope[], world: World): { listing: Listing; total: number } {
  const groups = node.grouped ? grouped(node, scopes, world) : scopes.map((scope) => [scope])
  const leaders = new Map(groups.map((group) => [group[0] as Scope, group]))
  const runs = groups.length === 1 ? [{ items: [...leaders.keys()] }] : sorted([...leaders.keys()], node.order, world)
  const shown = runs.flatMap((run, tie) => run.items.map((scope) => ({ tie, group: leaders.get(scope) ?? [] })))
  const start = bound(node.offset, world) ?? 0
  const count = Math.min(bound(node.limit, world) ?? Number.POSITIVE_INFINITY, node.rowsMax ?? Number.POSITIVE_INFINITY)
  const page = shown.slice(start, start + count)
  const items = page.map(({ group }) => ({
    members: node.output.flatMap((item) => members(item, { node, group }, world)),
  }))
  return { listing: { items, ties: page.map(({ tie }) => tie) }, total: groups.length }
}

function bound(row: RowBound | null, world: World): number | null {
  return row === null ? null : Number(world.values[row.index])
}

/** Rows with equal outputs besides the aggregates; without such outputs everything is one group, even nothing. */
function grouped(node: SelectNode, scopes: readonly Scope[], world: World): readonly (readonly Scope[])[] {
  const keys = node.output.filter((item) => item.kind !== 'aggregate')
  if (keys.length === 0) return [scopes]
  const groups = new Map<string, Scope[]>()
  for (const scope of scopes) {
    const key = JSON.stringify(keys.map((item) => members(item, { node, group: [scope] }, world)))
    groups.set(key, [...(groups.get(key) ?? []), scope])
  }
  return [...groups.values()]
}

interface Shown {
  readonly node: SelectNode
  readonly group: readonly Scope[]
}

/** What one output item adds to the object of a row, or of a group of rows. */
function members(item: OutputItem, { node, group }: Shown, world: World): readonly Member[] {
  if (item.kind === 'aggregate') return [[item.name, aggregated(item, group, world)]]
  const [scope] = group
  if (scope === undefined) throw new Error('an empty group has no values')
  switch (item.kind) {
    case 'value':
      return [[item.name, toJsonText(item.value.type, evaluate(item.value, scope, world))]]
    case 'open': {
      const object = parseJson(String(evaluate(item.value, scope, world) ?? '{}'))
      if (!isJsonObject(object)) return []
      const members = Object.entries(object).filter(([name]) => !item.except.includes(name))
      return members.map(([name, value]) => [name, stringifyJson(value)])
    }
    case 'embed': {
      const embed = embedOf(node, item.embed)
      const { listing } = show(embed.node, embedRows(embed, scope, world), world)
      return [[item.name, embed.toMany ? listing : (listing.items[0] ?? MISSING)]]
    }
    case 'spread':
      return spread(embedOf(node, item.embed), scope, world)
  }
}

function aggregated(item: OutputItem & { kind: 'aggregate' }, group: readonly Scope[], world: World): string {
  const { value } = item
  const values = group.map((scope) => (value === null ? true : evaluate(value, scope, world)))
  const result = aggregate(item.fn, values, (value?.type ?? { name: 'boolean' }) as ColumnType)
  return toJsonText(item.cast ?? item.type, item.cast === null ? result : castValue(result, item.type, item.cast))
}

function embedOf(node: SelectNode, id: number): Embed {
  const embed = node.embeds.find((candidate) => candidate.id === id)
  if (embed === undefined) throw new Error(`the oracle knows no embed ${id} of ${node.source}`)
  return embed
}

/** To-one: the row's members, or nulls. To-many: each member as the list of its values. */
function spread(embed: Embed, scope: Scope, world: World): readonly Member[] {
  const { items, ties } = show(embed.node, embedRows(embed, scope, world), world).listing
  const rows = items.map((item) => (item as { members: readonly Member[] }).members)
  const [first] = rows
  if (!embed.toMany) return first ?? names(embed.node).map((name) => [name, MISSING])
  return names(embed.node).map((name, at) => [name, { items: rows.map((row) => row[at]?.[1] ?? MISSING), ties }])
}

function names(node: SelectNode): readonly string[] {
  return node.output.flatMap((item) =>
    item.kind === 'spread' ? names(embedOf(node, item.embed).node) : item.kind === 'open' ? [] : [item.name],
  )
}
