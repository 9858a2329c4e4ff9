import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SavedBackup, Structure } from '../../engines/structure.ts'
import type { Clock } from '../../std/clock.ts'

export interface BackupBeforeOptions {
  readonly structure: Structure
  /** `<dataDir>/backups`; made when it is missing. */
  readonly folder: string
  /** Setting `backupsKept`: the newest of those made here that stay. */
  readonly kept: number
  readonly clock: Clock
  readonly signal: AbortSignal
  /** A backup that is about to be put back: it stays, however old. */
  readonly spared?: string
  /** Told when one was written. */
  readonly saved?: (backup: SavedBackup) => void
}

/** Those that people made themselves have other names and are never removed. */
const OURS = /^before-\d{8}T\d{9}Z\.db$/

/**
 * The hook for `ApplyOptions.backup`: writes `before-{moment}.db` into the folder, and removes the oldest of such a name beyond `kept`. Does nothing
 * where the engine has no backup.
 */
export function backupBefore(options: BackupBeforeOptions): () => Promise<void> {
  return async () => {
    const { structure, folder, clock, signal, saved } = options
    if (structure.backup === null) return
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const moment = new Date(clock.now()).toISOString().replaceAll(/[-:.]/g, '')
    const backup = await structure.backup.save(join(folder, `before-${moment}.db`), { signal })
    saved?.(backup)
    await removeOld(options)
  }
}

async function removeOld({ folder, kept, spared }: BackupBeforeOptions): Promise<void> {
  const names = (await readdir(folder)).filter((name) => OURS.test(name)).sort()
  for (const name of names.slice(0, Math.max(0, names.length - kept))) {
    const path = join(folder, name)
    if (spared === undefined || !(await isSame(path, spared))) await rm(path, { force: true })
  }
}

async function isSame(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => stat(path, { bigint: true })))
  return one?.ino === other?.ino && one?.dev === other?.dev
}
