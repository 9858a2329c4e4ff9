import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { backup, DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { failure } from '../../../errors/error.ts'
import { systemClock } from '../../../std/clock.ts'
import { quoteName } from '../../sql/printer.ts'
import { openConnection } from '../connection.ts'
import { isSqliteError } from '../faults.ts'
import type { Report } from './save.ts'
import { verifyFile } from './verify.ts'

/** All pages in one step: then the transaction that writes them is never open between two steps. */
const ALL_PAGES = 2 ** 31 - 1
const LEASES = 'pilar.leases'
/** How long a restore waits for a moment in which nobody writes, and between two looks. */
const FREE_MS_MAX = 30_000
const LOOK_MS = 20

/**
 * Puts the content of a backup in the place of a database that is in use: in one transaction, so that every process sees either the one or the other. What is
 * put there is a scratch copy, since the lease has to be the present one.
 */
export async function restoreDatabase(
  { file, from, scratch }: { file: string; from: string; scratch: string },
  report: Report,
): Promise<void> {
  await verifyFile(from)
  await copyFile(from, scratch, constants.COPYFILE_FICLONE)
  const { database: live } = openConnection(file, 'inspector', 5_000)
  const copy = new DatabaseSync(scratch, { timeout: 5_000 })
  try {
    copy.exec('PRAGMA journal_mode = DELETE')
    matchPageSize(copy, live)
    carryLease(live, copy)
    live.close()
    await overwrite(copy, file, report)
  } finally {
    if (live.isOpen) live.close()
    copy.close()
  }
}

/** Node gives up at once where somebody else is writing, and calls that error number 0; nothing has been written then. */
async function overwrite(copy: DatabaseSync, file: string, report: Report): Promise<void> {
  const untilMs = systemClock.monotonicMs() + FREE_MS_MAX
  const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) =>
    report(totalPages - remainingPages, totalPages)
  for (;;) {
    try {
      await backup(copy, file, { rate: ALL_PAGES, progress })
      return
    } catch (error) {
      if (!isSqliteError(error) || error.errcode !== 0) throw error
      if (systemClock.monotonicMs() > untilMs)
        throw failure('55P03', {}, { details: 'Others were writing all the time.' })
    }
    await wait(LOOK_MS)
  }
}

/** A file in write-ahead mode keeps the size of its pages. */
function matchPageSize(copy: DatabaseSync, live: DatabaseSync): void {
  const sizeOf = (database: DatabaseSync): number => Number(database.prepare('PRAGMA page_size').get()?.['page_size'])
  if (sizeOf(copy) !== sizeOf(live)) copy.exec(`PRAGMA page_size = ${sizeOf(live)}; VACUUM`)
}

/** Who has the lease goes on having it, and its fence does not go back. */
function carryLease(live: DatabaseSync, copy: DatabaseSync): void {
  const sql = live.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?").get(LEASES)?.['sql']
  if (typeof sql !== 'string') return
  const table = quoteName(LEASES)
  copy.exec(`BEGIN; DROP TABLE IF EXISTS ${table}; ${sql}`)
  for (const row of live.prepare(`SELECT * FROM ${table}`).all()) {
    const columns = Object.keys(row)
    const places = columns.map(() => '?').join(', ')
    copy
      .prepare(`INSERT INTO ${table} (${columns.map(quoteName).join(', ')}) VALUES (${places})`)
      .run(...(Object.values(row) as SQLInputValue[]))
  }
  copy.exec('COMMIT')
}
