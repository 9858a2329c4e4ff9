import type { SqlValue } from '../codecs.ts'

/** A function of ours that SQL may call as `pilar_<name>`. Integers come in as bigint and must go out as bigint. */
export interface SqlFunction {
  /** Number of arguments; -1 for any. */
  readonly arity: number
  /** False by default: null in, null out, and `call` never sees a null. */
  readonly takesNull?: boolean
  /** True unless said otherwise. */
  readonly deterministic?: boolean
  call(...args: readonly SqlValue[]): SqlValue
}

/** Told before a call that may take `ms` milliseconds; throws when there is no such time left. */
export type Spend = (ms: number) => void

export type Functions = Readonly<Record<string, SqlFunction>>

/** The argument as text: SQLite's types are per value, so a function takes what it gets. */
export function text(value: SqlValue | undefined): string {
  return typeof value === 'string' ? value : String(value ?? '')
}

export const bool = (value: boolean): bigint => (value ? 1n : 0n)
