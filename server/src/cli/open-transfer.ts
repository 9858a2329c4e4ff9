import { existsSync } from 'node:fs'
import { chooseDatabase, type Database } from '../app/database.ts'
import type { Transfer } from '../engines/transfer.ts'
import { failure } from '../errors/error.ts'
import { loadGrammar, setGrammar } from '../policy/expression/index.ts'
import { createGrammar } from '../runtime/grammar.ts'
import { LIMITS } from '../runtime/limits.ts'
import type { Invocation, Option } from './command.ts'
import { databaseFile } from './database-file.ts'
import { DATA_OPTIONS, readServing, SERVE_OPTIONS, type Serving } from './serving.ts'

/** Options of every `pilar db …`. */
export const DB_OPTIONS = {
  database: {
    ...SERVE_OPTIONS.database,
    doc: `The database: sqlite:FILE. Empty means the embedded one in the data folder. Also DATABASE_URL.`,
  },
  ...DATA_OPTIONS,
} as const satisfies Readonly<Record<string, Option>>

/** Where a project's rows are, and the verbs over whole tables. */
export interface OpenTransfer {
  readonly serving: Serving
  readonly database: Database
  readonly transfer: Transfer
}

/** The database that a command line names. Opens nothing yet. PILAR_START when there is none, unless it may be made. */
export function openTransfer(
  invocation: Invocation,
  may: { readonly create: boolean } = { create: false },
): OpenTransfer {
  const serving = readServing(invocation)
  if (!may.create) requireThere(serving)
  return { serving, ...transferOf(serving) }
}

/** The same for settings that were read already. */
export function transferOf(serving: Serving): Pick<OpenTransfer, 'database' | 'transfer'> {
  setGrammar(createGrammar())
  const database = chooseDatabase(serving.settings, serving.project)
  const { url, engine } = database
  const settings = {
    url,
    statementTimeoutMs: LIMITS.statementTimeoutMs.default,
    transactionMs: LIMITS.transactionMs.default,
  }
  if (engine.transfer === null) throw failure('0A000', { message: `${engine.name} has no dumps and no prompt` })
  return { database, transfer: engine.transfer(settings) }
}

/** Reading checks and computed columns takes PostgreSQL's grammar. */
export { loadGrammar }

/** Refuses to make an empty database where one that exists is meant. */
function requireThere(serving: Serving): void {
  const { settings } = serving
  const file = databaseFile(serving)
  if (file === null || existsSync(file)) return
  const hint =
    settings.databaseUrl === ''
      ? 'Name the project with --project DIR, or make its database with: pilar start.'
      : 'Check the name.'
  throw failure('PILAR_START', { message: `there is no database ${file}` }, { hint })
}
