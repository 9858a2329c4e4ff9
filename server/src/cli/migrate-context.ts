import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Structure } from '../engines/structure.ts'
import { failure } from '../errors/error.ts'
import type { MigrationFile } from '../pipeline/migrate/types.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { systemClock } from '../std/clock.ts'
import { type Invocation, JSON_OPTION, type Option, type Shell, stopSignal } from './command.ts'
import { loadSchemaApart } from './load-schema.ts'
import { loadMigrationFiles } from './migration-files.ts'
import { describeProblems, problemsOf } from './problems.ts'
import {
  DATA_OPTIONS,
  missingFile,
  readServing,
  requireAdopted,
  SERVE_OPTIONS,
  type Serving,
  schemaFile,
} from './serving.ts'

/** Options of every command about the structure of a database. */
export const MIGRATE_OPTIONS = {
  project: DATA_OPTIONS.project,
  data: DATA_OPTIONS.data,
  database: {
    ...SERVE_OPTIONS.database,
    doc: 'Database to migrate: sqlite:FILE. Empty means the embedded one. Also DATABASE_URL.',
  },
  json: JSON_OPTION,
} as const satisfies Readonly<Record<string, Option>>

/** What a command works with. */
export interface MigrateContext {
  readonly shell: Shell
  readonly serving: Serving
  readonly structure: Structure
  /** What schema.ts says; null without one. */
  readonly definition: SchemaDefinition | null
  /** Those in `migrations/`, in order; null without that folder. */
  readonly files: readonly MigrationFile[] | null
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal
  /** Who asks for the lease, for those who wait for it. */
  readonly holder: string
}

export interface ContextNeeds {
  /** `pilar migrate apply` */
  readonly command: string
  /** May the database be written, and made where there is none yet? */
  readonly writes: boolean
}

const EXIT_FAILED = 1

/**
 * Runs the body of a command with the wish to stop as a signal. Gives the exit code: mistakes in schema.ts and the wish to stop are reported here.
 */
export async function stoppable(shell: Shell, body: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const signal = stopSignal(shell.untilStopped())
  try {
    return await body(signal)
  } catch (error) {
    const problems = problemsOf(error)
    if (problems !== null) {
      shell.output.report(describeProblems(problems, shell))
      return EXIT_FAILED
    }
    if (!signal.aborted) throw error
    shell.output.report('Cancelled: what was not finished has not happened.')
    return EXIT_FAILED
  }
}

/** Opens a project's database for a command and closes it afterwards. A command that only reads makes nothing, not even an empty database. */
export function withMigrations(
  invocation: Invocation,
  needs: ContextNeeds,
  body: (context: MigrateContext) => Promise<number>,
): Promise<number> {
  return stoppable(invocation.shell, (signal) => open(invocation, needs, { signal, body }))
}

interface Opening {
  readonly signal: AbortSignal
  readonly body: (context: MigrateContext) => Promise<number>
}

async function open(
  invocation: Invocation,
  { command, writes }: ContextNeeds,
  { signal, body }: Opening,
): Promise<number> {
  const { shell } = invocation
  const serving = readServing(invocation)
  const path = schemaFile(serving)
  const definition = path === null ? null : await loadSchemaApart(path, shell, signal)
  requireAdopted(definition, serving)
  const files = await loadMigrationFiles(serving.project, shell, signal)
  await prepareGrammar()
  const holder = `${command}, process ${process.pid} on ${hostname()}`
  return withStructure(serving, { env: shell.env, writes }, (structure) =>
    body({ shell, serving, structure, definition, files, signal, holder }),
  )
}

/** Opens a project's database, an empty one where there is none and nothing may be made. */
export async function withStructure<T>(
  serving: Serving,
  { env, writes }: { readonly env: Shell['env']; readonly writes: boolean },
  body: (structure: Structure) => Promise<T>,
): Promise<T> {
  const { chooseDatabase, openDatabase } = await import('../app/database.ts')
  const { readLimits } = await import('../runtime/limits.ts')
  const nowhere = writes || databaseExists(serving) ? null : mkdtempSync(join(tmpdir(), 'pilar-'))
  const { settings, project } = serving
  const url = nowhere === null ? settings.databaseUrl : `sqlite:${nowhere}/none.db`
  const database = chooseDatabase({ ...settings, databaseUrl: url }, project)
  const opened = { limits: readLimits(env), observe: () => {}, clock: systemClock, keepFile: !writes }
  const pool = await openDatabase(database, opened)
  try {
    return await body(pool.structure)
  } finally {
    await pool.close()
    if (nowhere !== null) rmSync(nowhere, { recursive: true, force: true })
  }
}

/** For schema.ts and the expressions of steps. */
export async function prepareGrammar(): Promise<void> {
  const { setGrammar } = await import('../policy/expression/index.ts')
  const { createGrammar } = await import('../runtime/grammar.ts')
  setGrammar(createGrammar())
}

function databaseExists(serving: Serving): boolean {
  if (serving.settings.databaseUrl === '') return existsSync(join(serving.settings.dataDir, 'data.db'))
  return missingFile(serving) === null
}

/** schema.ts, for what can't be done without one. */
export function requireSchema({ definition, serving }: MigrateContext): SchemaDefinition {
  if (definition !== null) return definition
  const hint = `Make one of the database: pilar pull --database URL --out ${serving.project}`
  throw failure('PILAR_MIGRATION', { message: `there is no schema.ts in ${serving.project}` }, { hint })
}
