import { loadPolicies } from '../policy/load-policies.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { adoptCatalog } from './adopt-catalog.ts'
import { SchemaProblems } from './declare.ts'
import { Model } from './model.ts'

export interface ModelInput {
  readonly definition: SchemaDefinition
  readonly wanted: Catalog
  /** The database as it is, or as it will be when the Model is used. */
  readonly found: Catalog
  /** Greater than that of every Model before. */
  readonly version: number
}

/** From a declaration and a database that fits it to what requests are planned against. The grammar must be loaded. Throws SchemaProblems. */
export function makeModel({ definition, wanted, found, version }: ModelInput): Model {
  const catalog = adoptCatalog(wanted, found, version)
  const loaded = loadPolicies(definition, catalog, { version })
  if (loaded.policies === null) throw new SchemaProblems(loaded.problems)
  return new Model(catalog, loaded.policies)
}
