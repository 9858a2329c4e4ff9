import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Project } from '../pipeline/outlook.ts'
import type { Shell } from './command.ts'
import { loadSchemaApart } from './load-schema.ts'
import { MIGRATIONS_FOLDER, requireAdopted, type Serving, schemaFile } from './serving.ts'

/** Reads schema.ts and the files of `migrations/`, each in a process that ends afterwards. Throws as they do, and an AbortError when `signal` stops it. */
export async function loadProject(serving: Serving, shell: Pick<Shell, 'env'>, signal: AbortSignal): Promise<Project> {
  const path = schemaFile(serving)
  const [definition, files] = await Promise.all([
    path === null ? null : loadSchemaApart(path, shell, signal),
    migrationFiles(serving, shell, signal),
  ])
  requireAdopted(definition, serving)
  return { definition, files }
}

/** What reads them is loaded where there are any. */
async function migrationFiles(
  { project }: Serving,
  shell: Pick<Shell, 'env'>,
  signal: AbortSignal,
): Promise<Project['files']> {
  if (!existsSync(join(project, MIGRATIONS_FOLDER))) return null
  const { loadMigrationFiles } = await import('./migration-files.ts')
  return loadMigrationFiles(project, shell, signal)
}
