import { failure } from '../../errors/error.ts'
import { addMonths, dateOfDays, daysOfDate, MICROS_PER_DAY, splitMicros } from '../../schema/values/calendar.ts'
import { formatInterval, type Interval, parseInterval } from '../../schema/values/interval.ts'
import {
  daysOf,
  formatDate,
  formatTime,
  formatTimestamp,
  formatTimestamptz,
  isInfinite,
  timeMicros,
  timestampMicros,
} from '../../schema/values/temporal.ts'
import { type Decimal, formatDecimal } from '../../std/decimal.ts'

/** PostgreSQL's arithmetic of dates, times and intervals over canonical texts, for engines that have none. UTC throughout. */
export type MomentName = 'date' | 'timestamp' | 'timestamptz'

const format = (type: string, micros: bigint): string =>
  type === 'timestamptz' ? formatTimestamptz(micros) : formatTimestamp(micros)

/** Microseconds since the epoch of a date, timestamp or timestamptz. */
function microsOf(type: string, text: string): bigint {
  return type === 'date' ? BigInt(daysOf(text)) * MICROS_PER_DAY : timestampMicros(text)
}

/** A subtracted interval is added with all its parts negated: months first, then days, then time. */
function momentPlus(type: string, text: string, interval: Interval): string {
  if (isInfinite(text)) return text
  const { days, micros } = splitMicros(microsOf(type, text))
  const moved = addMonths(dateOfDays(days), interval.months)
  const whole = BigInt(daysOfDate(moved) + interval.days) * MICROS_PER_DAY
  return format(type, whole + micros + interval.micros)
}

function timePlus(text: string, interval: Interval, sign: 1 | -1): string {
  const moved = (timeMicros(text) + BigInt(sign) * interval.micros) % MICROS_PER_DAY
  return formatTime(moved < 0n ? moved + MICROS_PER_DAY : moved)
}

const ZERO: Interval = { months: 0, days: 0, micros: 0n }

const combine = (a: Interval, b: Interval, sign: 1 | -1): Interval => ({
  months: a.months + sign * b.months,
  days: a.days + sign * b.days,
  micros: a.micros + BigInt(sign) * b.micros,
})

/** `a + b`; `types` are those of the operands. A date plus an integer takes and gives a date. */
export function temporalAdd(a: string | bigint, b: string | bigint, types: readonly [string, string]): string {
  const [left, right] = types
  if (left === 'interval' && right !== 'interval') return temporalAdd(b, a, [right, left])
  if (typeof a === 'bigint' || left === 'integer') return temporalAdd(b, a, [right, left])
  if (left === 'interval') return formatInterval(combine(parseInterval(a), parseInterval(String(b)), 1))
  if (right === 'interval' && left === 'time') return timePlus(a, parseInterval(String(b)), 1)
  if (right === 'interval') return momentPlus(left, a, parseInterval(String(b)))
  if (right === 'time') return isInfinite(a) ? a : formatTimestamp(microsOf('date', a) + timeMicros(String(b)))
  return isInfinite(a) ? a : formatDate(daysOf(a) + Number(b))
}

/** `a - b`: an interval between moments or times, days between dates, or the moved moment. */
export function temporalSub(a: string, b: string | bigint, types: readonly [string, string]): string | bigint {
  const [left, right] = types
  if (left === 'interval') return formatInterval(combine(parseInterval(a), parseInterval(String(b)), -1))
  if (right === 'interval') {
    const interval = parseInterval(String(b))
    return left === 'time' ? timePlus(a, interval, -1) : momentPlus(left, a, combine(ZERO, interval, -1))
  }
  if (left === 'time') return formatInterval({ months: 0, days: 0, micros: timeMicros(a) - timeMicros(String(b)) })
  if (left === 'date' && right === 'date') return BigInt(daysOf(finite(a)) - daysOf(finite(String(b))))
  if (left === 'date') return isInfinite(a) ? a : formatDate(daysOf(a) - Number(b))
  const micros = timestampMicros(finite(a)) - timestampMicros(finite(String(b)))
  const days = micros / MICROS_PER_DAY
  return formatInterval({ months: 0, days: Number(days), micros: micros - days * MICROS_PER_DAY })
}

function finite(text: string): string {
  if (isInfinite(text)) throw failure('22008', { value: text })
  return text
}

/** An interval times a number, as PostgreSQL spreads fractions: of months over days (30 each), of days over time. */
export function intervalTimes(text: string, factor: number): string {
  return scaleInterval(parseInterval(text), (part) => part * factor)
}

export function intervalOver(text: string, divisor: number): string {
  if (divisor === 0) throw failure('22012')
  return scaleInterval(parseInterval(text), (part) => part / divisor)
}

