import type { EngineSettings } from '../../engine.ts'
import type { Console, Loading, Snapshot, Transfer } from '../../transfer.ts'
import { mapError } from '../errors.ts'
import { type SqliteSettings, sqliteSettings } from '../settings.ts'

/** Dumps, loads and prompts over one file, each on a connection of its own: whoever asks is a command, not a server, which loads none of it. */
export class SqliteTransfer implements Transfer {
  readonly #settings: SqliteSettings

  constructor(settings: EngineSettings) {
    this.#settings = sqliteSettings(settings)
  }

  snapshot(): Promise<Snapshot> {
    return mapped(async () => {
      const { SqliteSnapshot } = await import('./snapshot.ts')
      return new SqliteSnapshot(this.#settings)
    })
  }

  load<T>(options: { readonly onlyInserts: boolean }, body: (loading: Loading) => Promise<T>): Promise<T> {
    return mapped(async () => {
      const { load } = await import('./load.ts')
      return load(this.#settings, options, body)
    })
  }

  runScript(lines: AsyncIterable<string>, progress: (statements: number) => void): Promise<void> {
    return mapped(async () => {
      const { runScript } = await import('./run-script.ts')
      return runScript(this.#settings, lines, progress)
    })
  }

  openConsole(options: { readonly write: boolean }): Promise<Console> {
    return mapped(async () => {
      const { SqliteConsole } = await import('./console.ts')
      return new SqliteConsole(this.#settings, options)
    })
  }
}

async function mapped<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    throw mapError(error)
  }
}
