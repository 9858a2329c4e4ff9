import { PilarError } from '../../errors/error.ts'
import { StaleStructure } from '../engine.ts'
import { OutOfFuel } from './connection.ts'
import type { Fault } from './writer-messages.ts'

/** An error on its way to another thread or process. */
export function toFault(error: unknown): Fault {
  if (error instanceof PilarError) {
    const { code, message, details, hint } = error
    return { kind: 'pilar', code, message, details, hint }
  }
  if (error instanceof StaleStructure) return { kind: 'stale' }
  if (error instanceof OutOfFuel) return { kind: 'timeout' }
  if (isSqliteError(error)) return { kind: 'sqlite', number: error.errcode, message: error.message }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return { kind: 'bug', message, stack: stack ?? message }
}

export interface SqliteError extends Error {
  readonly errcode: number
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}
