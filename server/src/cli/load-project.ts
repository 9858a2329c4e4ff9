import type { Project } from '../pipeline/outlook.ts'
import type { Shell } from './command.ts'
import { loadSchemaApart } from './load-schema.ts'
import { loadMigrationFiles } from './migration-files.ts'
import { requireAdopted, type Serving, schemaFile } from './serving.ts'

/** Reads schema.ts and the files of `migrations/`, each in a process that ends afterwards. Throws as they do, and an AbortError when `signal` stops it. */
export async function loadProject(serving: Serving, shell: Pick<Shell, 'env'>, signal: AbortSignal): Promise<Project> {
  const path = schemaFile(serving)
  const [definition, files] = await Promise.all([
    path === null ? null : loadSchemaApart(path, shell, signal),
    loadMigrationFiles(serving.project, shell, signal),
  ])
  requireAdopted(definition, serving)
  return { definition, files }
}
