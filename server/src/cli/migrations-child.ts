import { PilarError } from '../errors/error.ts'
import { loadDefault } from './load-module.ts'
import type { LoadedMigrations } from './migration-files.ts'

/** A process that loads the migration files it is given, tells its parent what they export by default, in their order, and ends. */
async function load(paths: readonly string[]): Promise<LoadedMigrations> {
  const values: unknown[] = []
  try {
    for (const path of paths) values.push((await loadDefault(path)) ?? null)
    return { values }
  } catch (error) {
    if (error instanceof PilarError) return { message: error.message, hint: error.hint }
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), hint: null }
  }
}

// Whoever asked is gone, or has given up.
process.on('disconnect', () => process.exit())
// A file that waits for what never comes ends this process instead of keeping it.
process.channel?.unref()
process.send?.(await load(process.argv.slice(2)))
