import type { EngineSettings } from '../../engine.ts'
import type { Console, Loading, Snapshot, Transfer } from '../../transfer.ts'
import { mapError } from '../errors.ts'
import { type SqliteSettings, sqliteSettings } from '../settings.ts'
import { SqliteConsole } from './console.ts'
import { load } from './load.ts'
import { runScript } from './run-script.ts'
import { SqliteSnapshot } from './snapshot.ts'

/** Dumps, loads and prompts over one file, each on a connection of its own: whoever asks is a command, not a server. */
export class SqliteTransfer implements Transfer {
  readonly #settings: SqliteSettings

  constructor(settings: EngineSettings) {
    this.#settings = sqliteSettings(settings)
  }

  snapshot(): Promise<Snapshot> {
    return mapped(() => new SqliteSnapshot(this.#settings))
  }

  load<T>(options: { readonly onlyInserts: boolean }, body: (loading: Loading) => Promise<T>): Promise<T> {
    return mapped(() => load(this.#settings, options, body))
  }

  runScript(lines: AsyncIterable<string>, progress: (statements: number) => void): Promise<void> {
    return mapped(() => runScript(this.#settings, lines, progress))
  }

  openConsole(options: { readonly write: boolean }): Promise<Console> {
    return mapped(() => new SqliteConsole(this.#settings, options))
  }
}

async function mapped<T>(body: () => T | Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    throw mapError(error)
  }
}
