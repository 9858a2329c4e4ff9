import type { EnginePool } from '../engines/engine.ts'
import { failure } from '../errors/error.ts'
import { checkSchema } from '../policy/check-schema.ts'
import { loadGrammar } from '../policy/expression/index.ts'
import { loadPolicies } from '../policy/load-policies.ts'
import type { Observe } from '../runtime/observe.ts'
import { buildCatalog } from '../schema/build-catalog.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { Problem, SchemaDefinition } from '../schema/definition.ts'
import { type Difference, diff } from '../schema/diff.ts'
import { adoptCatalog } from './adopt-catalog.ts'
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

/** Thrown with every mistake of a schema.ts at once. */
export class SchemaProblems extends Error {
  override readonly name = 'SchemaProblems'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(`schema.ts has ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`)
    this.problems = problems
  }
}

/**
 * From a definition and a database to what requests are planned against. Checks everything before it touches the database; throws
 * SchemaProblems, or PILAR_START where the database differs in a way that can't be mended by adding.
 */
export async function loadModel(options: LoadOptions): Promise<Model> {
  const definition = options.definition ?? NOTHING
  await loadGrammar()
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
  return new Model(catalog, loaded.policies)
}

/** The Catalog that schema.ts asks for, all of its expressions and policies checked, so that no step runs for a project that can't load. */
function declare(definition: SchemaDefinition, found: Catalog, version: number): Catalog {
  const built = buildCatalog(definition, { version, existing: found })
  if (built.catalog === null) throw new SchemaProblems(built.problems)
  const merged = adoptCatalog(built.catalog, found, version)
  const problems = [
    ...built.problems,
    ...checkSchema(definition, merged),
    ...loadPolicies(definition, merged, { version: 0 }).problems,
  ]
  if (problems.length > 0) throw new SchemaProblems(problems)
  return built.catalog
}

async function bringUpToDate(declared: Catalog, found: Catalog, options: LoadOptions): Promise<Catalog> {
  const difference = diff(found, declared)
  if (difference.obstacles.length > 0) throw different(difference)
  if (difference.steps.length === 0) return found
  if (!options.mayMigrate(found)) throw different(difference)
  await options.pool.migrate(difference.steps, options.signal)
  options.observe({ kind: 'migrated', steps: difference.steps.length })
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
