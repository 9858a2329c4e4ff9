import { failure } from '../../errors/error.ts'
import type { EngineSettings } from '../engine.ts'

/** The settings of SQLite with their defaults. All times in milliseconds. */
export interface SqliteSettings {
  readonly file: string
  /** A statement that runs longer is stopped: 57014. */
  readonly statementTimeoutMs: number
  /** An exclusive `transaction()` that takes longer is rolled back. */
  readonly transactionMs: number
  /** What a read may take in the server's own thread before it moves to a child process. */
  readonly inlineMs: number
  /** How long the writer waits for another process's lock: then 55P03. */
  readonly lockTimeoutMs: number
  /** Child processes for long reads at most. */
  readonly readersMax: number
  /** An idle child process ends after this. */
  readonly readerIdleMs: number
  /** Reads that wait for a child, and writes that wait for the writer, at most; beyond it 53300. */
  readonly queueMax: number
  /** Only looked at: the file keeps its journal mode and its statistics. */
  readonly keepFile: boolean
}

const DEFAULTS = { inlineMs: 15, lockTimeoutMs: 5_000, readersMax: 2, readerIdleMs: 30_000, queueMax: 1_000 }

/** Reads `sqlite:FILE` and the numbers. PILAR_SETTINGS when one makes no sense. */
export function sqliteSettings(settings: EngineSettings): SqliteSettings {
  const file = settings.url.replace(/^sqlite:(\/\/)?/, '')
  if (file === '' || file === settings.url || file.startsWith(':memory:')) {
    throw failure('PILAR_SETTINGS', { message: `the database URL "${settings.url}" is not of the form sqlite:FILE` })
  }
  const number = (name: keyof typeof DEFAULTS): number => {
    const value = settings[name] ?? DEFAULTS[name]
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
    throw failure('PILAR_SETTINGS', { message: `${name} must be a positive number` })
  }
  return {
    file,
    statementTimeoutMs: settings.statementTimeoutMs,
    transactionMs: settings.transactionMs,
    inlineMs: Math.min(number('inlineMs'), settings.statementTimeoutMs),
    lockTimeoutMs: number('lockTimeoutMs'),
    readersMax: number('readersMax'),
    readerIdleMs: number('readerIdleMs'),
    queueMax: number('queueMax'),
    keepFile: settings.keepFile === true,
  }
}
