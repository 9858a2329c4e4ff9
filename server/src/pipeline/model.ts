import type { PolicySet } from '../policy/policy-set.ts'
import { visibleCatalog } from '../policy/visible-catalog.ts'
import type { Catalog } from '../schema/catalog.ts'

/**
 * What requests are planned against: one Catalog, one PolicySet, and how each role sees them. Immutable; a change of structure or policy is a
 * new Model and one pointer swap, so that a request keeps the one it started with and old cache entries become unreachable.
 */
export class Model {
  readonly catalog: Catalog
  readonly policies: PolicySet
  /** Part of every cache key. */
  readonly version: string
  readonly #visible = new Map<string, Catalog>()

  constructor(catalog: Catalog, policies: PolicySet) {
    this.catalog = catalog
    this.policies = policies
    this.version = `${catalog.version}.${policies.version}`
  }

  /** Does beforehand what the first request of each role would wait for. */
  prepare(): void {
    for (const role of this.policies.roles) this.visibleTo(role)
  }

  /** The Catalog without what `role` may not know of. Bounded by the number of declared roles. */
  visibleTo(role: string): Catalog {
    let visible = this.#visible.get(role)
    if (visible === undefined) {
      visible = visibleCatalog(this.catalog, this.policies, role)
      this.#visible.set(role, visible)
    }
    return visible
  }
}
