import { failure } from '../../errors/error.ts'
import type { CivilDate } from './calendar.ts'

/** What a date/time text says, before anything is checked against a calendar. */
export interface TemporalParts {
  date: CivilDate | null
  timeMicros: bigint | null
  /** Seconds east of UTC, or the name of a zone. */
  zone: number | string | null
}

interface Pattern {
  readonly at: RegExp
  /** False when these parts are refused here: the text is malformed. */
  readonly read: (match: RegExpExecArray, parts: TemporalParts) => boolean
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)'
const WEEKDAY = /(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|wednes|satur)(?:day)?\b,?/y

const HOURS: Readonly<Record<string, number>> = {
  z: 0,
  zulu: 0,
  utc: 0,
  ut: 0,
  gmt: 0,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
  wet: 0,
  west: 1,
  cet: 1,
  cest: 2,
  eet: 2,
  eest: 3,
  bst: 1,
  msk: 3,
  jst: 9,
}

const PATTERNS: readonly Pattern[] = [
  { at: /[\s,]+/y, read: () => true },
  { at: /t(?=\d)/y, read: (_, parts) => parts.date !== null && parts.timeMicros === null },
  { at: /(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d*)?)?(?:\s*(am|pm)\b)?/y, read: readTime },
  { at: /(\d{3,6})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/y, read: (m, p) => setDate(p, [m[1], m[2], m[3]]) },
  { at: /(\d{1,2})[-/.](\d{1,2})[-/.](\d{3,6})(?!\d)/y, read: (m, p) => setDate(p, [m[3], m[1], m[2]]) },
  {
    at: new RegExp(`(\\d{1,2})[-\\s]*${MONTH}[-,.\\s]+(\\d{4})\\b`, 'y'),
    read: (m, p) => setDate(p, [m[3], m[2], m[1]]),
  },
  {
    at: new RegExp(`${MONTH}[-.\\s]*(\\d{1,2})[-,\\s]+(\\d{4})(?![\\d:])`, 'y'),
    read: (m, p) => setDate(p, [m[3], m[1], m[2]]),
  },
  {
    at: new RegExp(`(\\d{4})[-\\s]+${MONTH}[-\\s]+(\\d{1,2})\\b`, 'y'),
    read: (m, p) => setDate(p, [m[1], m[2], m[3]]),
  },
  { at: /(\d{4})(\d{2})(\d{2})(?!\d)/y, read: (m, p) => setDate(p, [m[1], m[2], m[3]]) },
  { at: /(\d{2})(\d{2})(?:(\d{2})(\.\d*)?)?(?!\d)/y, read: (m, p) => p.date !== null && readTime(m, p) },
  { at: WEEKDAY, read: () => true },
  { at: /ad\b/y, read: (_, parts) => parts.date !== null },
  { at: /([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?(?!\d)/y, read: readOffset },
  { at: /[a-z_]+(?:\/[a-z0-9_+-]+)+|[a-z]{1,5}\b/y, read: readZone },
]

/** Reads a date, a time and a zone in any order PostgreSQL takes (with DateStyle "ISO, MDY"). Null when it can't be read. */
export function readTemporal(text: string): TemporalParts | null {
  const source = text.trim().toLowerCase()
  const parts: TemporalParts = { date: null, timeMicros: null, zone: null }
  let position = 0
  while (position < source.length) {
    const next = readOne(source, position, parts)
    if (next === null) return null
    position = next
  }
  return parts.date === null && parts.timeMicros === null ? null : parts
}

function readOne(source: string, position: number, parts: TemporalParts): number | null {
  for (const pattern of PATTERNS) {
    pattern.at.lastIndex = position
    const match = pattern.at.exec(source)
    if (match !== null) return pattern.read(match, parts) ? pattern.at.lastIndex : null
  }
  return null
}

function setDate(parts: TemporalParts, texts: readonly (string | undefined)[]): boolean {
  const [year = '', month = '', day = ''] = texts
  if (parts.date !== null) return false
  const named = MONTHS.indexOf(month.slice(0, 3))
  parts.date = { year: Number(year), month: named === -1 ? Number(month) : named + 1, day: Number(day) }
  return true
}

/** Groups: hours, minutes, seconds, fraction with its point, am/pm. Out of range is 22008. */
function readTime(match: RegExpExecArray, parts: TemporalParts): boolean {
  if (parts.timeMicros !== null) return false
  const [text, hourText, minuteText, secondText = '0', fraction = '', half] = match
  const minute = Number(minuteText)
  const second = Number(secondText)
  const hour = hourOf(Number(hourText), half)
  const isPastMidnight = hour === 24 && (minute > 0 || second > 0 || /[1-9]/.test(fraction))
  if (hour > 24 || isPastMidnight || minute > 59 || second > 60) throw failure('22008', { value: text })
  parts.timeMicros = BigInt((hour * 60 + minute) * 60 + second) * 1_000_000n + fractionMicros(fraction)
  return true
}

function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined) return hour
  if (hour > 12) return 99
  return (hour % 12) + (half === 'pm' ? 12 : 0)
}

/** `.1234567` → 123457: rounded to microseconds. */
export function fractionMicros(fraction: string): bigint {
  const digits = fraction.replace('.', '')
  const micros = BigInt(digits.slice(0, 6).padEnd(6, '0'))
  return digits.charAt(6) >= '5' ? micros + 1n : micros
}

function readOffset(match: RegExpExecArray, parts: TemporalParts): boolean {
  if (parts.zone !== null) return false
  const [text, sign, hours, minutes = '0', seconds = '0'] = match
  if (Number(hours) > 15 || Number(minutes) > 59 || Number(seconds) > 59) throw failure('22008', { value: text })
  const offset = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  parts.zone = sign === '-' ? -offset : offset
  return true
}

function readZone(match: RegExpExecArray, parts: TemporalParts): boolean {
  if (parts.zone !== null) return false
  const name = match[0]
  if (name.includes('/')) {
    parts.zone = name
    return true
  }
  const hours = HOURS[name]
  if (hours === undefined) return false
  parts.zone = hours * 3600
  return true
}

/** Seconds east of UTC of a named zone at a local moment (seconds since the epoch as if it were UTC). 22023 for an unknown zone. */
export function zoneOffset(zone: string, localSeconds: number): number {
  const guess = offsetAt(zone, localSeconds)
  return offsetAt(zone, localSeconds - guess)
}

function offsetAt(zone: string, utcSeconds: number): number {
  const format = zoneFormat(zone)
  const parts: Record<string, number> = {}
  for (const part of format.formatToParts(new Date(utcSeconds * 1000))) parts[part.type] = Number(part.value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  const local = new Date(0)
  local.setUTCFullYear(year, month - 1, day)
  local.setUTCHours(hour, minute, second)
  return Math.round(local.getTime() / 1000) - utcSeconds
}

function zoneFormat(zone: string): Intl.DateTimeFormat {
  const digits = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  } as const
  try {
    return new Intl.DateTimeFormat('en-US', { ...digits, timeZone: zone, hourCycle: 'h23', calendar: 'gregory' })
  } catch {
    throw failure('22023', { message: `time zone "${zone}" not recognized` })
  }
}
