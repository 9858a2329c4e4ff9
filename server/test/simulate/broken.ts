import { GuardedPlan } from '../../src/policy/guarded-plan.ts'
import type { Policy, PolicySet } from '../../src/policy/policy-set.ts'
import type { Expr } from '../../src/query/expr.ts'
import { call, literal } from '../../src/query/expr-tools.ts'
import type { Plan, SelectNode } from '../../src/query/plan.ts'
import { BOOLEAN } from '../../src/schema/types.ts'
import { type Authorize, authorize } from './subject.ts'

/** Authorizations with one thing forgotten: the negative controls. A simulation that takes them for right is worth nothing. */

const smuggle = (plan: Plan): GuardedPlan => GuardedPlan.system(plan, 'negative control', () => {})

function withoutEmbedGuard(node: SelectNode): SelectNode {
  const [first, ...others] = node.embeds
  if (first === undefined) return node
  return { ...node, embeds: [{ ...first, node: { ...first.node, guard: null } }, ...others] }
}

/** Forgets the policies of the first embed. */
export const embedUnguarded: Authorize = (plan, role, project) => {
  const guarded = authorize(plan, role, project)
  const { plan: made } = guarded
  if (made.kind !== 'read' || made.root.embeds.length === 0) return guarded
  return smuggle({ ...made, root: withoutEmbedGuard(made.root) })
}

/** Forgets what new rows of an update must satisfy. */
export const updateUnchecked: Authorize = (plan, role, project) => {
  const guarded = authorize(plan, role, project)
  return guarded.plan.kind === 'update' ? smuggle({ ...guarded.plan, check: null }) : guarded
}

/** Takes NULL for a yes: `coalesce(rule, true)`. */
export const nullAllows: Authorize = (plan, role, project) => {
  const lenient = (expr: Expr | null): Expr | null =>
    expr === null ? null : call('coalesce', [expr, literal(true, BOOLEAN)], BOOLEAN)
  const policies = project.policies.policies.map((policy): Policy => {
    return { ...policy, using: lenient(policy.using), check: lenient(policy.check) }
  })
  const set: PolicySet = { ...project.policies, policies }
  return authorize(plan, role, { ...project, policies: set })
}
