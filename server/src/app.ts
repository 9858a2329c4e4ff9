import { resolve } from 'node:path'
import { chooseDatabase, openDatabase } from './app/database.ts'
import type { EnginePool } from './engines/engine.ts'
import { failure } from './errors/error.ts'
import {
  createIdentify,
  createVerifier,
  deriveKeys,
  loadKeySet,
  loadSecret,
  type ProjectKeys,
} from './features/auth/index.ts'
import { reserved } from './features/reserved/index.ts'
import { rest } from './features/rest/index.ts'
import { status } from './features/status/index.ts'
import type { Kernel } from './pipeline/kernel.ts'
import { LiveModel, type Served } from './pipeline/live-model.ts'
import { loadModel } from './pipeline/load-model.ts'
import type { Model } from './pipeline/model.ts'
import { PlanCache } from './pipeline/plan-cache.ts'
import { refuse } from './pipeline/refuse.ts'
import { setGrammar } from './policy/expression/index.ts'
import { errorReply } from './runtime/error-reply.ts'
import type { Feature } from './runtime/feature.ts'
import { createGrammar } from './runtime/grammar.ts'
import type { HttpReply, HttpRequest, Route } from './runtime/http.ts'
import { type Limits, readLimits } from './runtime/limits.ts'
import type { Observe } from './runtime/observe.ts'
import { readSettings, type Settings } from './runtime/settings.ts'
import type { Catalog } from './schema/catalog.ts'
import type { SchemaDefinition } from './schema/definition.ts'
import { type Clock, systemClock } from './std/clock.ts'
import { createTransport } from './transport/server.ts'

export interface AppOptions {
  /** Folder that relative paths start from. */
  readonly projectDir: string
  /** The default export of schema.ts; null serves the database as it is, closed to everyone but service_role. */
  readonly definition: SchemaDefinition | null
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Win over the environment. */
  readonly settings?: Partial<Settings>
  readonly limits?: Partial<Limits>
  readonly observe?: Observe
  readonly clock?: Clock
}

/** A running backend. */
export interface App {
  readonly keys: ProjectKeys
  readonly settings: Settings
  readonly limits: Limits
  /** The current catalog and policies. */
  readonly model: Model
  /** True when no served table existed before this start: a fresh database that may be seeded. */
  readonly fresh: boolean
  /** Listens and gives the base URL, such as `http://127.0.0.1:8000`. */
  listen(): Promise<string>
  /** Answers a request in process, through the same pipeline as one from the network. */
  handle(request: HttpRequest): Promise<HttpReply>
  /** Takes a changed schema.ts: checks, migrates by adding, swaps the model. Throws and keeps the old model when it can't. */
  reload(definition: SchemaDefinition): Promise<void>
  /** Lets running requests finish, then closes the database. */
  close(): Promise<void>
}

const FEATURES: readonly Feature<Kernel>[] = [rest, status, reserved]

/** Composes an app: settings, engine, model, features, transport. Throws PILAR_SETTINGS, PILAR_START or SchemaProblems, with nothing left open. */
export async function createApp(options: AppOptions): Promise<App> {
  setGrammar(createGrammar())
  const env = options.env ?? {}
  const settings = readSettings(env, options.settings)
  const limits = readLimits(env, options.limits)
  const clock = options.clock ?? systemClock
  const observe = options.observe ?? (() => {})
  const dataDir = resolve(options.projectDir, settings.dataDir)
  const secret = loadSecret(settings.jwtSecret, dataDir)
  const database = chooseDatabase(settings, options.projectDir)
  const pool = await openDatabase(database, { limits, observe, clock })
  const loader = new ModelLoader(
    pool,
    observe,
    (found) => settings.migrate === 'auto' && (database.embedded || isEmpty(found)),
  )
  try {
    const live = new LiveModel(await loader.load(options.definition, null))
    const keys = deriveKeys(secret)
    const kernel: Kernel = {
      ...{ engine: database.engine, pool, settings, limits, clock, observe, live },
      plans: new PlanCache(limits.planCacheEntriesMax),
      planOptions: {
        aggregatesEnabled: settings.aggregates,
        rowsMax: limits.rowsMax,
        requireWhere: settings.requireWhere,
      },
      identify: createIdentify({
        ...{ keys, clock, roleClaim: settings.jwtRoleClaim, anonymousAccess: settings.anonymousAccess },
        verify: createVerifier({ secret, jwks: loadKeySet(settings.jwks), audience: settings.jwtAudience }),
        roles: () => live.served.model.policies.roles,
      }),
    }
    return serve(kernel, keys, loader)
  } catch (error) {
    await pool.close()
    throw error
  }
}

/** Puts features and transport around a kernel. */
function serve(kernel: Kernel, keys: ProjectKeys, loader: ModelLoader): App {
  const { settings, limits, clock, observe } = kernel
  const routes = FEATURES.flatMap((feature) => feature.routes?.(kernel) ?? [])
  const transport = createTransport({
    routes,
    settings,
    limits,
    observe,
    clock,
    refuse: (error) => refuse(error, kernel),
  })
  return {
    keys,
    settings,
    limits,
    get model() {
      return kernel.live.served.model
    },
    fresh: loader.foundEmpty,
    listen: async () => {
      const url = await transport.listen()
      observe({ kind: 'listening', url })
      return url
    },
    handle: (request) => handleInProcess(request, routes),
    reload: async (definition) => {
      kernel.live.swap(await loader.load(definition, kernel.live.served.model))
    },
    close: async () => {
      observe({ kind: 'stopping', reason: 'close' })
      await transport.close()
      loader.stop()
      await kernel.pool.close()
    },
  }
}

/** Loads models one at a time: a second change waits for the first (architecture: one loader in flight). */
class ModelLoader {
  /** True when the database had no table of the user's at the first load. */
  foundEmpty = false
  readonly #pool: EnginePool
  readonly #observe: Observe
  readonly #mayMigrate: (found: Catalog) => boolean
  readonly #lifetime = new AbortController()
  #last: Promise<unknown> = Promise.resolve()

  constructor(pool: EnginePool, observe: Observe, mayMigrate: (found: Catalog) => boolean) {
    this.#pool = pool
    this.#observe = observe
    this.#mayMigrate = mayMigrate
  }

  load(definition: SchemaDefinition | null, previous: Model | null): Promise<Served> {
    const next = this.#last.then(() => this.#loadNow(definition, previous))
    this.#last = next.catch(() => {})
    return next
  }

  #loadNow(definition: SchemaDefinition | null, previous: Model | null): Promise<Served> {
    return loadModel({
      definition,
      pool: this.#pool,
      mayMigrate: (found) => {
        if (previous === null) this.foundEmpty = isEmpty(found)
        return this.#mayMigrate(found)
      },
      previous: { catalogVersion: previous?.catalog.version ?? 0, policyVersion: previous?.policies.version ?? 0 },
      observe: this.#observe,
      signal: this.#lifetime.signal,
    })
  }

  stop(): void {
    this.#lifetime.abort()
  }
}

function isEmpty(found: Catalog): boolean {
  return [...found.tables.values()].every((table) => table.system)
}

function handleInProcess(request: HttpRequest, routes: readonly Route[]): Promise<HttpReply> {
  const fits = (path: string): boolean =>
    path.endsWith('/*') ? request.path.startsWith(path.slice(0, -1)) : request.path === path
  const route = routes.find((one) => (one.methods === '*' || one.methods.includes(request.method)) && fits(one.path))
  if (route === undefined) return Promise.resolve(errorReply(failure('PILAR_NOT_FOUND', { path: request.path })))
  return route.handle(request)
}
