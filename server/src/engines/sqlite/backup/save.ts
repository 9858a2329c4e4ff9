import { backup } from 'node:sqlite'
import { openConnection } from '../connection.ts'
import { countRows, sealFile, verifyFile } from './verify.ts'

/** Pages of a step: some milliseconds. */
const PAGES = 1_000

export type Report = (done: number, total: number) => void

/**
 * Copies a database that is in use, page by page. The copy would begin anew with each commit of somebody else; a read transaction that is held open
 * keeps the pages of one moment, and keeps nobody from writing.
 */
export async function saveDatabase(
  file: string,
  to: string,
  report: Report,
): Promise<{ bytes: number; sha256: string }> {
  const { database } = openConnection(file, 'inspector', 5_000)
  try {
    database.exec('BEGIN')
    const rows = countRows(database)
    await backup(database, to, {
      rate: PAGES,
      progress: ({ totalPages, remainingPages }) => report(totalPages - remainingPages, totalPages),
    })
    const copied = await verifyFile(to)
    for (const [table, count] of rows) {
      if (copied.get(table) !== count) throw new Error(`assertion failed: the backup has all rows of ${table}`)
    }
    return await sealFile(to)
  } finally {
    database.close()
  }
}
