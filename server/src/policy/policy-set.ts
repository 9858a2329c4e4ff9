import type { Expr } from '../query/expr.ts'
import type { TableKey } from '../schema/catalog.ts'
import type { PolicyAction } from '../schema/definition.ts'

/** One checked policy. Expressions are over `SELF` (the guarded row) and `p0`, `p1`, … (occurrences in subqueries). */
export interface Policy {
  readonly table: TableKey
  readonly action: PolicyAction
  readonly role: string
  readonly permissive: boolean
  readonly using: Expr | null
  readonly check: Expr | null
  /** The texts as written, for `policy explain`. */
  readonly usingText: string | null
  readonly checkText: string | null
}

/** All access rules of a project, versioned and frozen. What is not in it is denied. */
export interface PolicySet {
  readonly version: number
  readonly policies: readonly Policy[]
  /** By table, then role: columns that do not exist for the role. */
  readonly hidden: ReadonlyMap<TableKey, ReadonlyMap<string, ReadonlySet<string>>>
  /** Every role that may ask; an unknown role is refused at identify. */
  readonly roles: ReadonlySet<string>
  /** Roles that policies do not bind: service_role. */
  readonly bypass: ReadonlySet<string>
}

/** In a policy: every role. Never an actor's role. */
export const PUBLIC_ROLE = 'public'

/** The policies that bind `role` for `action` on a table, in the order they were written. */
export function policiesFor(
  policies: PolicySet,
  role: string,
  target: { table: TableKey; action: PolicyAction },
): Policy[] {
  return policies.policies.filter(
    (policy) =>
      policy.table === target.table &&
      policy.action === target.action &&
      (policy.role === role || policy.role === PUBLIC_ROLE),
  )
}

/** The columns of a table that do not exist for `role`. Nothing is hidden from a role that policies do not bind. */
export function hiddenColumns(policies: PolicySet, role: string, table: TableKey): ReadonlySet<string> {
  if (policies.bypass.has(role)) return NOTHING
  return policies.hidden.get(table)?.get(role) ?? NOTHING
}

const NOTHING: ReadonlySet<string> = new Set()
