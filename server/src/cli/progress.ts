import type { Progress } from '../engines/structure.ts'
import type { Clock } from '../std/clock.ts'
import type { Shell } from './command.ts'

/** How often a line is printed where it can't replace the one before, in milliseconds. */
const LINE_MS = 5_000
const REDRAW_MS = 100

export interface ProgressView {
  readonly show: (progress: Progress) => void
  /** Takes the line away: what is printed next begins on an empty one. */
  readonly end: () => void
}

/** Shows how far a migration has come: on a terminal one line that changes, elsewhere a new line now and then, when it takes that long. */
export function progressView({ terminal, output }: Pick<Shell, 'terminal' | 'output'>, clock: Clock): ProgressView {
  let shownAt = terminal === null ? clock.monotonicMs() : Number.NEGATIVE_INFINITY
  const everyMs = terminal === null ? LINE_MS : REDRAW_MS
  return {
    show: (progress) => {
      const now = clock.monotonicMs()
      if (now - shownAt < everyMs) return
      shownAt = now
      if (terminal === null) output.report(progressLine(progress))
      else terminal.overwrite(progressLine(progress))
    },
    end: () => terminal?.overwrite(''),
  }
}

/** `copying posts: 120,000 of 1,000,000 rows (12 %), 85,000 rows/s, about 10 s left`. */
export function progressLine({ phase, table, rows, rowsTotal, rowsPerSecond, remainingMs }: Progress): string {
  if (phase === 'switching') return 'switching …'
  const what = table === null ? phase : `${phase} ${table}`
  if (rowsTotal === 0) return `${what} …`
  const share = Math.min(100, Math.floor((rows / rowsTotal) * 100))
  const rate = rowsPerSecond > 0 ? `, ${count(rowsPerSecond)} rows/s` : ''
  const left = remainingMs === null ? '' : `, ${duration(remainingMs)} left`
  return `${what}: ${count(rows)} of ${rowsOf(rowsTotal)} (${share} %)${rate}${left}`
}

/** `1,234,567`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 row`, `12,000 rows`. */
export function rowsOf(value: number): string {
  return `${count(value)} ${value === 1 ? 'row' : 'rows'}`
}

/** Of an estimate, so without false precision: `less than 1 s`, `about 40 s`, `about 3 min`, `about 2 h`. */
export function duration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 1) return 'less than 1 s'
  if (seconds < 90) return `about ${Math.round(seconds)} s`
  if (seconds < 90 * 60) return `about ${Math.round(seconds / 60)} min`
  return `about ${Math.round(seconds / 3600)} h`
}
