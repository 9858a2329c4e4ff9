import type { EnginePool } from '../engines/engine.ts'
import { failure } from '../errors/error.ts'
import { loadGrammar } from '../policy/expression/index.ts'
import { loadPolicies } from '../policy/load-policies.ts'
import type { Observe } from '../runtime/observe.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { type Difference, diff } from '../schema/diff.ts'
import { adoptCatalog } from './adopt-catalog.ts'
import { declare, SchemaProblems } from './declare.ts'
import type { Served } from './live-model.ts'
import { Model } from './model.ts'

export interface LoadOptions {
  /** What schema.ts says; null serves the database as it is, closed to everyone but service_role. */
  readonly definition: SchemaDefinition | null
  readonly pool: EnginePool
  /** May missing tables, columns and indexes be created? */
  readonly mayMigrate: (found: Catalog) => boolean
  /** Version of the model this one replaces; 0 at start. */
  readonly previous: { readonly catalogVersion: number; readonly policyVersion: number }
  readonly observe: Observe
  readonly signal: AbortSignal
}

const NOTHING: SchemaDefinition = {
  tables: [],
  views: [],
  functions: [],
  policies: [],
  hidden: [],
  roles: [],
  problems: [],
}

/**
 * From a definition and a database to what requests are planned against. Checks everything before it touches the database; throws
 * SchemaProblems, or PILAR_START where the database differs in a way that can't be mended by adding.
 */
export async function loadModel(options: LoadOptions): Promise<Served> {
  const definition = options.definition ?? NOTHING
  await loadGrammar()
  const structureVersion = options.pool.structureVersion()
  const found = await options.pool.introspect(options.signal)
  const version = options.previous.catalogVersion + 1
  const declared = declare(definition, found, version)
  const current = await bringUpToDate(declared, found, options)
  const catalog = adoptCatalog(declared, current, version)
  const loaded = loadPolicies(definition, catalog, { version: options.previous.policyVersion + 1 })
  if (loaded.policies === null) throw new SchemaProblems(loaded.problems)
  options.observe({
    kind: 'model-changed',
    catalogVersion: catalog.version,
    policyVersion: loaded.policies.version,
    tables: catalog.tables.size,
  })
  return { model: new Model(catalog, loaded.policies), found: current, structureVersion, unfit: new Set() }
}

async function bringUpToDate(declared: Catalog, found: Catalog, options: LoadOptions): Promise<Catalog> {
  const difference = diff(found, declared)
  if (difference.obstacles.length > 0) throw different(difference)
  if (difference.steps.length === 0) return found
  if (!options.mayMigrate(found)) throw different(difference)
  await options.pool.migrate(difference.steps, options.signal)
  options.observe({ kind: 'migrated', what: difference.steps.map((step) => step.kind) })
  return options.pool.introspect(options.signal)
}

function different(difference: Difference): Error {
  const steps = difference.steps.map(
    (step) => `  missing: ${step.kind} ${typeof step.table === 'string' ? step.table : step.table.key}`,
  )
  const obstacles = difference.obstacles.map((one) => `  ${one.table}: ${one.message} (${one.hint})`)
  const message = `the database differs from schema.ts, and nothing was changed:\n${[...obstacles, ...steps].join('\n')}`
  return failure(
    'PILAR_START',
    { message },
    { hint: 'Change schema.ts to what the database has, or the database to what schema.ts says.' },
  )
}
