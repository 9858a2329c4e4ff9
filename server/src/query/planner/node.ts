import { failure } from '../../errors/error.ts'
import { BOOLEAN } from '../../schema/types.ts'
import { assert } from '../../std/assert.ts'
import type { EmbedValue, Expr } from '../expr.ts'
import { and, call, column } from '../expr-tools.ts'
import type { Embed, OrderTerm, RowBound, SelectNode } from '../plan.ts'
import type { OrderItem } from '../request.ts'
import { type Draft, type EmbedDraft, findEmbed, notEmbedded, type PlanOptions } from './draft.ts'
import { fieldValue } from './field.ts'
import { nodeCondition } from './filter.ts'
import { nodeOutput, requireGrouped } from './output.ts'

/** Finishes a node and all below it: columns and types resolved. A node of one row at most keeps no cap. */
export function selectNode(draft: Draft, options: PlanOptions, oneRow = false): SelectNode {
  const children = new Map(
    draft.embeds.map((embed) => [embed.id, selectNode(embed.node, options, !embed.toMany)] as const),
  )
  const where = nodeCondition(draft)
  const { output, grouped, hoisted } = nodeOutput(draft, children, options)
  const order = draft.orders.map((item) => {
    const term = orderTerm(draft, item)
    if (grouped) requireGrouped(output, term.value, `${draft.table.name}.${item.field.name}`)
    return term
  })
  const embeds = draft.embeds.map((embed) => {
    const child = children.get(embed.id)
    assert(child !== undefined, 'children are planned before their parent')
    const node = hoisted.has(embed.id) ? silent(child) : child
    return joinEmbed(draft, embed, node)
  })
  return Object.freeze({
    source: draft.source,
    table: draft.table,
    output,
    embeds: Object.freeze(embeds),
    where,
    guard: null,
    order: Object.freeze(order),
    limit: rowBound(draft.range?.limit),
    offset: rowBound(draft.range?.offset),
    rowsMax: oneRow ? null : options.rowsMax,
    grouped,
  })
}

const NOTHING: readonly never[] = Object.freeze([])

/** A node whose outputs moved up: it still joins and filters. */
function silent(node: SelectNode): SelectNode {
  return Object.freeze({ ...node, output: NOTHING, order: NOTHING, grouped: false })
}

function rowBound(index: number | undefined): RowBound | null {
  return index === undefined || index < 0 ? null : Object.freeze({ index })
}

function orderTerm(draft: Draft, item: OrderItem): OrderTerm {
  const value =
    item.relation === null ? fieldValue(draft, item.field, 'json') : relatedValue(draft, item.relation, item)
  const { descending } = item
  return Object.freeze({ value, descending, nullsFirst: item.nullsFirst ?? descending })
}

/** `order=rel(col)`: PGRST108 when `rel` is not embedded, PGRST118 when it is to-many. */
function relatedValue(draft: Draft, relation: string, item: OrderItem): EmbedValue {
  const embed = findEmbed(draft, relation)
  if (embed === null) throw notEmbedded(relation)
  if (embed.toMany) {
    const details = `'${draft.table.name}' and '${relation}' do not form a many-to-one or one-to-one relationship`
    throw failure('PGRST118', { name: relation }, { details })
  }
  const value = fieldValue(embed.node, item.field, 'json')
  assert(value.type.name !== 'unknown', 'a field has a type')
  return Object.freeze({ kind: 'embed-value', type: value.type, embed: embed.id, value })
}

/** Binds a finished embed to its parent: key equalities, through the junction for many-to-many. */
export function joinEmbed(parent: Draft, embed: EmbedDraft, node: SelectNode): Embed {
  const { relation, junction } = embed
  const child = { source: embed.node.source, table: embed.node.table, columns: relation.targetColumns }
  const from = { source: parent.source, table: parent.table, columns: relation.sourceColumns }
  const base = {
    id: embed.id,
    name: embed.item.alias ?? embed.item.name,
    relation,
    toMany: embed.toMany,
    inner: embed.item.join === 'inner',
    node,
  }
  if (junction === null || relation.junction === null) {
    return Object.freeze({ ...base, join: equalities(from, child), junction: null })
  }
  const near = { ...junction, columns: relation.junction.sourceColumns }
  const far = { ...junction, columns: relation.junction.targetColumns }
  return Object.freeze({
    ...base,
    join: equalities(from, near),
    junction: Object.freeze({ ...junction, join: equalities(far, child), guard: null }),
  })
}

interface Side extends Pick<Draft, 'source' | 'table'> {
  readonly columns: readonly string[]
}

function equalities(left: Side, right: Side): Expr {
  assert(left.columns.length === right.columns.length, 'a relation pairs its columns')
  return and(
    ...left.columns.map((name, index) => {
      const other = right.columns[index]
      assert(other !== undefined, 'a relation pairs its columns')
      const sides = [column(left.source, left.table, name), column(right.source, right.table, other)]
      return call('eq', sides, BOOLEAN)
    }),
  )
}
