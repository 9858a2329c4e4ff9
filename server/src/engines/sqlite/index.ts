import type { Engine, EngineName } from '../engine.ts'
import { capabilities } from './capabilities.ts'
import { compile } from './compile.ts'
import { openPool } from './pool.ts'
import { SqliteTransfer } from './transfer/transfer.ts'

const name: EngineName = 'sqlite'

/** SQLite inside the server's process: see README.md beside this file. */
export const sqlite: Engine = {
  ...{ name, capabilities, compile, open: openPool },
  // For commands alone: no server loads it.
  inspect: async (settings) => (await import('./inspect.ts')).inspect(settings),
  transfer: (settings) => new SqliteTransfer(settings),
}
