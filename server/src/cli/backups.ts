import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../std/clock.ts'
import type { Serving } from './serving.ts'

/** Where backups of a project go. */
export function backupsFolder({ settings }: Serving): string {
  return join(settings.dataDir, 'backups')
}

export interface BackupFile {
  readonly file: string
  readonly bytes: number
  /** RFC 3339, UTC. */
  readonly savedAt: string
}

/** The backups in the project's folder for them, oldest first, those that migrations made included. */
export function listBackups(serving: Serving): readonly BackupFile[] {
  const folder = backupsFolder(serving)
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.db')) : []
  const files = names.map((name): BackupFile => {
    const file = join(folder, name)
    const { size, mtime } = statSync(file)
    return { file, bytes: size, savedAt: mtime.toISOString() }
  })
  return files.sort((a, b) => (a.savedAt < b.savedAt ? -1 : 1))
}

/** Now, for a file's name: `20260131-100000`, UTC. */
export function moment(clock: Clock): string {
  return new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
}
