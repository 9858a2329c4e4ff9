import { readyFor } from '../policy/expression/index.ts'
import { textsOf } from '../policy/foresee.ts'
import type { Catalog } from '../schema/catalog.ts'
import { breathe } from './breathe.ts'
import type { BringOptions } from './bring-up-to-date.ts'
import { isEmpty } from './is-empty.ts'
import type { LiveModel, Served } from './live-model.ts'
import { makeModel } from './make-model.ts'
import { surveyChange } from './migrate/plan-migration.ts'
import { hasOpenFiles, hasWork, NOTHING, type Outlook, outlookOf, type Project } from './outlook.ts'
import { HINT_APPLY, type Permission, refusePlan } from './permission.ts'
import { unfitTables } from './unfit-tables.ts'

export interface LoaderOptions extends Pick<BringOptions, 'pool' | 'backup' | 'holder' | 'observe'> {
  /** What may be done to the database, by what is found in it at the start. */
  readonly permission: (found: Catalog) => Permission
  /** False where the database is not changed in any case: then files are of no interest. */
  readonly withFiles: boolean
  /** Aborted by `stop`. */
  readonly stopping: AbortController
}

/** A project as it is to be served, and what a person has been told about it. */
export interface Wish extends Project, Pick<BringOptions, 'unheeded'> {}

/** Brings a database to what its project says, as far as that is permitted, and makes the Models that are served. */
export class ModelLoader {
  /** True when the database had no table of the user's, and this process made the first ones. */
  madeFirstTables = false
  readonly #options: LoaderOptions
  #permission: Permission | null = null
  #version = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: LoaderOptions) {
    this.#options = options
  }

  /** The first Model. Throws SchemaProblems, or PILAR_START where the database differs and may not, or can't, be changed. */
  async load(wish: Wish): Promise<Served> {
    const first = await this.#look(wish)
    const outlook = hasWork(first) ? await this.#bring(wish, first) : first
    const undone = outlook.chain.files.filter(({ state }) => state === 'undone').map(({ name }) => name)
    if (undone.length > 0) this.#options.observe({ kind: 'left-undone', files: undone })
    const served = this.#serve(wish, outlook)
    this.#options.pool.acceptStructure(served.structureVersion)
    return served
  }

  /** Takes a changed project while requests go on. A second change waits for the first. Throws as `load`; then the Model before stays. */
  reload(wish: Wish, live: LiveModel): Promise<void> {
    const next = this.#last.then(() => this.#reload(wish, live))
    this.#last = next.catch(() => {})
    return next
  }

  async #reload(wish: Wish, live: LiveModel): Promise<void> {
    const outlook = await this.#look(wish)
    await breathe()
    if (!hasWork(outlook)) return this.#take(live, this.#serve(wish, outlook))
    const swap = (after: Outlook) => {
      const next = this.#serve(wish, after)
      next.model.prepare()
      return (body: () => Promise<void>) =>
        live.hold(async () => {
          await body()
          this.#take(live, { ...next, structureVersion: this.#options.pool.structureVersion() })
        })
    }
    const before = live.served
    const bring = async () => {
      const after = await this.#bring(wish, outlook, swap)
      if (live.served === before) this.#take(live, this.#serve(wish, after))
    }
    // Files are several migrations in a row, and what is between them has no Model.
    await (hasOpenFiles(outlook) ? live.hold(bring) : bring())
  }

  /**
   * Finds out what another process has made of the database. Where something was only added, the present Model goes on at once, until there is a new
   * one. Changes nothing; as long as the project does not fit the database, what does not fit is refused.
   */
  async renew(live: LiveModel, reread: () => Promise<Project>, goOn: () => void): Promise<void> {
    const { pool, observe } = this.#options
    const before = live.served
    const structureVersion = pool.structureVersion()
    const found = await pool.structure.introspect(this.#options.stopping.signal)
    const unfit = unfitTables(before.found, found)
    const present = { ...before, structureVersion, unfit }
    if (unfit.size === 0 && live.served === before) {
      this.#take(live, present)
      goOn()
    }
    try {
      const wish = { ...(await reread()), unheeded: null }
      const next = this.#serve(wish, await this.#fitting(wish))
      // Unless a newer one came meanwhile.
      if (live.served === before || live.served === present) this.#take(live, next)
    } catch (error) {
      observe({ kind: 'model-outdated', tables: [...unfit], error })
      if (live.served === before) this.#take(live, present)
    }
  }

  stop(): void {
    this.#options.stopping.abort()
  }

  async #look(wish: Wish): Promise<Outlook> {
    await readyFor(wish.definition === null ? [] : textsOf(wish.definition))
    const { pool, withFiles, permission } = this.#options
    const outlook = await outlookOf(wish, { pool, withFiles, signal: this.#options.stopping.signal })
    this.#permission ??= permission(outlook.found)
    return outlook
  }

  /** Throws where the database is not what the project says. */
  async #fitting(wish: Wish): Promise<Outlook> {
    const outlook = await this.#look(wish)
    if (outlook.change.steps.length + outlook.change.obstacles.length === 0) return outlook
    const { structure } = this.#options.pool
    throw refusePlan(
      await surveyChange(outlook.change, { structure, signal: this.#options.stopping.signal }),
      HINT_APPLY,
    )
  }

  async #bring(wish: Wish, first: Outlook, prepare?: BringOptions['prepare']): Promise<Outlook> {
    const { pool, backup, holder, observe } = this.#options
    const permission = this.#permission ?? this.#options.permission(first.found)
    const { bringUpToDate } = await import('./bring-up-to-date.ts')
    return bringUpToDate(first, {
      ...{ project: wish, unheeded: wish.unheeded, permission, pool, backup, holder, observe },
      signal: this.#options.stopping.signal,
      look: () => this.#look(wish),
      made: (from) => {
        this.madeFirstTables ||= isEmpty(from)
      },
      ...(prepare === undefined ? {} : { prepare }),
    })
  }

  #serve(wish: Wish, { change, found, structureVersion }: Outlook): Served {
    const version = ++this.#version
    const definition = wish.definition ?? NOTHING
    const model = makeModel({ definition, wanted: change.wanted, found, version })
    return { model, found, structureVersion, unfit: new Set() }
  }

  #take(live: LiveModel, served: Served): void {
    this.#options.pool.acceptStructure(served.structureVersion)
    live.swap(served)
    const { catalog, policies } = served.model
    const versions = { catalogVersion: catalog.version, policyVersion: policies.version }
    this.#options.observe({ kind: 'model-changed', ...versions, tables: catalog.tables.size })
  }
}
