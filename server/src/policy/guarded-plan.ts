import type { Plan } from '../query/plan.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { PolicySet } from './policy-set.ts'

/**
 * A Plan that passed authorization: the only thing an engine compiles. There is no other way to make one, by type (private
 * constructor, `#authorized`) and at run time (`isGuarded`).
 */
export class GuardedPlan {
  readonly #authorized = true
  readonly plan: Plan
  readonly role: string

  private constructor(plan: Plan, role: string) {
    this.plan = plan
    this.role = role
    Object.freeze(this)
  }

  static isGuarded(value: object): value is GuardedPlan {
    return #authorized in value
  }

  /** Adds row filter and write check of `role` to every table occurrence of the plan. Throws 42501 where nothing can be allowed. */
  declare static authorize: (plan: Plan, role: string, policies: PolicySet, catalog: Catalog) => GuardedPlan
}
