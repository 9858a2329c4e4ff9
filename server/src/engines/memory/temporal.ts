import { failure } from '../../errors/error.ts'
import type { Value } from '../../schema/types.ts'
import { type Interval, parseInterval } from '../../schema/values/interval.ts'
import {
  daysOf,
  isInfinite,
  momentAs,
  type TemporalName,
  timeMicros,
  timestampMicros,
} from '../../schema/values/temporal.ts'

// Date and time arithmetic over the wire texts, by way of microseconds. Infinite moments are texts that arithmetic leaves alone.
const SECOND = 1_000_000n
const DAY = 86_400n * SECOND

/** Microseconds since 1970 (of a date its midnight), or since midnight for a time. */
function toMicros(text: string, type: string): bigint {
  if (type === 'time') return timeMicros(text)
  return type === 'date' ? BigInt(daysOf(text)) * DAY : timestampMicros(text)
}
const fromMicros = (micros: bigint, type: string): string => momentAs(type as TemporalName, micros)
const modulo = (a: bigint, b: bigint): bigint => ((a % b) + b) % b
const midnight = (micros: bigint): Date => new Date(Number((micros - modulo(micros, DAY)) / 1000n))

export function addIntervals(a: Interval, b: Interval, sign = 1): Interval {
  return {
    months: a.months + sign * b.months,
    days: a.days + sign * b.days,
    micros: a.micros + BigInt(sign) * b.micros,
  }
}
/** Fractions of months become days of 30 to the month, fractions of days become time: PostgreSQL's interval_mul. */
export function scaleInterval(interval: Interval, factor: number): Interval {
  const round = (value: number): number => Math.round(value * 1e6) / 1e6
  const [months, days] = [interval.months * factor, interval.days * factor]
  const monthDays = round((months - Math.trunc(months)) * 30)
  const seconds = round((days - Math.trunc(days) + monthDays - Math.trunc(monthDays)) * 86_400)
  const carried = Math.trunc(seconds / 86_400)
  const micros = BigInt(Math.round(Number(interval.micros) * factor + (seconds - carried * 86_400) * 1e6))
  return { months: Math.trunc(months), days: Math.trunc(days) + Math.trunc(monthDays) + carried, micros }
}
/** timestamp(tz), date or time plus an interval; months clamp to the month's last day. */
export function shift(text: string, type: string, by: Interval): string {
  if (isInfinite(text)) return text
  if (type === 'time') return fromMicros(toMicros(text, type) + by.micros, type)
  const micros = toMicros(text, type)
  const start = midnight(micros)
  const [year, month] = [start.getUTCFullYear(), start.getUTCMonth() + by.months]
  const day = Math.min(start.getUTCDate(), new Date(utc(year, month + 1, 0)).getUTCDate())
  return fromMicros(BigInt(utc(year, month, day + by.days)) * 1000n + modulo(micros, DAY) + by.micros, type)
}
function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day)
}
export function difference(a: string, b: string, type: string): Interval {
  const micros = toMicros(a, type) - toMicros(b, type)
  return type === 'time'
    ? { months: 0, days: 0, micros }
    : { months: 0, days: Number(micros / DAY), micros: micros % DAY }
}

const STEPS: Readonly<Record<string, bigint>> = {
  microseconds: 1n,
  milliseconds: 1000n,
  second: SECOND,
  minute: 60n * SECOND,
  hour: 3600n * SECOND,
  day: DAY,
}
const YEARS: Readonly<Record<string, number>> = { year: 1, decade: 10, century: 100, millennium: 1000 }

export function dateTrunc(field: string, text: string, type: string): string {
  if (isInfinite(text)) return text
  const micros = toMicros(text, type)
  const step = STEPS[field]
  if (step !== undefined) return fromMicros(micros - modulo(micros, step), type)
  const date = midnight(micros)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const at = (ms: number): string => fromMicros(BigInt(ms) * 1000n, type)
  if (field === 'week') return at(utc(year, month, date.getUTCDate() - ((date.getUTCDay() + 6) % 7)))
  if (field === 'month') return at(utc(year, month, 1))
  if (field === 'quarter') return at(utc(year, month - (month % 3), 1))
  const span = YEARS[field]
  if (span === undefined) throw unknownUnit(field, type)
  const offset = field === 'century' || field === 'millennium' ? 1 : 0
  return at(utc(Math.floor((year - offset) / span) * span + offset, 0, 1))
}
function unknownUnit(field: string, type: string) {
  return failure('22023', { message: `unit "${field}" not recognized for type ${type}` })
}

