import { hostname } from 'node:os'
import { openDatabase } from '../app/database.ts'
import type { EnginePool } from '../engines/engine.ts'
import type { Backup, LeaseOptions, SavedBackup } from '../engines/structure.ts'
import { failure } from '../errors/error.ts'
import { backupBefore } from '../pipeline/migrate/backup-before.ts'
import { withLease } from '../pipeline/migrate/lease.ts'
import { readLimits } from '../runtime/limits.ts'
import { systemClock } from '../std/clock.ts'
import { backupsFolder } from './backups.ts'
import type { Shell } from './command.ts'
import { createLog } from './log.ts'
import type { OpenTransfer } from './open-transfer.ts'

/** Opens the database for `body` and closes it, however that ends. */
export async function withPool<T>(
  { serving, database }: Pick<OpenTransfer, 'serving' | 'database'>,
  shell: Shell,
  body: (pool: EnginePool, backup: Backup) => Promise<T>,
): Promise<T> {
  const observe = createLog(serving.settings.logLevel, shell.output)
  const pool = await openDatabase(database, { limits: readLimits(shell.env), observe, clock: systemClock })
  try {
    const { backup } = pool.structure
    if (backup === null) {
      const message = `${database.engine.name} has no backups of its own`
      throw failure('0A000', { message }, { hint: 'Write it out with: pilar db dump.' })
    }
    return await body(pool, backup)
  } finally {
    await pool.close()
  }
}

export interface Replacement {
  /** The backup to put in the place of everything. */
  readonly file: string
  /** Who does it, for those who wait: `pilar db restore`. */
  readonly command: string
  readonly signal: AbortSignal
}

/** Saves the present state among the backups, then puts a backup in its place, as the only one that changes the structure. Gives what was saved. */
export async function replaceDatabase(
  target: Pick<OpenTransfer, 'serving' | 'database'>,
  shell: Shell,
  { file, command, signal }: Replacement,
): Promise<SavedBackup | null> {
  const { serving } = target
  return withPool(target, shell, async ({ structure }, backup) => {
    let saved: SavedBackup | null = null
    const save = backupBefore({
      ...{ structure, folder: backupsFolder(serving), kept: serving.settings.backupsKept, clock: systemClock, signal },
      spared: file,
      saved: (made) => {
        saved = made
      },
    })
    const lease: LeaseOptions = {
      holder: `${command}, process ${process.pid} on ${hostname()}`,
      signal,
      waiting: (holder) => shell.output.report(`Waiting for ${holder} …`),
    }
    await withLease(structure, lease, async (held) => {
      await save()
      await backup.restore(file, { lease: held, signal, progress: progressOf(shell) })
    })
    shell.terminal?.overwrite('')
    return saved
  })
}

/** Shows a share on a terminal. */
export function progressOf({ terminal }: Shell): (done: number, total: number) => void {
  return (done, total) => terminal?.overwrite(`${total === 0 ? 100 : Math.floor((done / total) * 100)} % …`)
}
