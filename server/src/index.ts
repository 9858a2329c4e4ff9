/** What a project imports from 'pilar': the words of schema.ts and seed.ts. Whatever runs at run time is also named in bin/index.mjs. */

export type { Seed, SeedContext } from './runtime/seed.ts'
export { expr, schema } from './schema/builder.ts'
export { c } from './schema/column.ts'
export { table, view } from './schema/table.ts'
