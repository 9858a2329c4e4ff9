import { type Expr, type Query, SELF, type SourceId } from '../query/expr.ts'
import { and, collect, isTrue, mapExpr, or, renameSources } from '../query/expr-tools.ts'
import type { TableKey } from '../schema/catalog.ts'
import type { PolicyAction } from '../schema/definition.ts'
import { assert } from '../std/assert.ts'
import { denyMissingClaims } from './missing-claims.ts'
import { type Policy, type PolicySet, policiesFor } from './policy-set.ts'

/** Policies that read tables whose policies read tables …: cycles are refused at load, so this is never reached by a checked PolicySet. */
const NESTING_MAX = 64

/**
 * The rule of one action over SELF: permissive policies OR-ed, restrictive ones AND-ed, FALSE without a permissive one. Tables read by its
 * subqueries are not guarded yet.
 */
export function effectiveRule(
  policies: PolicySet,
  role: string,
  target: { readonly table: TableKey; readonly action: PolicyAction; readonly part: 'using' | 'check' },
): Expr {
  const own = policiesFor(policies, role, target)
  const rules = (permissive: boolean): Expr[] =>
    own.filter((policy) => policy.permissive === permissive).flatMap((policy) => ruleOf(policy, target.part))
  return and(or(...rules(true)), ...rules(false))
}

function ruleOf(policy: Policy, part: 'using' | 'check'): Expr[] {
  const rule = policy[part]
  return rule === null ? [] : [rule]
}

/**
 * Attaches rules to the table occurrences of one plan for one role. Every attached copy gets source ids of its own (`g0`, `g1`, …), and every
 * table its subqueries read is guarded by that table's select policies in turn, except inside definer functions.
 */
export class Guard {
  readonly #policies: PolicySet
  readonly #role: string
  readonly #isBypassed: boolean
  #sources = 0

  constructor(policies: PolicySet, role: string) {
    this.#policies = policies
    this.#role = role
    this.#isBypassed = policies.bypass.has(role)
  }

  /** Which rows of this occurrence may be read. */
  select(table: TableKey, source: SourceId): Expr {
    return this.#attach(table, { action: 'select', part: 'using', source, depth: 0 })
  }

  /** Which old rows (`using`) an action may touch, or which new rows (`check`) it may leave. */
  write(
    table: TableKey,
    source: SourceId,
    rule: { readonly action: PolicyAction; readonly part: 'using' | 'check' },
  ): Expr {
    return this.#attach(table, { ...rule, source, depth: 0 })
  }

  /** Guards the tables that subqueries of the request itself read. */
  expression(expr: Expr): Expr {
    return this.#isBypassed ? expr : mapExpr(expr, { query: (query) => this.#query(query, 0) })
  }

  #attach(table: TableKey, at: Attachment): Expr {
    if (this.#isBypassed) return and()
    assert(at.depth <= NESTING_MAX, 'policies read each other in a circle')
    const rule = denyMissingClaims(
      effectiveRule(this.#policies, this.#role, { table, action: at.action, part: at.part }),
    )
    const names = new Map<SourceId, SourceId>([[SELF, at.source]])
    for (const source of collect(rule).sources) names.set(source, this.#fresh())
    return mapExpr(renameSources(rule, names), { query: (query) => this.#query(query, at.depth) })
  }

  #fresh(): SourceId {
    return `g${this.#sources++}`
  }

  /** A row that may not be read is as if it were not there: it drops out of WHERE, or of ON where the join keeps the other side. */
  #query(query: Query, depth: number): Query {
    if (query.definer) return query
    const guards = query.from.map((item) => {
      return this.#attach(item.table, { action: 'select', part: 'using', source: item.source, depth: depth + 1 })
    })
    const from = query.from.map((item, index) => {
      const guard = guards[index] as Expr
      return item.join === 'left' && !isTrue(guard) ? Object.freeze({ ...item, on: and(item.on, guard) }) : item
    })
    const filters = guards.filter((_, index) => query.from[index]?.join !== 'left')
    const where = filters.every(isTrue) ? query.where : and(query.where, ...filters)
    return Object.freeze({ ...query, from: Object.freeze(from), where })
  }
}

interface Attachment {
  readonly action: PolicyAction
  readonly part: 'using' | 'check'
  readonly source: SourceId
  readonly depth: number
}

/** What a plan holds where nothing restricts. */
export function restriction(rule: Expr): Expr | null {
  return isTrue(rule) ? null : rule
}
