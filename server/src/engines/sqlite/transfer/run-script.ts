import { constants, DatabaseSync } from 'node:sqlite'
import { failure, PilarError } from '../../../errors/error.ts'
import { mapError } from '../errors.ts'
import type { SqliteSettings } from '../settings.ts'
import { registerFunctions } from '../udf/register.ts'
import { countOrphans, orphanError } from './orphans.ts'
import { type ScriptStatement, StatementReader } from './statements.ts'

/** What the script says of the transaction that it is run in: it has ours. */
const OF_TRANSACTIONS = /^\s*(BEGIN|COMMIT|END|ROLLBACK|PRAGMA\s+foreign_keys)\b/i
/** Statements between two turns of the event loop. */
const TURN = 1_000

/** Runs a script in one transaction. The file itself is its only reach: no other is attached, no extension loaded. */
export async function runScript(
  { file, lockTimeoutMs }: SqliteSettings,
  lines: AsyncIterable<string>,
  progress: (statements: number) => void,
): Promise<void> {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: lockTimeoutMs })
  try {
    database.enableDefensive(false)
    registerFunctions(database, () => 1)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    const orphansBefore = countOrphans(database)
    database.exec('BEGIN IMMEDIATE')
    database.setAuthorizer(confined)
    await runAll(database, lines, progress)
    database.setAuthorizer(null)
    if (countOrphans(database) > orphansBefore) throw orphanError(database)
    database.exec('COMMIT')
  } finally {
    if (database.isTransaction) {
      database.setAuthorizer(null)
      database.exec('ROLLBACK')
    }
    database.close()
  }
}

async function runAll(
  database: DatabaseSync,
  lines: AsyncIterable<string>,
  progress: (statements: number) => void,
): Promise<void> {
  const reader = new StatementReader()
  let done = 0
  for await (const line of lines) {
    for (const statement of reader.push(line)) {
      run(database, statement)
      done++
      if (done % TURN === 0) progress(done)
    }
  }
  const rest = reader.rest()
  if (rest !== null) throw located(rest, failure('PILAR_DUMP', { message: 'the statement does not end' }))
}

function run(database: DatabaseSync, statement: ScriptStatement): void {
  if (OF_TRANSACTIONS.test(statement.sql)) return
  try {
    database.exec(statement.sql)
  } catch (error) {
    throw located(statement, mapError(error))
  }
  if (!database.isTransaction) {
    throw located(statement, failure('PILAR_DUMP', { message: 'the statement ended the transaction' }))
  }
}

const HINT_EMPTY =
  'A dump with structure goes into an empty database. Rows alone are dumped with --data-only, or as ndjson.'

function located({ line }: ScriptStatement, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = error instanceof PilarError ? error.code : 'PILAR_DUMP'
  const hint = /already exists$/.test(error.message) ? { hint: HINT_EMPTY } : {}
  return new PilarError(code, `line ${line}: ${error.message}`, { ...hint, cause: error })
}

function confined(action: number, _name: string | null, argument: string | null): number {
  if (action === constants.SQLITE_ATTACH || action === constants.SQLITE_DETACH) return constants.SQLITE_DENY
  if (action === constants.SQLITE_FUNCTION && argument === 'load_extension') return constants.SQLITE_DENY
  return constants.SQLITE_OK
}
