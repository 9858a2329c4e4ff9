import { failure } from '../../errors/error.ts'
import { fractionMicros } from './temporal-text.ts'

/** PostgreSQL's three independent parts of an interval, each with its own sign. */
export interface Interval {
  readonly months: number
  readonly days: number
  readonly micros: bigint
}

interface Sum {
  months: number
  days: number
  micros: bigint
}

type Unit = { readonly months: number } | { readonly days: number } | { readonly micros: number }

const HOUR_MICROS = 3_600_000_000
const DAY_MICROS = 86_400_000_000

const UNITS: readonly { readonly names: RegExp; readonly unit: Unit }[] = [
  { names: /^(us|usecs?|microseconds?|microsecon)$/, unit: { micros: 1 } },
  { names: /^(ms|msecs?|milliseconds?)$/, unit: { micros: 1_000 } },
  { names: /^(s|secs?|seconds?)$/, unit: { micros: 1_000_000 } },
  { names: /^(m|mins?|minutes?)$/, unit: { micros: 60_000_000 } },
  { names: /^(h|hrs?|hours?)$/, unit: { micros: HOUR_MICROS } },
  { names: /^(d|days?)$/, unit: { days: 1 } },
  { names: /^(w|weeks?)$/, unit: { days: 7 } },
  { names: /^(mons?|months?)$/, unit: { months: 1 } },
  { names: /^(y|yrs?|years?)$/, unit: { months: 12 } },
  { names: /^(decs?|decades?)$/, unit: { months: 120 } },
  { names: /^(c|cent|century|centuries)$/, unit: { months: 1_200 } },
  { names: /^(mil|mils|millennium|millennia)$/, unit: { months: 12_000 } },
]

const ISO_DATE: Readonly<Record<string, Unit>> = { Y: { months: 12 }, M: { months: 1 }, W: { days: 7 }, D: { days: 1 } }
const ISO_TIME: Readonly<Record<string, Unit>> = {
  H: { micros: HOUR_MICROS },
  M: { micros: 60_000_000 },
  S: { micros: 1_000_000 },
}

/** PostgreSQL's and ISO 8601's spellings: `1 year 2 mons 3 days 04:05:06`, `90 minutes`, `2 days ago`, `P1Y2M3DT4H5M6S`. 22007, 22008. */
export function parseInterval(text: string): Interval {
  const trimmed = text.trim()
  const sum: Sum = { months: 0, days: 0, micros: 0n }
  const isRead = /^P/.test(trimmed) ? readIso(trimmed.slice(1), sum) : readVerbose(trimmed.toLowerCase(), sum)
  if (!isRead) throw failure('22007', { type: 'interval', value: text })
  const isTooLarge =
    Math.abs(sum.months) > 2_147_483_647 ||
    Math.abs(sum.days) > 2_147_483_647 ||
    BigInt.asIntN(64, sum.micros) !== sum.micros
  if (isTooLarge) throw failure('22008', { value: text })
  // -0 would survive in comparisons with Object.is.
  return { months: sum.months + 0, days: sum.days + 0, micros: sum.micros }
}

function readIso(text: string, sum: Sum): boolean {
  const [date = '', time, ...rest] = text.split('T')
  if (rest.length > 0 || (date === '' && time === undefined)) return false
  return readIsoPart(date, ISO_DATE, sum) && readIsoPart(time ?? '', ISO_TIME, sum)
}

function readIsoPart(text: string, units: Readonly<Record<string, Unit>>, sum: Sum): boolean {
  const rest = text.replace(/([+-]?\d*(?:\.\d*)?)([A-Z])/g, (all, amount: string, letter: string) => {
    const unit = units[letter]
    if (unit === undefined || !/\d/.test(amount)) return all
    add(sum, amount, unit)
    return ''
  })
  return rest === ''
}

