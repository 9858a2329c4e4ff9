import { failure } from '../errors/error.ts'
import type { Expr } from '../query/expr.ts'
import { walk } from '../query/expr-tools.ts'
import type { Embed, OutputItem, Plan, SelectNode } from '../query/plan.ts'
import type { Catalog, Table, TableKey } from '../schema/catalog.ts'
import { unreachable } from '../std/assert.ts'
import { hiddenColumns, type PolicySet, PUBLIC_ROLE } from './policy-set.ts'

/** What a plan is held against. */
export interface Rules {
  readonly policies: PolicySet
  readonly catalog: Catalog
}

/** What a request names, collected from every member of a plan that can name something. */
interface Names {
  readonly tables: Table[]
  readonly columns: { readonly table: TableKey; readonly column: string }[]
}

/**
 * The second wall behind `visibleCatalog`: throws 42501 `permission denied for table …` when a plan, however it came about, names a system
 * table, a table on which `role` has no policy, or a column hidden from it.
 */
export function assertVisible(plan: Plan, role: string, { policies, catalog }: Rules): void {
  const names = namesOf(plan)
  for (const { key, name } of names.tables) {
    const system = catalog.tables.get(key)?.system ?? true
    if (system || !isOpen(policies, role, key)) throw denied(name)
  }
  for (const { table, column } of names.columns) {
    if (hiddenColumns(policies, role, table).has(column)) throw denied(catalog.tables.get(table)?.name ?? table)
  }
}

/** May an answer to `role` speak of this table and these columns of it? */
export function mayName(role: string, { policies, catalog }: Rules): MayName {
  return (table, columns) => {
    if ((catalog.tables.get(table)?.system ?? true) || !isOpen(policies, role, table)) return false
    const hidden = hiddenColumns(policies, role, table)
    return columns.every((column) => !hidden.has(column))
  }
}

export type MayName = (table: TableKey, columns: readonly string[]) => boolean

function denied(name: string) {
  return failure('42501', { message: `permission denied for table ${name}` })
}

function isOpen(policies: PolicySet, role: string, table: TableKey): boolean {
  if (policies.bypass.has(role)) return true
  return policies.policies.some(
    (policy) => policy.table === table && (policy.role === role || policy.role === PUBLIC_ROLE),
  )
}

function namesOf(plan: Plan): Names {
  const names: Names = { tables: [], columns: [] }
  switch (plan.kind) {
    case 'read':
      addNode(plan.root, names)
      return names
    case 'insert':
      addColumns(plan.table, [...plan.columns.map((column) => column.name), ...(plan.conflict?.columns ?? [])], names)
      for (const key of plan.replaceKey) {
        addColumns(plan.table, [key.column], names)
        addExpr(key.value, names)
      }
      break
    case 'update':
      addColumns(
        plan.table,
        plan.columns.map((column) => column.name),
        names,
      )
      addWhere(plan, names)
      break
    case 'delete':
      addWhere(plan, names)
      break
    default:
      return unreachable(plan)
  }
  names.tables.push(plan.table)
  if (plan.representation !== null) addNode(plan.representation, names)
  return names
}

function addWhere(part: { readonly where: Expr | null; readonly embeds: readonly Embed[] }, names: Names): void {
  addExpr(part.where, names)
  for (const embed of part.embeds) addEmbed(embed, names)
}

function addColumns(table: Table, columns: readonly string[], names: Names): void {
  names.columns.push(...columns.map((column) => ({ table: table.key, column })))
}

function addNode(node: SelectNode, names: Names): void {
  names.tables.push(node.table)
  for (const item of node.output) addOutput(item, names)
  for (const term of node.order) addExpr(term.value, names)
  addWhere(node, names)
}

function addOutput(item: OutputItem, names: Names): void {
  switch (item.kind) {
    case 'value':
    case 'open':
    case 'aggregate':
      addExpr(item.value, names)
      return
    case 'embed':
    case 'spread':
      return
    default:
      unreachable(item)
  }
}

function addEmbed(embed: Embed, names: Names): void {
  addExpr(embed.join, names)
  if (embed.junction !== null) {
    names.tables.push(embed.junction.table)
    addExpr(embed.junction.join, names)
  }
  addNode(embed.node, names)
}

function addExpr(expr: Expr | null, names: Names): void {
  if (expr === null) return
  walk(expr, (node) => {
    if (node.kind === 'column') names.columns.push(node)
  })
}
