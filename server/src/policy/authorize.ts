import type { Expr } from '../query/expr.ts'
import { and } from '../query/expr-tools.ts'
import type { DeletePlan, Embed, InsertPlan, OutputItem, Plan, SelectNode, UpdatePlan } from '../query/plan.ts'
import { unreachable } from '../std/assert.ts'
import { Guard, restriction } from './guard.ts'
import { assertVisible, type Rules } from './second-wall.ts'

export type { Rules }

/**
 * Sets row filter and write check of `role` on every table occurrence of a plan, with PostgreSQL's meaning of policies. Throws 42501 when the
 * plan names a table or column that the role may not even know of: the planner, given `visibleCatalog`, never makes such a plan.
 */
export function guardPlan(plan: Plan, role: string, rules: Rules): Plan {
  assertVisible(plan, role, rules)
  return guarded(plan, new Guard(rules.policies, role))
}

function guarded(plan: Plan, guard: Guard): Plan {
  switch (plan.kind) {
    case 'read':
      return Object.freeze({ ...plan, root: guardNode(plan.root, guard) })
    case 'insert':
      return guardInsert(plan, guard)
    case 'update':
      return guardUpdate(plan, guard)
    case 'delete':
      return guardDelete(plan, guard)
    default:
      return unreachable(plan)
  }
}

function guardNode(node: SelectNode, guard: Guard): SelectNode {
  return Object.freeze({
    ...node,
    output: Object.freeze(node.output.map((item) => guardOutput(item, guard))),
    embeds: guardEmbeds(node.embeds, guard),
    where: guardOptional(node.where, guard),
    guard: restriction(guard.select(node.table.key, node.source)),
    order: Object.freeze(node.order.map((term) => Object.freeze({ ...term, value: guard.expression(term.value) }))),
  })
}

function guardOutput(item: OutputItem, guard: Guard): OutputItem {
  switch (item.kind) {
    case 'value':
    case 'open':
      return Object.freeze({ ...item, value: guard.expression(item.value) })
    case 'aggregate':
      return Object.freeze({ ...item, value: guardOptional(item.value, guard) })
    case 'embed':
    case 'spread':
      return item
    default:
      return unreachable(item)
  }
}

function guardEmbeds(embeds: readonly Embed[], guard: Guard): readonly Embed[] {
  return Object.freeze(embeds.map((embed) => guardEmbed(embed, guard)))
}

function guardEmbed(embed: Embed, guard: Guard): Embed {
  const { junction } = embed
  const guardedJunction =
    junction === null
      ? null
      : Object.freeze({ ...junction, guard: restriction(guard.select(junction.table.key, junction.source)) })
  return Object.freeze({ ...embed, node: guardNode(embed.node, guard), junction: guardedJunction })
}

function guardOptional(expr: Expr | null, guard: Guard): Expr | null {
  return expr === null ? null : guard.expression(expr)
}

function guardRepresentation(node: SelectNode | null, guard: Guard): SelectNode | null {
  return node === null ? null : guardNode(node, guard)
}

/** Whether the answer holds anything of a new row: a Location holds its key. */
const isShown = ({ returning, table }: InsertPlan): boolean =>
  returning === 'representation' || (returning === 'headers-only' && table.primaryKey.length > 0)

/**
 * A returned row must be readable, and so must every new row of an upsert, for it looks rows up (PostgreSQL asks for the same whether or not
 * one is met). A merge needs of the row it finds, and of what becomes of it, what an update needs.
 */
function guardInsert(plan: InsertPlan, guard: Guard): InsertPlan {
  const { table, source, conflict } = plan
  const insert = guard.write(table.key, source, { action: 'insert', part: 'check' })
  const isRead = isShown(plan) || conflict !== null
  const readable = isRead ? guard.select(table.key, source) : null
  const merges = conflict?.resolution === 'merge'
  const update = (part: 'using' | 'check'): Expr => guard.write(table.key, source, { action: 'update', part })
  return Object.freeze({
    ...plan,
    representation: guardRepresentation(plan.representation, guard),
    check: restriction(and(insert, readable)),
    conflictUsing: merges ? restriction(and(update('using'), guard.select(table.key, source))) : null,
    conflictCheck: merges ? restriction(and(update('check'), guard.select(table.key, source))) : null,
  })
}

function guardUpdate(plan: UpdatePlan, guard: Guard): UpdatePlan {
  const { table, source } = plan
  const update = (part: 'using' | 'check'): Expr => guard.write(table.key, source, { action: 'update', part })
  return Object.freeze({
    ...plan,
    where: guardOptional(plan.where, guard),
    embeds: guardEmbeds(plan.embeds, guard),
    representation: guardRepresentation(plan.representation, guard),
    guard: restriction(and(update('using'), guard.select(table.key, source))),
    check: restriction(and(update('check'), guard.select(table.key, source))),
  })
}

function guardDelete(plan: DeletePlan, guard: Guard): DeletePlan {
  const { table, source } = plan
  const using = guard.write(table.key, source, { action: 'delete', part: 'using' })
  return Object.freeze({
    ...plan,
    where: guardOptional(plan.where, guard),
    embeds: guardEmbeds(plan.embeds, guard),
    representation: guardRepresentation(plan.representation, guard),
    guard: restriction(and(using, guard.select(table.key, source))),
  })
}
