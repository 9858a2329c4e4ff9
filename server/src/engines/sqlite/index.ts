import type { Engine, EngineName } from '../engine.ts'
import { capabilities } from './capabilities.ts'
import { compile } from './compile.ts'
import { inspect } from './inspect.ts'
import { openPool } from './pool.ts'
import { SqliteTransfer } from './transfer/transfer.ts'

const name: EngineName = 'sqlite'

/** SQLite inside the server's process: see README.md beside this file. */
export const sqlite: Engine = {
  ...{ name, capabilities, compile, open: openPool, inspect },
  transfer: (settings) => new SqliteTransfer(settings),
}
