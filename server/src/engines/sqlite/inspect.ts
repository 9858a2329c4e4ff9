import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { failure } from '../../errors/error.ts'
import type { Catalog } from '../../schema/catalog.ts'
import type { EngineSettings, Inspected } from '../engine.ts'
import { openConnection } from './connection.ts'
import { mapError } from './errors.ts'
import { introspect } from './introspect.ts'
import { translateCatalog } from './native/catalog.ts'
import { sqliteSettings } from './settings.ts'

/**
 * The structure of a file, without leaving a trace on it: not even the mode is changed, and no file is made beside it. Throws PILAR_START where there
 * is none, and PostgreSQL's codes for what can't be read (XX001, 58030, 55P03).
 */
export function inspect(settings: EngineSettings): Inspected {
  const { file, lockTimeoutMs } = sqliteSettings(settings)
  if (!existsSync(file)) {
    const hint = 'Check the name: sqlite:FILE is relative to the folder you are in.'
    throw failure('PILAR_START', { message: `there is no file ${file}` }, { hint })
  }
  if (!statSync(file).isFile()) throw failure('58030', { message: `${file} is not a file` })
  try {
    const found = readStructure(file, lockTimeoutMs)
    return { found, translated: translateCatalog(found) }
  } catch (error) {
    throw mapError(error)
  }
}

/**
 * Even a reader makes `-wal` and `-shm` beside a file in write-ahead mode. Where there is no `-wal`, nobody has the file open, and it can be read as
 * if it could not change; if somebody comes in between, it is read once more.
 */
function readStructure(file: string, lockTimeoutMs: number): Catalog {
  const log = `${file}-wal`
  if (!isInWalMode(file) || existsSync(log)) return readFrom(file, lockTimeoutMs)
  try {
    const found = readFrom(`${pathToFileURL(file).href}?immutable=1`, lockTimeoutMs)
    if (!existsSync(log)) return found
  } catch (error) {
    if (!existsSync(log)) throw error
  }
  return readFrom(file, lockTimeoutMs)
}

function readFrom(location: string, lockTimeoutMs: number): Catalog {
  const { database } = openConnection(location, 'inspector', lockTimeoutMs)
  try {
    // One transaction, so that all is of one moment.
    database.exec('BEGIN')
    return introspect(database)
  } finally {
    database.close()
  }
}

/** Byte 18 of the header: 1 for a rollback journal, 2 for write-ahead mode. */
function isInWalMode(file: string): boolean {
  const header = Buffer.alloc(20)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, header, 0, header.length, 0)
  } finally {
    closeSync(descriptor)
  }
  return header[18] === 2
}