const TOKEN =
  /\s*(?:(@)|(ago)\b|([+-]?)(\d+):(\d{1,2})(?::(\d{1,2})(\.\d*)?)?(?![\d:])|([+-]?)(\d+)-(\d+)(?!\d)|([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*([a-z]+)?)\s*/y

function readVerbose(text: string, sum: Sum): boolean {
  let position = 0
  let isEmpty = true
  while (position < text.length) {
    TOKEN.lastIndex = position
    const match = TOKEN.exec(text)
    if (match === null) return false
    position = TOKEN.lastIndex
    if (match[1] !== undefined) continue
    if (match[2] !== undefined) {
      if (position < text.length || isEmpty) return false
      negateSum(sum)
      continue
    }
    isEmpty = false
    if (!readToken(match, text.slice(position), sum)) return false
  }
  return !isEmpty
}

function readToken(match: RegExpExecArray, after: string, sum: Sum): boolean {
  if (match[4] !== undefined) return readClock(match, sum)
  if (match[9] !== undefined) {
    if (Number(match[10]) > 11) return false
    const months = Number(match[9]) * 12 + Number(match[10])
    sum.months += match[8] === '-' ? -months : months
    return true
  }
  const name = match[12] === 'ago' ? undefined : match[12]
  // A bare number counts seconds, but days where a clock follows: `1 04:05`.
  const unit = name === undefined ? defaultUnit(after) : UNITS.find((row) => row.names.test(name))?.unit
  if (unit === undefined) return false
  add(sum, match[11] ?? '', unit)
  if (match[12] === 'ago') negateSum(sum)
  return match[12] !== 'ago' || after === ''
}

function defaultUnit(after: string): Unit {
  return /^[+-]?\d+:/.test(after) ? { days: 1 } : { micros: 1_000_000 }
}

function readClock(match: RegExpExecArray, sum: Sum): boolean {
  const [, , , sign, hours = '0', minutes, seconds = '0', fraction = ''] = match
  if (Number(minutes) > 59 || Number(seconds) > 60) throw failure('22008', { value: match[0].trim() })
  const clock = (BigInt(hours) * 60n + BigInt(minutes ?? '0')) * 60n + BigInt(seconds)
  const micros = clock * 1_000_000n + fractionMicros(fraction)
  sum.micros += sign === '-' ? -micros : micros
  return true
}

/** Adds an amount with a fraction; what a unit can't hold goes down: months into days of 30, days into microseconds. */
function add(sum: Sum, amount: string, unit: Unit): void {
  const isNegative = amount.startsWith('-')
  const [whole = '', fraction = ''] = amount.replace(/^[+-]/, '').split('.')
  const sign = isNegative ? -1 : 1
  const part = sign * Number(`0.${fraction || '0'}`)
  if ('micros' in unit) {
    sum.micros += BigInt(sign) * BigInt(whole || '0') * BigInt(unit.micros) + BigInt(Math.round(part * unit.micros))
  } else if ('days' in unit) {
    sum.days += sign * Number(whole) * unit.days
    addDays(sum, part * unit.days)
  } else {
    sum.months += sign * Number(whole) * unit.months
    addMonths(sum, part, unit.months)
  }
}

function addMonths(sum: Sum, part: number, months: number): void {
  if (months > 1) sum.months += Math.sign(part) * Math.round(Math.abs(part * months))
  else addDays(sum, part * 30)
}

function addDays(sum: Sum, days: number): void {
  const whole = Math.trunc(days)
  sum.days += whole
  sum.micros += BigInt(Math.round((days - whole) * DAY_MICROS))
}

function negateSum(sum: Sum): void {
  sum.months = -sum.months
  sum.days = -sum.days
  sum.micros = -sum.micros
}

/** PostgreSQL's output form: `1 year 2 mons -3 days +04:05:06.5`; `00:00:00` for nothing. */
export function formatInterval(interval: Interval): string {
  const { months, days, micros } = interval
  const parts: string[] = []
  let isNegative = false
  const put = (value: number, unit: string) => {
    if (value === 0) return
    parts.push(`${isNegative && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`)
    isNegative = value < 0
  }
  put(Math.trunc(months / 12), 'year')
  put(months % 12, 'mon')
  put(days, 'day')
  if (parts.length === 0 || micros !== 0n) {
    const sign = micros < 0n ? '-' : isNegative ? '+' : ''
    parts.push(`${sign}${formatClock(micros < 0n ? -micros : micros)}`)
  }
  return parts.join(' ')
}

function formatClock(micros: bigint): string {
  const seconds = micros / 1_000_000n
  const fraction = micros % 1_000_000n
  const two = (value: bigint) => String(value).padStart(2, '0')
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`
  return fraction === 0n ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}

/** Length for comparisons, as PostgreSQL reckons: months of 30 days, days of 24 hours. */
export function intervalLength(interval: Interval): bigint {
  return BigInt(interval.months * 30 + interval.days) * BigInt(DAY_MICROS) + interval.micros
}
