import { lstatSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { failure } from '../errors/error.ts'

/** What SQLite keeps beside a file. */
const BESIDE = ['-wal', '-shm', '-journal']

/**
 * Refuses to write a copy of a database where it would take the place of the database itself, of another one in use, or of something that is no
 * file. `database` is null where it is no file.
 */
export function requireTarget(file: string, database: string | null): void {
  const stats = lstatSync(file, { throwIfNoEntry: false })
  if (stats?.isFile() === false) throw refused(`${file} is no ordinary file`)
  const own = database === null ? [] : [database, ...BESIDE.map((end) => `${database}${end}`)]
  if (own.map(resolved).includes(resolved(file))) throw refused(`${file} belongs to the database itself`)
  const used = BESIDE.find((end) => lstatSync(`${file}${end}`, { throwIfNoEntry: false }) !== undefined)
  if (used !== undefined) throw refused(`${file} is a database in use: there is a ${basename(file)}${used} beside it`)
}

/** Refuses what is no backup but a database in use, or one that was not closed: the last of its changes stand beside it. */
export function requireBackup(file: string, database: string | null): void {
  if (database !== null && resolved(database) === resolved(file)) throw refused(`${file} is the database itself`)
  const log = `${file}-wal`
  if ((lstatSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) return
  const message = `${file} is a database in use, or was not closed: its last changes are in ${basename(log)}`
  throw failure(
    'PILAR_DUMP',
    { message },
    { hint: 'Make a backup of it: pilar db backup --database sqlite:FILE BACKUP.' },
  )
}

/** Whatever links lead to it. */
function resolved(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return folderOf(file)
  }
}

function folderOf(file: string): string {
  try {
    return join(realpathSync(dirname(file)), basename(file))
  } catch {
    return file
  }
}

function refused(message: string): Error {
  return failure('PILAR_DUMP', { message }, { hint: 'Name a file that is not there yet.' })
}
