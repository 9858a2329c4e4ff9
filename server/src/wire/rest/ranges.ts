import { failure } from '../../errors/error.ts'

/** Which rows of the root are asked for: `limit` null means all that follow. */
export interface RowRange {
  readonly offset: number
  readonly limit: number | null
}

export const ALL_ROWS: RowRange = Object.freeze({ offset: 0, limit: null })

const INTEGER = /^-?[0-9]+$/
const HEADER = /^([0-9]+)-([0-9]*)$/

/** An integer parameter: null where it does not parse (it then counts as absent). Capped to what a number holds exactly. */
export function parseCount(text: string | null): number | null {
  if (text === null || !INTEGER.test(text)) return null
  return clamp(text)
}

function clamp(digits: string): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(digits)))
}

/** PGRST103 for a negative limit; a negative offset is 0. */
export function rangeOf(limit: number | null, offset: number | null): RowRange {
  if (limit !== null && limit < 0) {
    throw failure('PGRST103', {}, { details: 'Limit should be greater than or equal to zero.' })
  }
  return { offset: Math.max(0, offset ?? 0), limit }
}

/** `Range: 0-9` or `Range: 10-`. Anything else, such as a range of bytes, is ignored. */
export function parseRangeHeader(header: string | undefined): RowRange {
  const found = header === undefined ? null : HEADER.exec(header.trim())
  if (found === null) return ALL_ROWS
  const first = clamp(found[1] ?? '')
  if (found[2] === '' || found[2] === undefined) return { offset: first, limit: null }
  const last = clamp(found[2])
  if (last < first) {
    const details = 'The lower boundary must be lower than or equal to the upper boundary in the Range header.'
    throw failure('PGRST103', {}, { details })
  }
  return { offset: first, limit: last - first + 1 }
}

/** The rows that are in both ranges. Ranges that do not meet give no row. */
export function intersect(a: RowRange, b: RowRange): RowRange {
  const offset = Math.max(a.offset, b.offset)
  const ends = [a, b].flatMap((range) => (range.limit === null ? [] : [range.offset + range.limit]))
  if (ends.length === 0) return { offset, limit: null }
  return { offset, limit: Math.max(0, Math.min(...ends) - offset) }
}
