import type { Finding } from '../../schema/migration/step.ts'
import { parseJson, RawNumber } from '../../std/json.ts'
import { FAILURES_MAX, type Offenders } from './survey-task.ts'

/** `1 row`, `3 rows`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

/** The verb that goes with a count: `1 row has`, `3 rows have`. */
export function verb(count: number, one: string, many: string): string {
  return count === 1 ? one : many
}

/** `3 rows`; `more than 10000 rows` where counting stopped. */
export function failed(count: number, word: string): string {
  return count >= FAILURES_MAX ? `more than ${counted(FAILURES_MAX, word)}` : counted(count, word)
}

export interface Said {
  readonly step: number
  readonly kind: Finding['kind']
  readonly message: string
  readonly hint: string | null
}

export function findingOf(said: Said, offenders: Offenders): Finding {
  return { ...said, rows: offenders.rows, samples: offenders.samples.map(readSample) }
}

function readSample(json: string): Readonly<Record<string, unknown>> {
  return plain(parseJson(json)) as Readonly<Record<string, unknown>>
}

/** Digits that a JavaScript number always keeps: longer numbers stay texts. */
const DIGITS_MAX = 15

function plain(value: unknown): unknown {
  if (value instanceof RawNumber)
    return value.text.replace(/\D/g, '').length <= DIGITS_MAX ? Number(value.text) : value.text
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}
