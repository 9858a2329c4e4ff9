/** What a project imports from 'pilar': the words of schema.ts and seed.ts. Whatever runs at run time is also named in bin/index.mjs. */

export type { Seed, SeedContext, UpsertOptions } from './runtime/seed.ts'
export { expr, type Schema, type SchemaOptions, schema } from './schema/builder.ts'
export { c, type JsonValue, type ReferenceOptions } from './schema/column.ts'
export type { DatabaseOf } from './schema/database-of.ts'
export { type MigrationSource, migration, type StepSource } from './schema/migration/migration.ts'
export {
  existing,
  type IndexOptions,
  type Policies,
  type Rule,
  type TableOptions,
  table,
  view,
} from './schema/table.ts'