const SECONDS_PER_DAY = 86_400

function scaleInterval({ months, days, micros }: Interval, scale: (part: number) => number): string {
  const wholeMonths = Math.trunc(scale(months))
  const wholeDays = Math.trunc(scale(days))
  const monthDays = roundMicro((scale(months) - wholeMonths) * 30)
  const wholeMonthDays = Math.trunc(monthDays)
  const seconds = roundMicro((scale(days) - wholeDays + monthDays - wholeMonthDays) * SECONDS_PER_DAY)
  const carried = Math.abs(seconds) >= SECONDS_PER_DAY ? Math.trunc(seconds / SECONDS_PER_DAY) : 0
  const rest = (seconds - carried * SECONDS_PER_DAY) * 1_000_000
  return formatInterval({
    months: wholeMonths + 0,
    days: wholeDays + wholeMonthDays + carried + 0,
    micros: BigInt(Math.round(scale(Number(micros)) + rest)),
  })
}

/** PostgreSQL's TSROUND: six digits after the point. */
const roundMicro = (value: number): number => Math.round(value * 1e6) / 1e6

export function intervalNegated(text: string): string {
  return formatInterval(combine(ZERO, parseInterval(text), -1))
}

const MICROS: Readonly<Record<string, bigint>> = {
  microseconds: 1n,
  milliseconds: 1_000n,
  second: 1_000_000n,
  minute: 60_000_000n,
  hour: 3_600_000_000n,
  day: MICROS_PER_DAY,
}
const MONTHS: Readonly<Record<string, number>> = {
  month: 1,
  quarter: 3,
  year: 12,
  decade: 120,
  century: 1_200,
  millennium: 12_000,
}

/** `date_trunc(field, moment)`; for an interval its parts below the field are dropped. */
export function dateTrunc(field: string, text: string, type: string): string {
  const unit = singular(field)
  if (type === 'interval') return truncInterval(unit, text, field)
  if (isInfinite(text)) return text
  const { days, micros } = splitMicros(timestampMicros(text))
  const size = MICROS[unit]
  if (size !== undefined)
    return format(type, BigInt(days) * MICROS_PER_DAY + (size === MICROS_PER_DAY ? 0n : micros - (micros % size)))
  if (unit === 'week') return format(type, BigInt(days - weekday(days)) * MICROS_PER_DAY)
  const months = MONTHS[unit]
  if (months === undefined) throw unknownUnit(field, type)
  return format(type, BigInt(daysOfDate(truncDate(days, months))) * MICROS_PER_DAY)
}

function truncDate(days: number, months: number): { year: number; month: number; day: number } {
  const { year, month } = dateOfDays(days)
  if (months < 12) return { year, month: month - ((month - 1) % months), day: 1 }
  const years = months / 12
  // Centuries and millennia begin with year 1, decades with year 0.
  const first = years > 10 ? Math.floor((year - 1) / years) * years + 1 : Math.floor(year / years) * years
  return { year: first, month: 1, day: 1 }
}

function truncInterval(unit: string, text: string, field: string): string {
  const { months, days, micros } = parseInterval(text)
  const size = MICROS[unit]
  if (unit === 'day') return formatInterval({ months, days, micros: 0n })
  if (size !== undefined) return formatInterval({ months, days, micros: micros - (micros % size) })
  const span = MONTHS[unit]
  if (span === undefined) throw unknownUnit(field, 'interval')
  return formatInterval({ months: months - (months % span), days: 0, micros: 0n })
}

/** Monday is 0. 1970-01-01 was a Thursday. */
function weekday(days: number): number {
  return (((days + 3) % 7) + 7) % 7
}

const ALIASES: Readonly<Record<string, string>> = {
  us: 'microseconds',
  usec: 'microseconds',
  microsecond: 'microseconds',
  ms: 'milliseconds',
  msec: 'milliseconds',
  millisecond: 'milliseconds',
  s: 'second',
  sec: 'second',
  seconds: 'second',
  min: 'minute',
  minutes: 'minute',
  h: 'hour',
  hours: 'hour',
  d: 'day',
  days: 'day',
  w: 'week',
  weeks: 'week',
  mon: 'month',
  months: 'month',
  quarters: 'quarter',
  y: 'year',
  yr: 'year',
  years: 'year',
  decades: 'decade',
  centuries: 'century',
  millenniums: 'millennium',
  millennia: 'millennium',
}

function singular(field: string): string {
  const lower = field.toLowerCase().trim()
  return ALIASES[lower] ?? lower
}

function unknownUnit(field: string, type: string) {
  return failure('22023', { message: `unit "${field}" not recognized for type ${label(type)}` })
}

const label = (type: string): string =>
  type === 'timestamptz' ? 'timestamp with time zone' : type === 'timestamp' ? 'timestamp without time zone' : type

