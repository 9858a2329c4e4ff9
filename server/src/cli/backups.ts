import { join } from 'node:path'
import type { Clock } from '../std/clock.ts'
import type { Serving } from './serving.ts'

/** Where backups of a project go. */
export function backupsFolder({ settings }: Serving): string {
  return join(settings.dataDir, 'backups')
}

/** Now, for a file's name: `20260131-100000`, UTC. */
export function moment(clock: Clock): string {
  return new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
}
