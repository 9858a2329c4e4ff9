import type { Program } from '../engine.ts'
import type { Slot } from './slots.ts'
import type { WritePlan } from './write-plan.ts'

/** One statement with the slots it binds. */
export interface Statement {
  readonly sql: string
  readonly slots: readonly Slot[]
}

/** A compiled request for SQLite. */
export interface SqliteProgram extends Program {
  readonly engine: 'sqlite'
  /** Reads: one statement that gives one row: JSON of all rows joined by commas, row count, total or null. */
  readonly read: Statement | null
  readonly write: WritePlan | null
  /** False where some scan can't count its rows (views): such a read runs in a child process only. */
  readonly inline: boolean
}
