import { failure, type PilarError } from '../../errors/error.ts'
import {
  type CivilDate,
  dateOfDays,
  daysInMonth,
  daysOfDate,
  MICROS_PER_DAY,
  splitMicros,
  YEAR_MAX,
  YEAR_MIN,
} from './calendar.ts'
import { readTemporal, type TemporalParts, zoneOffset } from './temporal-text.ts'

export type TemporalName = 'date' | 'time' | 'timestamp' | 'timestamptz'

const INPUT_LABEL = { date: 'date', time: 'time', timestamp: 'timestamp', timestamptz: 'timestamp with time zone' }

/**
 * A date, time, timestamp or timestamptz in its canonical text. 22007 when it can't be read, 22008 when there is no such moment or the
 * year is not within 1 to 9999. `now`, `today`, `tomorrow` and `yesterday` need `nowMicros`.
 */
export function parseTemporal(name: TemporalName, text: string, nowMicros: bigint | null = null): string {
  const special = specialValue(name, text, nowMicros)
  if (special !== null) return special
  const parts = readParts(name, text)
  if (name === 'time') {
    if (parts.timeMicros === null) throw invalid(name, text)
    return formatTime(parts.timeMicros)
  }
  if (parts.date === null) throw invalid(name, text)
  const days = checkedDays(parts.date, text)
  if (name === 'date') return formatDate(days)
  const local = BigInt(days) * MICROS_PER_DAY + (parts.timeMicros ?? 0n)
  if (name === 'timestamp') return formatTimestamp(local, text)
  return formatTimestamptz(local - BigInt(offsetOf(parts, local)) * 1_000_000n, text)
}

function readParts(name: TemporalName, text: string): TemporalParts {
  try {
    const parts = readTemporal(text)
    if (parts === null) throw invalid(name, text)
    return parts
  } catch (error) {
    // A field's own message names the field; PostgreSQL's names the whole text.
    if (isOutOfRange(error)) throw failure('22008', { value: text })
    throw error
  }
}

function isOutOfRange(error: unknown): error is PilarError {
  return error instanceof Error && 'code' in error && error.code === '22008'
}

function offsetOf(parts: TemporalParts, local: bigint): number {
  if (typeof parts.zone !== 'string') return parts.zone ?? 0
  return zoneOffset(parts.zone, Number(local / 1_000_000n))
}

function checkedDays(date: CivilDate, text: string): number {
  const { year, month, day } = date
  if (month < 1 || month > 12 || day < 1 || day > 31) {
    throw failure('22008', { value: text }, { hint: 'Perhaps you need a different "datestyle" setting.' })
  }
  if (year < YEAR_MIN || year > YEAR_MAX || day > daysInMonth(year, month)) throw failure('22008', { value: text })
  return daysOfDate(date)
}

const MINUS = /^(-)?infinity$/

function specialValue(name: TemporalName, text: string, nowMicros: bigint | null): string | null {
  const word = text.trim().toLowerCase()
  const first = word.charCodeAt(0)
  if (first >= 48 && first <= 57) return null
  if (MINUS.test(word) && name !== 'time') return word
  if (word === 'epoch' && name !== 'time') return momentAs(name, 0n)
  const shift = { now: 0n, today: 0n, tomorrow: 1n, yesterday: -1n }[word]
  if (shift === undefined) return null
  if (nowMicros === null) throw failure('0A000', { message: `"${word}" is not supported here; use now()` })
  if (word === 'now') return momentAs(name, nowMicros)
  if (name === 'time') throw invalid(name, text)
  const midnight = BigInt(splitMicros(nowMicros).days) * MICROS_PER_DAY
  return momentAs(name, midnight + shift * MICROS_PER_DAY)
}

/** A moment in UTC as a value of the type. */
export function momentAs(name: TemporalName, micros: bigint): string {
  if (name === 'timestamptz') return formatTimestamptz(micros)
  if (name === 'timestamp') return formatTimestamp(micros)
  const { days, micros: rest } = splitMicros(micros)
  return name === 'date' ? formatDate(days) : formatTime(rest)
}

function invalid(name: TemporalName, text: string) {
  return failure('22007', { type: INPUT_LABEL[name], value: text })
}

/** `2020-01-31` from days since 1970-01-01; 22008 outside the years 1 to 9999. */
export function formatDate(days: number, source?: string): string {
  const { year, month, day } = dateOfDays(days)
  if (year < YEAR_MIN || year > YEAR_MAX) throw outOfRange('date', source)
  return `${String(year).padStart(4, '0')}-${pad(month)}-${pad(day)}`
}

/** `10:00:00.5` from microseconds since midnight, up to `24:00:00`. */
export function formatTime(micros: bigint): string {
  const seconds = Number(micros / 1_000_000n)
  const fraction = Number(micros % 1_000_000n)
  const clock = `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}

/** `2020-01-01T10:00:00.5` from microseconds since the epoch; 22008 outside the years 1 to 9999. */
export function formatTimestamp(micros: bigint, source?: string): string {
  const { days, micros: rest } = splitMicros(micros)
  const { year } = dateOfDays(days)
  if (year < YEAR_MIN || year > YEAR_MAX) throw outOfRange('timestamp', source)
  return `${formatDate(days)}T${formatTime(rest)}`
}

/** `2020-01-01T10:00:00.5+00:00`: the wire form, always UTC. */
export function formatTimestamptz(micros: bigint, source?: string): string {
  return `${formatTimestamp(micros, source)}+00:00`
}

function outOfRange(type: 'date' | 'timestamp', source: string | undefined) {
  return failure('22008', { value: source ?? `${type} outside the years ${YEAR_MIN} to ${YEAR_MAX}` })
}

/** Days since 1970-01-01 of a canonical date. Not for infinities. */
export function daysOf(date: string): number {
  return daysOfDate({ year: Number(date.slice(0, 4)), month: Number(date.slice(5, 7)), day: Number(date.slice(8, 10)) })
}

/** Microseconds since midnight of a canonical time. */
export function timeMicros(time: string): bigint {
  const seconds = (Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))) * 60 + Number(time.slice(6, 8))
  return BigInt(seconds) * 1_000_000n + BigInt(time.slice(9).padEnd(6, '0'))
}

/** Microseconds since the epoch of a canonical timestamp or timestamptz. Not for infinities. */
export function timestampMicros(timestamp: string): bigint {
  const time = timestamp.slice(11).replace('+00:00', '')
  return BigInt(daysOf(timestamp)) * MICROS_PER_DAY + timeMicros(time)
}

/** True for `infinity` and `-infinity`. */
export function isInfinite(value: string): boolean {
  return value.endsWith('infinity')
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
