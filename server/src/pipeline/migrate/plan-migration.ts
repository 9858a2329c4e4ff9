import type { Structure } from '../../engines/structure.ts'
import type { Catalog } from '../../schema/catalog.ts'
import type { SchemaDefinition } from '../../schema/definition.ts'
import type { Difference } from '../../schema/migration/diff.ts'
import type { MigrationPlan } from './types.ts'

export interface PlanOptions {
  readonly structure: Structure
  /** What schema.ts says. */
  readonly definition: SchemaDefinition
  readonly signal: AbortSignal
}

/**
 * What it takes to bring the database to what schema.ts says, what the rows say about it, and what it costs. Writes nothing. The grammar must be
 * set (`setGrammar`). Throws SchemaProblems for a schema.ts with mistakes, those in `using` expressions included.
 */
export async function planMigration(_options: PlanOptions): Promise<MigrationPlan> {
  throw new Error('not built yet')
}

/** The steps from one declared structure to what schema.ts says, without a database: what a new migration file holds. */
export async function planBetween(
  _before: Catalog,
  _definition: SchemaDefinition,
): Promise<Difference & { readonly wanted: Catalog }> {
  throw new Error('not built yet')
}
