import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { failure } from '../../../errors/error.ts'
import { quoteName } from '../../sql/printer.ts'
import { openConnection } from '../connection.ts'

const MAGIC = 'SQLite format 3\0'

/** Opens a file that nobody else has open, reads all of it, and gives the number of rows of each table. XX001 unless it is a whole database. */
export async function verifyFile(file: string): Promise<ReadonlyMap<string, bigint>> {
  await requireMagic(file)
  try {
    const { database } = openConnection(`${pathToFileURL(file).href}?immutable=1`, 'inspector', 0)
    try {
      requireWhole(database)
      return countRows(database)
    } finally {
      database.close()
    }
  } catch (error) {
    if (error instanceof Error && 'errcode' in error)
      throw failure('XX001', { message: error.message }, { cause: error })
    throw error
  }
}

async function requireMagic(file: string): Promise<void> {
  const handle = await open(file).catch((cause: Error) => {
    throw failure('58030', { message: cause.message }, { cause })
  })
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0)
    if (bytesRead === MAGIC.length && buffer.toString('latin1') === MAGIC) return
    throw failure('XX001', { message: `${file} is no SQLite database` })
  } finally {
    await handle.close()
  }
}

function requireWhole(database: DatabaseSync): void {
  const [problem] = database.prepare('PRAGMA integrity_check(1)').all()
  const message = String(problem?.['integrity_check'])
  if (message !== 'ok') throw failure('XX001', { message })
}

/** Rows of each ordinary table. */
export function countRows(database: DatabaseSync): ReadonlyMap<string, bigint> {
  const tables = database.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'").all()
  return new Map(
    tables.map(({ name }) => {
      const statement = database.prepare(`SELECT count(*) AS rows FROM ${quoteName(String(name))}`)
      statement.setReadBigInts(true)
      return [String(name), statement.get()?.['rows'] as bigint]
    }),
  )
}

/** Writes a file through to the disk, and gives its size and SHA-256. */
export async function sealFile(file: string): Promise<{ bytes: number; sha256: string }> {
  const handle = await open(file, 'r+')
  try {
    await handle.sync()
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
    return { bytes: (await handle.stat()).size, sha256: hash.digest('hex') }
  } finally {
    await handle.close()
  }
}
