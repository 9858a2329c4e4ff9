import { constants, DatabaseSync } from 'node:sqlite'
import { failure } from '../../errors/error.ts'
import { systemClock } from '../../std/clock.ts'
import { MIB } from '../../std/units.ts'
import { VersionReader } from './structure-version.ts'
import { SEARCH_FACTOR_MAX } from './udf/pattern.ts'
import { registerFunctions } from './udf/register.ts'

/** The first SQLite without the WAL-reset bug, which can corrupt a file that one connection writes while another checkpoints. */
const VERSION_MIN = [3, 51, 3] as const

/** Thrown by `pilar_fuel` at the deadline. Not an error of the request: who runs the statement decides what it means. */
export class OutOfFuel extends Error {
  override readonly name = 'OutOfFuel'
}

/** Stops a statement at a deadline, since node:sqlite can't be interrupted: every scan calls `tick` now and then. */
export class Fuel {
  #deadlineMs = Number.POSITIVE_INFINITY

  /** From now on statements of the connection may run for `limitMs` milliseconds. */
  start(limitMs: number): void {
    this.#deadlineMs = systemClock.monotonicMs() + limitMs
  }

  stop(): void {
    this.#deadlineMs = Number.POSITIVE_INFINITY
  }

  readonly tick = (): number => this.spend(0)

  /** A call that would end after the deadline does not begin. */
  readonly spend = (ms: number): number => {
    if (systemClock.monotonicMs() + ms >= this.#deadlineMs) throw new OutOfFuel('the statement ran until its deadline')
    return 1
  }
}

export interface Connection {
  readonly database: DatabaseSync
  readonly fuel: Fuel
  readonly versions: VersionReader
  /** Grows with every statement of `reader` and `writer` that SQLite prepares: anew, too, where the structure is another one when it is run. */
  readonly preparations: () => number
  /** Puts the authorizer back, after the owner's work is done on the connection. */
  protect(): void
}

/**
 * How a connection may be used: `reader` can only select, `writer` changes rows, `inspector` reads the structure too. A `guest` may what a writer may, but
 * leaves the file in the journal mode it has: for commands that only look.
 */
export type Access = 'reader' | 'writer' | 'inspector' | 'guest'

/** What a LIKE pattern that `checkLike` lets pass may take for one byte, in milliseconds (measured: 1 ns for a comparison). */
const SEARCH_MS = SEARCH_FACTOR_MAX * 1e-6
/** Bytes of one text or blob, of rows and of whole results: SQLite's own limit of 1 GB would take the memory of the process. */
const LENGTH_MAX = 64 * MIB

/** Opens a connection with our functions and every protection SQLite has. `lockTimeoutMs` is how long it waits for another process. */
export function openConnection(file: string, access: Access, lockTimeoutMs: number): Connection {
  const readOnly = access === 'reader' || access === 'inspector'
  const limits = { length: LENGTH_MAX }
  const options = { readOnly, timeout: lockTimeoutMs, enableForeignKeyConstraints: true, limits }
  const database = new DatabaseSync(file, options)
  try {
    database.enableDefensive(true)
    const fuel = new Fuel()
    database.function('pilar_fuel', { deterministic: false }, fuel.tick)
    database.function('pilar_fuel_for', { deterministic: false }, (bytes) => fuel.spend(Number(bytes) * SEARCH_MS))
    registerFunctions(database, fuel.spend)
    database.exec(
      'PRAGMA trusted_schema = OFF; PRAGMA automatic_index = OFF; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON',
    )
    database.exec('PRAGMA secure_delete = ON; PRAGMA cache_size = -16000')
    if (readOnly) database.exec('PRAGMA query_only = ON')
    let preparations = 0
    const authorize = access === 'reader' ? authorizeReader : authorizeWriter
    const protect = (): void => {
      if (access === 'inspector') return
      database.setAuthorizer((...asked) => {
        preparations++
        return authorize(...asked)
      })
    }
    if (access === 'writer') database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    const versions = new VersionReader(database)
    protect()
    return { database, fuel, versions, preparations: () => preparations, protect }
  } catch (error) {
    database.close()
    throw error
  }
}

const READER_ACTIONS: ReadonlySet<number> = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_FUNCTION,
  constants.SQLITE_RECURSIVE,
  constants.SQLITE_TRANSACTION,
])
const WRITER_ACTIONS: ReadonlySet<number> = new Set([
  ...READER_ACTIONS,
  constants.SQLITE_INSERT,
  constants.SQLITE_UPDATE,
  constants.SQLITE_DELETE,
  constants.SQLITE_SAVEPOINT,
])

/** Read only. FTS5 asks for the one; the other is how a connection knows that the structure is still what it was. */
const HARMLESS_PRAGMAS: ReadonlySet<string> = new Set(['data_version', 'schema_version'])

type Authorizer = NonNullable<Parameters<DatabaseSync['setAuthorizer']>[0]>

/** A second wall behind the compiler: whatever a statement says, it can't attach files, set pragmas or touch structure. */
function authorizer(allowed: ReadonlySet<number>): Authorizer {
  return (action, name, argument) => {
    if (action === constants.SQLITE_FUNCTION && argument === 'load_extension') return constants.SQLITE_DENY
    if (allowed.has(action)) return constants.SQLITE_OK
    const isHarmless = action === constants.SQLITE_PRAGMA && HARMLESS_PRAGMAS.has(name ?? '') && argument === null
    return isHarmless ? constants.SQLITE_OK : constants.SQLITE_DENY
  }
}

const authorizeReader = authorizer(READER_ACTIONS)
const authorizeWriter = authorizer(WRITER_ACTIONS)

/** Refuses to start on a SQLite that can corrupt files. */
export function assertVersion(database: DatabaseSync): void {
  const row = database.prepare('SELECT sqlite_version() AS version').get()
  const version = String(row?.['version'])
  const parts = version.split('.').map(Number)
  for (const [index, wanted] of VERSION_MIN.entries()) {
    const found = parts[index] ?? 0
    if (found > wanted) return
    if (found < wanted) {
      const message = `SQLite ${version} can corrupt files in WAL mode: at least ${VERSION_MIN.join('.')} is needed`
      throw failure(
        'PILAR_START',
        { message },
        { hint: 'Start Pilar with the Node it brings, or with Node 24.21 or later.' },
      )
    }
  }
}
