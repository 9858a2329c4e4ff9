import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { chooseDatabase, type Database, openDatabase } from './app/database.ts'
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
import { isEmpty } from './pipeline/is-empty.ts'
import type { Kernel } from './pipeline/kernel.ts'
import { LiveModel } from './pipeline/live-model.ts'
import { backupBefore } from './pipeline/migrate/backup-before.ts'
import type { MigrationFile } from './pipeline/migrate/types.ts'
import type { Model } from './pipeline/model.ts'
import { ModelLoader } from './pipeline/model-loader.ts'
import type { Project } from './pipeline/outlook.ts'
import { ADOPTED, DEVELOPING, type Permission, STARTING } from './pipeline/permission.ts'
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
  /** The project's migration files; null, as when absent, where it has no folder for them. */
  readonly files?: readonly MigrationFile[] | null
  /**
   * `serve`, as when absent, applies reviewed files and, to a database of its own, what costs nothing; `develop` whatever the rows allow. What was
   * probably renamed stops both unless it is in `unheeded`.
   */
  readonly task?: 'serve' | 'develop'
  /** The probable renames a person was told and did not heed: `details.unheeded` of the error that told them. */
  readonly unheeded?: string | null
  /** Reads the project anew when another process has changed the database; absent, the one given is taken for what it still is. */
  readonly reread?: () => Promise<Project>
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
  /** True when this start made the first tables of an empty database, which may be seeded. */
  readonly fresh: boolean
  /** Listens and gives the base URL, such as `http://127.0.0.1:8000`. */
  listen(): Promise<string>
  /** Answers a request in process, through the same pipeline as one from the network. */
  handle(request: HttpRequest): Promise<HttpReply>
  /** Takes a changed schema.ts while requests go on: checks, migrates, swaps the model. Throws and keeps the old model when it can't. */
  reload(definition: SchemaDefinition, options?: ReloadOptions): Promise<void>
  /** Lets running requests finish, then closes the database. */
  close(): Promise<void>
}

/** What else changed. Absent, it is as it was at the start. */
export type ReloadOptions = Pick<AppOptions, 'files' | 'unheeded'>

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
  const project: Project = { definition: options.definition, files: options.files ?? null }
  const stopping = new AbortController()
  const loader = new ModelLoader({
    ...{ pool, observe, holder: `process ${process.pid} on ${hostname()}`, stopping },
    permission: permissionOf(database, { settings, task: options.task ?? 'serve' }),
    withFiles: settings.migrate === 'auto',
    backup: backupBefore({
      ...{ structure: pool.structure, clock, signal: stopping.signal },
      ...{ folder: join(dataDir, 'backups'), kept: settings.backupsKept },
      saved: ({ file }) => observe({ kind: 'backup-saved', file }),
    }),
  })
  try {
    const live = new LiveModel(await loader.load({ ...project, unheeded: options.unheeded ?? null }))
    const reread = options.reread ?? (() => Promise.resolve(project))
    live.renewWith((goOn) => loader.renew(live, reread, goOn))
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
    return serve(kernel, keys, { loader, project })
  } catch (error) {
    await pool.close()
    throw error
  }
}

interface Loading {
  readonly loader: ModelLoader
  readonly project: Project
}

/** Puts features and transport around a kernel. */
function serve(kernel: Kernel, keys: ProjectKeys, { loader, project }: Loading): App {
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
    fresh: loader.madeFirstTables,
    listen: async () => {
      const url = await transport.listen()
      observe({ kind: 'listening', url })
      return url
    },
    handle: (request) => handleInProcess(request, routes),
    reload: (definition, { files = project.files, unheeded = null } = {}) =>
      loader.reload({ definition, files, unheeded }, kernel.live),
    close: async () => {
      observe({ kind: 'stopping', reason: 'close' })
      await transport.close()
      loader.stop()
      await kernel.pool.close()
    },
  }
}

/** What may be done to the database without being asked, by what is found in it. */
function permissionOf(
  { embedded }: Database,
  { settings, task }: { readonly settings: Settings; readonly task: 'serve' | 'develop' },
): (found: Catalog) => Permission {
  const own = task === 'develop' ? DEVELOPING : STARTING
  return (found) => (settings.migrate === 'auto' && (embedded || isEmpty(found)) ? own : ADOPTED)
}

function handleInProcess(request: HttpRequest, routes: readonly Route[]): Promise<HttpReply> {
  const fits = (path: string): boolean =>
    path.endsWith('/*') ? request.path.startsWith(path.slice(0, -1)) : request.path === path
  const route = routes.find((one) => (one.methods === '*' || one.methods.includes(request.method)) && fits(one.path))
  if (route === undefined) return Promise.resolve(errorReply(failure('PILAR_NOT_FOUND', { path: request.path })))
  return route.handle(request)
}
