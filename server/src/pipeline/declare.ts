import { checkSchema } from '../policy/check-schema.ts'
import { loadPolicies } from '../policy/load-policies.ts'
import { buildCatalog } from '../schema/build-catalog.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { Problem, SchemaDefinition } from '../schema/definition.ts'
import { adoptCatalog } from './adopt-catalog.ts'

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
 * The Catalog that schema.ts asks for, all of its expressions and policies checked against it and what the database has (`found`), so that no
 * step runs for a project that can't load. The grammar must be loaded (`loadGrammar`). Throws SchemaProblems.
 */
export function declare(definition: SchemaDefinition, found: Catalog, version: number): Catalog {
  const built = buildCatalog(definition, { version, existing: found })
  if (built.catalog === null) throw new SchemaProblems([...built.problems, ...furtherProblems(definition, found)])
  const problems = [...built.problems, ...expressionProblems(definition, adoptCatalog(built.catalog, found, version))]
  if (problems.length > 0) throw new SchemaProblems(problems)
  return built.catalog
}

function expressionProblems(definition: SchemaDefinition, catalog: Catalog): readonly Problem[] {
  return [...checkSchema(definition, catalog), ...loadPolicies(definition, catalog, { version: 0 }).problems]
}

/** Mistakes in expressions that can be told although the structure has some, too: nobody wants to hear of them one by one. */
function furtherProblems(definition: SchemaDefinition, found: Catalog): readonly Problem[] {
  const tables = definition.tables.map((table) => ({
    ...table,
    foreignKeys: [],
    columns: table.columns.map((column) => ({ ...column, references: null })),
  }))
  const detached = { ...definition, tables, problems: [] }
  const { draft } = buildCatalog(detached, { version: 0, existing: found })
  return expressionProblems(detached, adoptCatalog(draft, found, 0))
}