/** `extract(field from value)` as decimal text. */
export function extractField(field: string, text: string, type: string): string | null {
  const unit = singular(field)
  if (type === 'interval') return extractInterval(unit, parseInterval(text), field)
  if (type === 'time') return extractTime(unit, timeMicros(text)) ?? reject(field, type)
  if (isInfinite(text)) return null
  const { days, micros } = splitMicros(microsOf(type, text))
  if (unit === 'epoch')
    return type === 'date' ? String(BigInt(days) * 86_400n) : seconds(BigInt(days) * MICROS_PER_DAY + micros)
  const part = extractDate(unit, days) ?? (type === 'date' ? null : extractTime(unit, micros))
  return part ?? reject(field, type)
}

function reject(field: string, type: string): never {
  throw unknownUnit(field, type)
}

const decimal = (unscaled: bigint, scale: number): string => formatDecimal({ unscaled, scale } satisfies Decimal)
const seconds = (micros: bigint): string => decimal(micros, 6)

function extractTime(unit: string, micros: bigint): string | null {
  const inMinute = micros % 60_000_000n
  switch (unit) {
    case 'microseconds':
      return String(inMinute)
    case 'milliseconds':
      return decimal(inMinute, 3)
    case 'second':
      return seconds(inMinute)
    case 'minute':
      return String((micros / 60_000_000n) % 60n)
    case 'hour':
      return String(micros / 3_600_000_000n)
    case 'epoch':
      return seconds(micros)
    default:
      return null
  }
}

function extractDate(unit: string, days: number): string | null {
  const { year, month, day } = dateOfDays(days)
  const ofYear = days - daysOfDate({ year, month: 1, day: 1 }) + 1
  switch (unit) {
    case 'day':
      return String(day)
    case 'month':
      return String(month)
    case 'year':
      return String(year)
    case 'quarter':
      return String(Math.ceil(month / 3))
    case 'decade':
      return String(Math.floor(year / 10))
    case 'century':
      return String(Math.ceil(year / 100))
    case 'millennium':
      return String(Math.ceil(year / 1000))
    case 'doy':
      return String(ofYear)
    case 'dow':
      return String((weekday(days) + 1) % 7)
    case 'isodow':
      return String(weekday(days) + 1)
    case 'week':
      return String(isoWeek(days).week)
    case 'isoyear':
      return String(isoWeek(days).year)
    case 'julian':
      return String(days + 2_440_588)
    default:
      return null
  }
}

/** A week belongs to the year that has its Thursday. */
function isoWeek(days: number): { year: number; week: number } {
  const thursday = days - weekday(days) + 3
  const { year } = dateOfDays(thursday)
  return { year, week: Math.floor((thursday - daysOfDate({ year, month: 1, day: 1 })) / 7) + 1 }
}

function extractInterval(unit: string, interval: Interval, field: string): string {
  const { months, days, micros } = interval
  switch (unit) {
    case 'epoch': {
      const years = Math.trunc(months / 12)
      const rest = BigInt(months % 12) * 30n + BigInt(days)
      // A year counts 365.25 days here, as in PostgreSQL.
      return seconds(BigInt(years) * 31_557_600_000_000n + rest * MICROS_PER_DAY + micros)
    }
    case 'day':
      return String(days)
    case 'month':
      return String(months % 12)
    case 'quarter':
      return String(Math.trunc((months % 12) / 3) + 1)
    case 'year':
      return String(Math.trunc(months / 12))
    case 'decade':
    case 'century':
    case 'millennium':
      return String(Math.trunc(months / (MONTHS[unit] ?? 1)))
    default:
      return extractTime(unit, micros) ?? reject(field, 'interval')
  }
}

const OFFSET = /^([+-]?)(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/

/** `moment AT TIME ZONE zone`: between timestamptz and timestamp, for UTC and fixed offsets (POSIX sign: `+07` is west). */
export function atTimeZone(zone: string, text: string, type: string): string {
  if (isInfinite(text)) return text
  const micros = timestampMicros(text) + BigInt(type === 'timestamptz' ? 1 : -1) * zoneMicros(zone)
  return type === 'timestamptz' ? formatTimestamp(micros) : formatTimestamptz(micros)
}

function zoneMicros(zone: string): bigint {
  if (/^(utc|gmt|z|etc\/utc)$/i.test(zone.trim())) return 0n
  const match = OFFSET.exec(zone.trim())
  if (match === null) throw failure('22023', { message: `time zone "${zone}" not recognized` })
  const [, sign, hours = '0', minutes = '0', rest = '0'] = match
  const total = BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)) * 1_000_000n
  return sign === '-' ? total : -total
}
