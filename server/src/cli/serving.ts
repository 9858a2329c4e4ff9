import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { failure } from '../errors/error.ts'
import { readSettings, SETTINGS, type Settings } from '../runtime/settings.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { type Invocation, type Option, PROJECT_OPTION, type Shell } from './command.ts'

export const SCHEMA_FILE = 'schema.ts'
export const MIGRATIONS_FOLDER = 'migrations'

/** Options of every command that needs the project's data folder. */
export const DATA_OPTIONS = {
  project: PROJECT_OPTION,
  data: {
    value: 'DIR',
    doc: `${SETTINGS.dataDir.doc} Also ${SETTINGS.dataDir.env}.`,
    default: SETTINGS.dataDir.default,
  },
} as const satisfies Readonly<Record<string, Option>>

/** Options of `start` and `dev`. */
export const SERVE_OPTIONS = {
  port: {
    value: 'PORT',
    doc: `${SETTINGS.port.doc} Also ${SETTINGS.port.env}.`,
    default: String(SETTINGS.port.default),
  },
  host: { value: 'HOST', doc: `${SETTINGS.host.doc} Also ${SETTINGS.host.env}.`, default: SETTINGS.host.default },
  database: { value: 'URL', doc: `${SETTINGS.databaseUrl.doc} Also ${SETTINGS.databaseUrl.env}.` },
  ...DATA_OPTIONS,
} as const satisfies Readonly<Record<string, Option>>

/** What a command line says about the project and its settings; all paths absolute. */
export interface Serving {
  readonly project: string
  readonly settings: Settings
}

/** Reads the settings: command line first, then the environment, then (the database) the project's package.json, then the defaults. */
export function readServing({ shell, text }: Invocation): Serving {
  const project = resolve(shell.cwd, text('project') ?? '.')
  const data = text('data')
  const port = text('port')
  const host = text('host')
  const given = text('database')
  const database = given === undefined ? notedDatabase(project, shell.env) : absoluteDatabase(given, shell.cwd)
  const env = { ...shell.env, ...(port === undefined ? {} : { [SETTINGS.port.env]: port }) }
  const settings = readSettings(env, {
    ...(host === undefined ? {} : { host }),
    ...(database === undefined ? {} : { databaseUrl: database }),
  })
  const dataDir = data === undefined ? resolve(project, settings.dataDir) : resolve(shell.cwd, data)
  return { project, settings: { ...settings, dataDir } }
}

/**
 * The database that the project's package.json notes, `"pilar": { "database": "sqlite:FILE" }`, relative to the project. So a project that
 * `pilar pull` wrote never begins an empty database by mistake. Undefined where nothing is noted or the environment names one.
 */
export function notedDatabase(project: string, env: Shell['env']): string | undefined {
  const path = join(project, 'package.json')
  if ((env[SETTINGS.databaseUrl.env] ?? '') !== '' || !existsSync(path)) return undefined
  const noted = (readPackage(path) as { readonly pilar?: { readonly database?: unknown } } | null)?.pilar?.database
  return typeof noted === 'string' && noted !== '' ? noted : undefined
}

/** What package.json notes for Pilar, whatever it is called; none without that file. */
export function notedNames(project: string): readonly string[] {
  const path = join(project, 'package.json')
  const noted = existsSync(path) ? (readPackage(path) as { readonly pilar?: unknown } | null)?.pilar : null
  return typeof noted === 'object' && noted !== null ? Object.keys(noted) : []
}

function readPackage(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const message = `${path} can't be read: ${error instanceof Error ? error.message : String(error)}`
    throw failure('PILAR_SETTINGS', { message })
  }
}

/** A relative `sqlite:FILE` on the command line is relative to where the user stands. */
function absoluteDatabase(url: string, cwd: string): string {
  const file = /^sqlite:(?!\/\/)(?<path>.+)$/.exec(url)?.groups?.['path']
  return file === undefined ? url : `sqlite:${resolve(cwd, file)}`
}

/** The file of a `sqlite:` URL as an absolute path when there is none of that name; null for every other URL. */
export function missingFile({ project, settings }: Serving): string | null {
  const path = /^sqlite:(?:\/\/)?(?<path>.+)$/.exec(settings.databaseUrl)?.groups?.['path']
  const file = path === undefined ? null : resolve(project, path)
  return file === null || existsSync(file) ? null : file
}

/** Refuses to make an empty database out of a misspelt name where one that exists is meant. */
export function requireDatabase(serving: Serving): void {
  const file = missingFile(serving)
  if (file === null) return
  const hint = 'Check the name. Only a schema.ts that declares tables can begin a new database.'
  throw failure('PILAR_START', { message: `there is no file ${file}` }, { hint })
}

/** A schema.ts with `existing()` tables needs the database that has them. */
export function requireAdopted(definition: SchemaDefinition | null, serving: Serving): void {
  if ((definition?.existing ?? []).length === 0) return
  if (serving.settings.databaseUrl !== '') {
    requireDatabase(serving)
    return
  }
  const message = `${SCHEMA_FILE} speaks of tables of an existing database`
  throw failure('PILAR_START', { message }, { hint: 'Name it: --database sqlite:FILE (or DATABASE_URL).' })
}

/** The project's schema.ts, or null where a database is served without one. */
export function schemaFile({ project, settings }: Serving): string | null {
  const path = join(project, SCHEMA_FILE)
  if (existsSync(path)) return path
  if (settings.databaseUrl !== '') {
    requireDatabase({ project, settings })
    return null
  }
  const message = `there is no ${SCHEMA_FILE} in ${project}`
  const hint =
    'Make a project with: pilar init. Or name one with --project DIR, or serve a database with --database sqlite:FILE.'
  throw failure('PILAR_START', { message }, { hint })
}
