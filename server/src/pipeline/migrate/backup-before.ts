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
  /** Told when one was written. */
  readonly saved?: (backup: SavedBackup) => void
}

/**
 * The hook for `ApplyOptions.backup`: writes `before-{moment}.db` into the folder, and removes the oldest of that name beyond `kept`. Does nothing
 * where the engine has no backup.
 */
export function backupBefore(_options: BackupBeforeOptions): () => Promise<void> {
  throw new Error('not built yet')
}
