import { failure } from '../../errors/error.ts'
import type { ColumnType } from '../../schema/types.ts'
import { assert } from '../../std/assert.ts'
import { castTo } from '../conversion.ts'
import type { AggregateName, EmbedValue, Expr } from '../expr.ts'
import { column, TRUE } from '../expr-tools.ts'
import type { OutputItem, SelectNode } from '../plan.ts'
import type { JsonStep, SelectItem } from '../request.ts'
import { aggregateType } from './aggregate.ts'
import type { Draft, EmbedDraft, EmbedItem, PlanOptions } from './draft.ts'
import { fieldValue } from './field.ts'
import { castType } from './type-names.ts'

type FieldItem = Extract<SelectItem, { kind: 'field' }>
type AggregateOutput = Extract<OutputItem, { kind: 'aggregate' }>

export interface NodeOutput {
  readonly output: readonly OutputItem[]
  readonly grouped: boolean
  /** To-one spreads whose outputs moved up into this node: their own nodes show nothing any more. */
  readonly hoisted: ReadonlySet<number>
}

/** What a node shows, by its select. `children` are the finished nodes of its embeds. */
export function nodeOutput(draft: Draft, children: ReadonlyMap<number, SelectNode>, options: PlanOptions): NodeOutput {
  const items = draft.select.flatMap((item) => (item.kind === 'embed' ? [] : outputsOf(draft, item, options)))
  const spreads = draft.embeds.filter((embed) => embed.item.spread)
  for (const embed of spreads) refuseToManyAggregates(embed, childOf(children, embed))
  const aggregatesIn = (output: readonly OutputItem[]): boolean => output.some((item) => item.kind === 'aggregate')
  const grouped = aggregatesIn(items) || spreads.some((embed) => aggregatesIn(childOf(children, embed).output))
  const hoisted = new Set<number>()
  const output = draft.select.flatMap((item): readonly OutputItem[] => {
    if (item.kind !== 'embed') return outputsOf(draft, item, options)
    const embed = embedOf(draft, item)
    const child = childOf(children, embed)
    if (!grouped || (!item.spread && !embed.toMany) || child.output.length === 0) return embedOutput(embed, child)
    if (embed.toMany) throw notGrouped(item.alias ?? item.name)
    hoisted.add(embed.id)
    return child.output.map((inner) => hoist(embed.id, inner))
  })
  return { output: Object.freeze(output), grouped, hoisted }
}

function embedOf(draft: Draft, item: EmbedItem): EmbedDraft {
  const found = draft.embeds.find((embed) => embed.item === item)
  assert(found !== undefined, 'every embed item has a draft')
  return found
}

function childOf(children: ReadonlyMap<number, SelectNode>, embed: EmbedDraft): SelectNode {
  const child = children.get(embed.id)
  assert(child !== undefined, 'children are planned before their parent')
  return child
}

/** `rel()` only joins and filters: an embed that shows nothing has no key. */
function embedOutput(embed: EmbedDraft, child: SelectNode): readonly OutputItem[] {
  if (embed.item.spread) return [Object.freeze({ kind: 'spread', embed: embed.id })]
  if (child.output.length === 0) return []
  return [Object.freeze({ kind: 'embed', name: embed.item.alias ?? embed.item.name, embed: embed.id })]
}

function outputsOf(draft: Draft, item: Exclude<SelectItem, EmbedItem>, options: PlanOptions): readonly OutputItem[] {
  if (item.kind === 'all') return allColumns(draft)
  if (item.kind === 'count') {
    requireAggregates(options)
    return [aggregate(item.alias ?? 'count', { fn: 'count', value: null, cast: item.cast })]
  }
  return [fieldOutput(draft, item, options)]
}

function allColumns({ table, source }: Draft): readonly OutputItem[] {
  const except = Object.freeze(table.columns.map(({ name }) => name).filter((name) => name !== table.openColumn))
  return table.columns.map(({ name }): OutputItem => {
    const value = column(source, table, name)
    return Object.freeze(name === table.openColumn ? { kind: 'open', value, except } : { kind: 'value', name, value })
  })
}

function fieldOutput(draft: Draft, item: FieldItem, options: PlanOptions): OutputItem {
  const stored = fieldValue(draft, item, 'json')
  const value = item.cast === null ? stored : castTo(stored, castType(item.cast))
  if (item.aggregate !== null) {
    requireAggregates(options)
    return aggregate(item.alias ?? item.aggregate, { fn: item.aggregate, value, cast: item.aggregateCast })
  }
  return Object.freeze({ kind: 'value', name: item.alias ?? outputName(item.name, item.path), value })
}

/** The last key of the path; the column when the path has indexes only. */
function outputName(name: string, path: readonly JsonStep[]): string {
  const last = path.findLast((step) => typeof step.key === 'string')
  return last === undefined ? name : String(last.key)
}

function requireAggregates(options: PlanOptions): void {
  if (!options.aggregatesEnabled) throw failure('PGRST123')
}

function aggregate(
  name: string,
  parts: { readonly fn: AggregateName; readonly value: Expr | null; readonly cast: string | null },
): AggregateOutput {
  const { fn, value } = parts
  const type: ColumnType = aggregateType(fn, value?.type ?? { name: 'unknown' })
  const cast = parts.cast === null ? null : castType(parts.cast)
  return Object.freeze({ kind: 'aggregate', name, fn, value, type, cast })
}

function refuseToManyAggregates(embed: EmbedDraft, child: SelectNode): void {
  if (!embed.toMany || !child.output.some((item) => item.kind === 'aggregate')) return
  const details = 'Aggregates are not implemented for one-to-many or many-to-many spreads.'
  throw failure('PGRST127', {}, { details })
}

/** An output of a to-one spread as an output of the parent, which groups by it or aggregates it. */
function hoist(embed: number, item: OutputItem): OutputItem {
  const lift = (value: Expr): EmbedValue => {
    assert(value.type.name !== 'unknown', 'an output has a type')
    return Object.freeze({ kind: 'embed-value', type: value.type, embed, value })
  }
  switch (item.kind) {
    case 'value':
      return Object.freeze({ ...item, value: lift(item.value) })
    case 'aggregate':
      // count() counts the parents that have the row: the constant is null where it is missing.
      return Object.freeze({ ...item, value: lift(item.value ?? TRUE) })
    default:
      throw failure('PGRST127', {}, { details: 'Embeds are not implemented inside a spread that is grouped.' })
  }
}

function notGrouped(name: string) {
  const message = `column "${name}" must appear in the GROUP BY clause or be used in an aggregate function`
  return failure('42803', { message })
}

/** A grouped node sorts by what it groups by only. */
export function requireGrouped(output: readonly OutputItem[], value: Expr, name: string): void {
  const text = JSON.stringify(value)
  if (output.some((item) => item.kind === 'value' && JSON.stringify(item.value) === text)) return
  throw notGrouped(name)
}
