import type { Plan } from '../query/plan.ts'
import { SERVICE_ROLE } from './actor.ts'
import { guardPlan, type Rules } from './authorize.ts'
import { type MayName, mayName } from './second-wall.ts'

/**
 * A Plan that passed authorization: the only thing an engine compiles. There is no other way to make one, by type (private
 * constructor, `#authorized`) and at run time (`isGuarded`).
 */
export class GuardedPlan {
  readonly #authorized = true
  readonly plan: Plan
  readonly role: string
  /** What errors of the database may be told of: a constraint can be on tables and columns that do not exist for the role (security Z07). */
  readonly mayName: MayName

  private constructor(plan: Plan, role: string, may: MayName) {
    this.plan = plan
    this.role = role
    this.mayName = may
    Object.freeze(this)
  }

  static isGuarded(value: object): value is GuardedPlan {
    return #authorized in value
  }

  /**
   * Adds row filter and write check of `role` to every table occurrence of the plan; a rule that nothing can satisfy is the literal false.
   * Throws 42501 when the plan names something the role may not know of.
   */
  static authorize(plan: Plan, role: string, rules: Rules): GuardedPlan {
    return new GuardedPlan(guardPlan(plan, role, rules), role, mayName(role, rules))
  }

  /**
   * For features acting on their own behalf (`ctx.data.asSystem`): no policy applies, system tables included. Never silent: the reason is
   * observed, with the table.
   */
  static system(plan: Plan, reason: string, observe: ObserveSystem): GuardedPlan {
    observe({
      kind: 'system-access',
      reason,
      table: (plan.kind === 'read' ? plan.root : plan).table.key,
      action: plan.kind,
    })
    return new GuardedPlan(plan, SERVICE_ROLE, () => true)
  }
}

export type ObserveSystem = (observation: {
  readonly kind: 'system-access'
  readonly reason: string
  readonly table: string
  readonly action: Plan['kind']
}) => void
