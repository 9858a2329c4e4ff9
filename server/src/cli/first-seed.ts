import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure } from '../errors/error.ts'
import { systemClock } from '../std/clock.ts'
import { backupsFolder, moment } from './backups.ts'
import type { Shell } from './command.ts'
import { databaseFile } from './database-file.ts'
import type { Serving } from './serving.ts'

/** What the claim is called beside the database's file: it is there from before a new database is made until its first seed has ended. */
const CLAIM_END = '.seeding'
const RETRY_MS = 100

/** What `PRAGMA user_version` of the claim says. */
const STATE = { claimed: 0, done: 1, begun: 2 } as const

/**
 * The right to fill a new database, for one process at a time, and the memory that it was not filled to the end. It is a SQLite file with an
 * exclusive lock on it: the system takes the lock back when the process dies, however it does.
 */
export class FirstSeed {
  readonly #claim: DatabaseSync
  readonly #path: string
  readonly #databaseFile: string

  constructor(claim: DatabaseSync, path: string, databaseFile: string) {
    this.#claim = claim
    this.#path = path
    this.#databaseFile = databaseFile
  }

  /** From here on a start that finds the claim begins again. */
  begin(): void {
    this.#note(STATE.begun)
  }

  /** The database is filled. */
  done(): void {
    this.#note(STATE.done)
    this.#claim.close()
    rmSync(this.#path, { force: true })
  }

  /** This process gives up; the next start goes on. */
  release(): void {
    this.#claim.close()
    if (!existsSync(this.#databaseFile)) rmSync(this.#path, { force: true })
  }

  #note(state: number): void {
    this.#claim.exec(`COMMIT; BEGIN EXCLUSIVE; PRAGMA user_version = ${state}; COMMIT; BEGIN EXCLUSIVE`)
  }
}

/**
 * Claims the first seed of a database that is not there yet, or whose seed did not end; null for every other database, and when the wish to stop
 * came first. While another process fills it, waits. What an unfinished seed has written is put aside, never deleted.
 */
export async function claimFirstSeed(serving: Serving, shell: Shell, stopping: AbortSignal): Promise<FirstSeed | null> {
  const file = databaseFile(serving)
  if (file === null) return null
  const path = `${file}${CLAIM_END}`
  if (!existsSync(path) && existsSync(file)) return null
  const isNew = createClaim(path)
  const claim = await lock(path, shell, stopping)
  if (claim === null) return null
  const state = Number(claim.prepare('PRAGMA user_version').get()?.['user_version'])
  const isOver = state === STATE.done || !existsSync(path) || (isNew && existsSync(file))
  if (isOver) {
    claim.close()
    rmSync(path, { force: true })
    return null
  }
  if (state === STATE.begun && existsSync(file)) {
    try {
      putAside(file, serving, shell)
    } catch (error) {
      claim.close()
      throw error
    }
  }
  return new FirstSeed(claim, path, file)
}

/** Forgets an unfinished seed: somebody has filled the database in another way. */
export function forgetFirstSeed(serving: Serving): void {
  const file = databaseFile(serving)
  if (file !== null) rmSync(`${file}${CLAIM_END}`, { force: true })
}

function createClaim(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function lock(path: string, shell: Shell, stopping: AbortSignal): Promise<DatabaseSync | null> {
  const claim = new DatabaseSync(path, { timeout: 0 })
  // The lock outlasts the transactions in which the state is noted.
  claim.exec('PRAGMA locking_mode = EXCLUSIVE')
  for (let told = false; ; told = true) {
    try {
      claim.exec('BEGIN EXCLUSIVE')
      return claim
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('locked'))) throw error
    }
    if (!told) shell.output.report('Another process is filling the new database: waiting …')
    await sleep(RETRY_MS, undefined, { signal: stopping }).catch(() => {})
    if (stopping.aborted) {
      claim.close()
      return null
    }
  }
}

/** Moves a database of which nobody else has a part open. */
function putAside(file: string, serving: Serving, shell: Shell): void {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    // Gives everything to the one file, and fails while another connection is open.
    database.exec('PRAGMA journal_mode = DELETE')
  } catch (error) {
    const message = `the first seed of ${file} did not end, and another process has the database open`
    throw failure(
      'PILAR_START',
      { message },
      { hint: 'End that process, or fill it there: pilar db seed.', cause: error },
    )
  } finally {
    database.close()
  }
  const folder = backupsFolder(serving)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const aside = join(folder, `unfinished-${moment(systemClock)}.db`)
  renameSync(file, aside)
  shell.output.report(`The first seed did not end the last time: beginning again. What it had written is in ${aside}.`)
}
