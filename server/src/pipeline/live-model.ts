import type { Catalog, TableKey } from '../schema/catalog.ts'
import type { Model } from './model.ts'

/** What is served, and of which structure of the database it was made. */
export interface Served {
  readonly model: Model
  /** The structure as it was found, without what only the declaration says. */
  readonly found: Catalog
  /** `EnginePool.structureVersion` of it. */
  readonly structureVersion: number
  /** Tables that the database has no more as `model` says: requests for them are refused until a fitting schema.ts is there. Empty as a rule. */
  readonly unfit: ReadonlySet<TableKey>
}

/**
 * Brings what is served in line with a database that was changed by others. `goOn` is called as soon as the present Model may be used again;
 * the promise ends when nothing more will come.
 */
export type Renew = (goOn: () => void) => Promise<void>

interface Renewal {
  readonly usable: Promise<void>
  readonly done: Promise<void>
}

/**
 * The Model that requests begin with, and its replacement. A new one is prepared beside it; the exchange is one assignment. Where the database
 * changes at the same moment, writes wait for it, and reads go on until the database refuses them, and then wait, too.
 */
export class LiveModel {
  #served: Served
  #switching: Promise<void> | null = null
  #renewal: Renewal | null = null
  #renew: Renew = () => Promise.resolve()

  constructor(served: Served) {
    this.#served = served
  }

  get served(): Served {
    return this.#served
  }

  /** The change that is happening at this moment; null for nearly always. */
  get switching(): Promise<void> | null {
    return this.#switching
  }

  renewWith(renew: Renew): void {
    this.#renew = renew
  }

  swap(served: Served): void {
    this.#served = served
  }

  /** Holds requests that write while `body` changes the database and swaps the Model. */
  async hold(body: () => Promise<void>): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.#switching = done.promise
    try {
      await body()
    } finally {
      this.#switching = null
      done.resolve()
    }
  }

  /** Awaited by a request that the database refused because its structure is not that of `used`, before it tries again. */
  async usable(used: Served): Promise<void> {
    if (this.#switching !== null) return this.#switching
    if (used === this.#served) return this.#renewed().usable
  }

  /** Awaited by a request that named something unknown although the database is not as `used` says: its next try sees all there is. */
  async renewed(used: Served): Promise<void> {
    if (this.#switching !== null) return this.#switching
    if (used === this.#served) return this.#renewed().done
  }

  /** One at a time, for all who wait. */
  #renewed(): Renewal {
    if (this.#renewal !== null) return this.#renewal
    const usable = Promise.withResolvers<void>()
    const done = this.#renew(usable.resolve).finally(() => {
      this.#renewal = null
      usable.resolve()
    })
    this.#renewal = { usable: usable.promise, done }
    return this.#renewal
  }
}
