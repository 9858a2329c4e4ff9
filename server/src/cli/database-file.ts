import { join, resolve } from 'node:path'
import type { Serving } from './serving.ts'

/** The file of a project's database as an absolute path, there or not; null for a database that is no file. */
export function databaseFile({ project, settings }: Serving): string | null {
  if (settings.databaseUrl === '') return join(settings.dataDir, 'data.db')
  const path = /^sqlite:(?:\/\/)?(?<path>.+)$/.exec(settings.databaseUrl)?.groups?.['path']
  return path === undefined ? null : resolve(project, path)
}
