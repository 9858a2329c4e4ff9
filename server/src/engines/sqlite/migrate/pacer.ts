import { failure, PilarError } from '../../../errors/error.ts'
import { systemClock } from '../../../std/clock.ts'
import type { MigrationRun } from '../../structure.ts'

/** What a batch should take, in milliseconds: writes of requests run between two of them. The second while there are such writes. */
const BATCH_MS = 40
const SHARED_BATCH_MS = 5
/** How long after a write of a request the next one is reckoned with. */
const SHARED_MS = 1_000
const ROWS_MIN = 10
const ROWS_MAX = 50_000
/**
 * Other processes wait for the lock by asking again, at last every 100 ms: a rest that is longer, after at most this much work, lets each of them in.
 * (Writes of this process need no rest: they stand in the same queue as the batches.)
 */
const WORK_MS = 250
const REST_MS = 105

interface Pacing extends Pick<MigrationRun, 'signal' | 'pace' | 'pause'> {
  /** When a request of this process wrote last, on the monotonic clock. */
  readonly lastWriteMs?: () => number
}

/** How much at once, and when to rest. */
export class Pacer {
  readonly #run: Pacing
  #rows = 500
  #workedMs = 0

  constructor(run: Pacing) {
    this.#run = run
  }

  /** Rows of the next batch. */
  get rows(): number {
    return this.#rows
  }

  /** Between batches: adapts to what the last one took, and rests. 57014 when the signal came. */
  async after(tookMs: number): Promise<void> {
    const lastWriteMs = this.#run.lastWriteMs?.() ?? Number.NEGATIVE_INFINITY
    const batchMs = systemClock.monotonicMs() - lastWriteMs < SHARED_MS ? SHARED_BATCH_MS : BATCH_MS
    const factor = Math.min(2, Math.max(0.2, batchMs / Math.max(tookMs, 1)))
    this.#rows = Math.round(Math.min(ROWS_MAX, Math.max(ROWS_MIN, this.#rows * factor)))
    const pace = Math.min(1, Math.max(0.05, this.#run.pace ?? 1))
    let restMs = tookMs * (1 / pace - 1)
    this.#workedMs += tookMs
    if (this.#workedMs >= WORK_MS) {
      this.#workedMs = 0
      restMs = Math.max(restMs, REST_MS)
    }
    if (restMs >= 1) await sleep(restMs, this.#run.signal)
    await this.#run.pause?.()
    requireLeave(this.#run.signal)
  }
}

/** Asks again as long as another process keeps the file locked: what takes an hour is not given up for that. */
export async function patiently<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isLocked(error)) throw error
      requireLeave(signal)
    }
  }
}

export const isLocked = (error: unknown): boolean => error instanceof PilarError && error.code === '55P03'

/** 57014 when the signal came. */
export function requireLeave(signal: AbortSignal): void {
  if (signal.aborted) throw failure('57014', {}, { details: 'The migration was cancelled; nothing was changed.' })
}

/** Waits; ends early when the signal comes. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}

/** Rows done, and how fast. */
export class Meter {
  readonly #startMs = systemClock.monotonicMs()
  #done = 0

  add(rows: number): void {
    this.#done += rows
  }

  get rowsPerSecond(): number {
    const seconds = (systemClock.monotonicMs() - this.#startMs) / 1000
    return seconds === 0 ? 0 : Math.round(this.#done / seconds)
  }

  remainingMs(rows: number): number | null {
    const rate = this.rowsPerSecond
    return rate === 0 ? null : Math.round((Math.max(0, rows) / rate) * 1000)
  }
}
