import type { Expr } from '../query/expr.ts'
import { queryOf, walk } from '../query/expr-tools.ts'
import type { TableKey } from '../schema/catalog.ts'
import type { PolicyDefinition, Problem } from '../schema/definition.ts'
import { type PolicySet, policiesFor } from './policy-set.ts'

/**
 * Finds tables whose select policies read each other in a circle: to know whether a row of one may be seen, the other's policy would have to
 * be applied, and so on without end. (PostgreSQL finds out when the first query runs: `infinite recursion detected in policy`.) Subqueries
 * inside definer functions apply no policies and break the circle. One problem per circle.
 */
export function findPolicyCycles(policies: PolicySet, definitions: readonly PolicyDefinition[]): Problem[] {
  const problems = new Map<string, Problem>()
  for (const role of policies.roles) {
    if (policies.bypass.has(role)) continue
    for (const cycle of cyclesOf(readsByTable(policies, role))) {
      const path = cycle.map((key) => key.replace(/^public\./, '')).join(' → ')
      const first = definitions.find((definition) => definition.table === cycle[0] && definition.action === 'select')
      problems.set(path, {
        at: first?.at ?? null,
        where: `policy select of ${cycle[0]?.replace(/^public\./, '')} for ${role}`,
        message: `select policies read each other's tables in a circle: ${path}`,
        hint:
          'Put one of the subqueries into a function declared with { definer: true } and call that in the policy: ' +
          'the policies of the tables it reads do not apply inside it.',
      })
    }
  }
  return [...problems.values()]
}

function readsByTable(policies: PolicySet, role: string): ReadonlyMap<TableKey, readonly TableKey[]> {
  const tables = new Set(policies.policies.map((policy) => policy.table))
  return new Map(
    [...tables].map((table) => {
      const own = policiesFor(policies, role, { table, action: 'select' })
      return [table, [...new Set(own.flatMap((policy) => guardedReads(policy.using)))]]
    }),
  )
}

function guardedReads(expr: Expr | null): TableKey[] {
  const tables: TableKey[] = []
  if (expr === null) return tables
  walk(expr, (node) => {
    const query = queryOf(node)
    if (query !== null && !query.definer) tables.push(...query.from.map((item) => item.table))
  })
  return tables
}

/** Every circle, written from its first table in alphabetical order: `a → b → a`. */
function cyclesOf(reads: ReadonlyMap<TableKey, readonly TableKey[]>): TableKey[][] {
  const cycles = new Map<string, TableKey[]>()
  const done = new Set<TableKey>()
  const visit = (table: TableKey, path: readonly TableKey[]): void => {
    const start = path.indexOf(table)
    if (start >= 0) {
      const cycle = rotated(path.slice(start))
      cycles.set(cycle.join(), cycle)
      return
    }
    if (done.has(table)) return
    for (const next of reads.get(table) ?? []) visit(next, [...path, table])
    done.add(table)
  }
  for (const table of reads.keys()) visit(table, [])
  return [...cycles.values()]
}

function rotated(cycle: readonly TableKey[]): TableKey[] {
  const first = [...cycle].sort()[0] ?? ''
  const index = cycle.indexOf(first)
  return [...cycle.slice(index), ...cycle.slice(0, index), first]
}
