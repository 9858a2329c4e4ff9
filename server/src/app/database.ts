import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Engine, EnginePool, Inspected } from '../engines/engine.ts'
import { sqlite } from '../engines/sqlite/index.ts'
import { failure } from '../errors/error.ts'
import type { Limits } from '../runtime/limits.ts'
import type { Observe } from '../runtime/observe.ts'
import type { Settings } from '../runtime/settings.ts'
import type { Clock } from '../std/clock.ts'

/** Where a project's rows are. */
export interface Database {
  readonly engine: Engine
  readonly url: string
  /** Pilar's own file in the data folder, which it may change at will. */
  readonly embedded: boolean
}

/** Engines by the scheme of a database URL. */
const ENGINES: ReadonlyMap<string, Engine> = new Map([['sqlite', sqlite]])

/** The database that the settings name; makes the data folder for the embedded one. Throws PILAR_SETTINGS for a URL that no engine serves. */
export function chooseDatabase(settings: Settings, projectDir: string): Database {
  if (settings.databaseUrl === '') {
    const dataDir = resolve(projectDir, settings.dataDir)
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    return { engine: sqlite, url: `sqlite:${resolve(dataDir, 'data.db')}`, embedded: true }
  }
  const scheme = settings.databaseUrl.split(':')[0] ?? ''
  const engine = ENGINES.get(scheme)
  if (engine === undefined) {
    const hint = `Known: ${[...ENGINES.keys()].map((known) => `${known}:`).join(', ')}. For a SQLite file write sqlite:FILE.`
    throw failure(
      'PILAR_SETTINGS',
      { message: `no engine serves a database URL that starts with "${scheme}:"` },
      { hint },
    )
  }
  const file = settings.databaseUrl.slice(scheme.length + 1)
  return { engine, url: `${scheme}:${resolve(projectDir, file)}`, embedded: false }
}

export interface DatabaseEnv {
  /** For commands that only look: the file stays as it is, to the byte. */
  readonly keepFile?: boolean
  readonly limits: Limits
  readonly observe: Observe
  readonly clock: Clock
}

/** Opens a database for requests and commands; makes the file where it is missing. */
export function openDatabase(
  database: Database,
  { limits, observe, clock, keepFile = false }: DatabaseEnv,
): Promise<EnginePool> {
  return database.engine.open(
    { url: database.url, keepFile, statementTimeoutMs: limits.statementTimeoutMs, transactionMs: limits.transactionMs },
    { observe: ({ kind, ...details }) => observe({ ...details, kind: 'engine', event: kind }), clock },
  )
}

/** What the database is made of. Writes nothing at all; throws PILAR_START where there is none. */
export function inspectDatabase(database: Database, limits: Limits): Promise<Inspected> {
  const { statementTimeoutMs, transactionMs } = limits
  return database.engine.inspect({ url: database.url, statementTimeoutMs, transactionMs })
}
