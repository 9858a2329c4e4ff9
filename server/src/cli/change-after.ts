import type { Structure } from '../engines/structure.ts'
import { type Change, changeOf } from '../pipeline/migrate/plan-migration.ts'
import type { MigrationFile } from '../pipeline/migrate/types.ts'
import { loadGrammar } from '../policy/expression/index.ts'
import { type Catalog, DEFAULT_SCHEMA, type Table } from '../schema/catalog.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { makeCatalog } from '../schema/make-catalog.ts'
import { readCatalog } from '../schema/migration/catalog-text.ts'

export const NEW_HINT = 'Write one: pilar migrate new'

/** What the last of a project's files leads to. */
export function lastStructure(files: readonly MigrationFile[]): Catalog {
  const last = files.at(-1)
  return last === undefined
    ? makeCatalog({ version: 0, schemas: [DEFAULT_SCHEMA], tables: [] })
    : readCatalog(last.after)
}

/**
 * What schema.ts says that no file does. `existing` are the tables of somebody else that it speaks of. The grammar must be set. Throws
 * SchemaProblems.
 */
export async function changeAfter(
  files: readonly MigrationFile[],
  definition: SchemaDefinition,
  existing: readonly Table[],
): Promise<Change> {
  await loadGrammar()
  const known = lastStructure(files)
  const found = makeCatalog({ version: 0, schemas: known.schemas, tables: [...known.tables.values(), ...existing] })
  return changeOf({ definition, found, known })
}

/** Tables of a database that a schema.ts only refers to; no file says what they are. */
export async function existingTables(
  definition: SchemaDefinition,
  structure: Structure,
  signal: AbortSignal,
): Promise<readonly Table[]> {
  const keys = (definition.existing ?? []).map(({ key }) => key)
  if (keys.length === 0) return []
  const { tables } = await structure.introspect(signal)
  return keys.flatMap((key) => tables.get(key) ?? [])
}
