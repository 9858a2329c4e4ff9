import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { failure } from '../errors/error.ts'
import type { MigrationFile } from '../pipeline/migrate/types.ts'
import { readCatalog, writeCatalog } from '../schema/migration/catalog-text.ts'
import { readStep } from '../schema/migration/short-step.ts'
import { askApart } from './apart.ts'
import type { Shell } from './command.ts'
import { parseFileName } from './migration-name.ts'
import { checksumOf } from './migration-text.ts'
import { MIGRATIONS_FOLDER } from './serving.ts'

/** What the process that loads migration files sends back. */
export type LoadedMigrations =
  | { readonly values: readonly unknown[] }
  | { readonly message: string; readonly hint: string | null }

/** Paths of a project's migration files in order; null where it has no such folder. Throws PILAR_MIGRATION for a name that has no place in it. */
function migrationPaths(project: string): readonly string[] | null {
  const folder = join(project, MIGRATIONS_FOLDER)
  const names = namesIn(folder)
  if (names === null) return null
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => basename(name, '.ts'))
  const stray = files.find((name) => parseFileName(name) === null)
  if (stray !== undefined) {
    const hint = 'Files there are named like 0003_add_slugs.ts; what they share belongs into another folder.'
    throw failure('PILAR_MIGRATION', { message: `${join(folder, stray)}.ts is not named like a migration` }, { hint })
  }
  const numbered = files.map((name) => ({ name, number: parseFileName(name)?.number ?? 0 }))
  numbered.sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1))
  return numbered.map(({ name }) => join(folder, `${name}.ts`))
}

function namesIn(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/**
 * A project's migration files in order; null where it has no folder for them. They are loaded in a process that ends afterwards: a file is code, and what
 * it exports is data. Throws PILAR_MIGRATION for what is no migration, PILAR_SCHEMA for what can't be loaded.
 */
export async function loadMigrationFiles(
  project: string,
  { env }: Pick<Shell, 'env'>,
  signal: AbortSignal,
): Promise<readonly MigrationFile[] | null> {
  const paths = migrationPaths(project)
  if (paths === null || paths.length === 0) return paths === null ? null : []
  const loaded = (await askApart('migrations-child', {
    ...{ files: paths, env, signal },
    endedEarly: (how) =>
      failure('PILAR_MIGRATION', {
        message: `a file in ${MIGRATIONS_FOLDER}/ ended the process that loaded it (${how})`,
      }),
  })) as LoadedMigrations
  if ('message' in loaded) {
    const hint = loaded.hint === null ? {} : { hint: loaded.hint }
    throw failure('PILAR_MIGRATION', { message: loaded.message }, hint)
  }
  return paths.map((path, index) => migrationFile(path, loaded.values[index]))
}

/** Checks what a file exports. */
function migrationFile(path: string, value: unknown): MigrationFile {
  const name = basename(path, '.ts')
  const source = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  if (!Array.isArray(source['steps'])) {
    const hint = "It must end with: export default migration({ … }), where migration comes from 'pilar'."
    throw failure('PILAR_MIGRATION', { message: `${path} does not export a migration` }, { hint })
  }
  const content = {
    steps: source['steps'].map((step, index) => readStep(step, `${name}: step ${index + 1}`)),
    before: structureText(source['before'], `${name}: "before"`),
    after: structureText(source['after'], `${name}: "after"`),
  }
  const { checksum } = source
  return {
    ...{ name, number: parseFileName(name)?.number ?? 0, ...content },
    checksum: typeof checksum === 'string' ? checksum : '',
    actualChecksum: checksumOf(content),
  }
}

function structureText(value: unknown, at: string): string {
  try {
    return writeCatalog(readCatalog(JSON.stringify(value) ?? 'null'))
  } catch (error) {
    const hint = 'It is written by Pilar: take it from Git again, or delete the file and run pilar migrate new.'
    throw failure('PILAR_MIGRATION', { message: `${at} is no structure` }, { hint, cause: error })
  }
}