/** The field as a decimal text with PostgreSQL's scale. */
export function extract(field: string, text: string, type: string): Value {
  if (isInfinite(text)) return null // PostgreSQL's Infinity for years has no numeric here
  if (type === 'interval') return extractInterval(field, parseInterval(text))
  const micros = toMicros(text, type)
  if (field === 'epoch') return type === 'date' ? String(micros / SECOND) : fraction(micros, 6)
  const inDay = timeField(field, modulo(micros, DAY))
  if (inDay !== null) return inDay
  const date = midnight(micros)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  const thursday = new Date(utc(year, month, day + 3 - ((date.getUTCDay() + 6) % 7)))
  const dayOf = (moment: Date): number =>
    Math.round((moment.getTime() - utc(moment.getUTCFullYear(), 0, 1)) / 86_400_000)
  const fields: Readonly<Record<string, number>> = {
    year,
    month: month + 1,
    day,
    dow: date.getUTCDay(),
    isodow: date.getUTCDay() || 7,
    doy: dayOf(date) + 1,
    quarter: Math.floor(month / 3) + 1,
    week: Math.floor(dayOf(thursday) / 7) + 1,
    isoyear: thursday.getUTCFullYear(),
    decade: Math.floor(year / 10),
    century: Math.ceil(year / 100),
    millennium: Math.ceil(year / 1000),
    timezone: 0,
  }
  const found = fields[field]
  if (found === undefined) throw unknownUnit(field, type)
  return String(found)
}
function timeField(field: string, micros: bigint): string | null {
  if (field === 'hour') return String(micros / (3600n * SECOND))
  if (field === 'minute') return String((micros / (60n * SECOND)) % 60n)
  const seconds = micros % (60n * SECOND)
  if (field === 'second') return fraction(seconds, 6)
  if (field === 'milliseconds') return fraction(seconds, 3)
  return field === 'microseconds' ? String(seconds) : null
}
function extractInterval(field: string, { months, days, micros }: Interval): string {
  const years = BigInt(Math.trunc(months / 12))
  if (field === 'epoch')
    return fraction(
      (years * 36525n * 864n + BigInt(months % 12) * 2_592_000n + BigInt(days) * 86_400n) * SECOND + micros,
      6,
    )
  const fields: Readonly<Record<string, number>> = {
    year: Number(years),
    month: months % 12,
    day: days,
    quarter: Math.trunc((months % 12) / 3) + 1,
  }
  const found = timeField(field, micros) ?? fields[field]
  if (found === undefined) throw unknownUnit(field, 'interval')
  return String(found)
}
function fraction(value: bigint, digits: number): string {
  const text = String(value < 0n ? -value : value).padStart(digits + 1, '0')
  return `${value < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`
}
/** AT TIME ZONE: UTC, or a fixed offset with PostgreSQL's POSIX sign (`+02:00` lies west of Greenwich). */
export function zoned(text: string, zone: string, type: string): string {
  const target = type === 'timestamptz' ? 'timestamp' : 'timestamptz'
  const offset = /^([+-])(\d{1,2})(?::?(\d\d))?$/.exec(zone)
  if (offset === null && !/^(utc|gmt|z)$/i.test(zone))
    throw failure('0A000', { message: `time zone "${zone}" is not supported` })
  if (isInfinite(text)) return text
  const minutes = BigInt(offset?.[2] ?? 0) * 60n + BigInt(offset?.[3] ?? 0)
  const west = (offset?.[1] === '-' ? -minutes : minutes) * 60n * SECOND
  return fromMicros(toMicros(text, type) + (type === 'timestamptz' ? -west : west), target)
}
