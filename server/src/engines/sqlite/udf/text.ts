import { createRequire } from 'node:module'
import type * as Re2 from 're2js'
import { failure } from '../../../errors/error.ts'
import { Lru } from '../../../std/lru.ts'
import { bool, type Functions, text } from './define.ts'
import { likeEscape, matchesLike } from './pattern.ts'

/** Compiled patterns kept per connection, in entries. */
const PATTERNS_MAX = 200
/** Result length of repeat and the pads, in characters. */
const TEXT_LENGTH_MAX = 10_000_000

const compiled = new Lru<string, Re2.RE2JS>(PATTERNS_MAX)

const require = createRequire(import.meta.url)
/** Only for who matches one: its tables of Unicode take 4 MB in every thread. */
const loadRe2 = (): typeof Re2 => require('re2js')

/** PostgreSQL's regular expressions, in linear time: back-references and look-around are refused. */
function matches(subject: string, pattern: string, { caseless }: { readonly caseless: boolean }): bigint {
  const key = `${caseless}:${pattern}`
  let regex = compiled.get(key)
  if (regex === undefined) {
    try {
      const { RE2JS } = loadRe2()
      regex = RE2JS.compile(pattern, caseless ? RE2JS.CASE_INSENSITIVE : 0)
    } catch (error) {
      throw failure('2201B', { message: error instanceof Error ? error.message : 'unknown' })
    }
    compiled.set(key, regex)
  }
  return bool(regex.matcher(subject).find())
}

const chars = (value: string): string[] => [...value]

function substring(subject: string, from: number, count: number | null): string {
  if (count !== null && count < 0) throw failure('22023', { message: 'negative substring length not allowed' })
  const list = chars(subject)
  const end = count === null ? list.length : from - 1 + count
  return list.slice(Math.max(from - 1, 0), Math.max(end, 0)).join('')
}

function pad(subject: string, length: number, fill: string): { kept: string; padding: string } {
  bounded(length)
  const list = chars(subject)
  if (list.length >= length || fill === '') return { kept: list.slice(0, Math.max(length, 0)).join(''), padding: '' }
  const missing = length - list.length
  const unit = chars(fill)
  const padding = Array.from({ length: missing }, (_, index) => unit[index % unit.length]).join('')
  return { kept: subject, padding }
}

function bounded(length: number): void {
  if (length > TEXT_LENGTH_MAX) throw failure('54001', { message: 'requested length too large' })
}

/** A negative count leaves out that many characters at the other end. */
const leftOf = (subject: string, count: number): string => chars(subject).slice(0, count).join('')

function rightOf(subject: string, count: number): string {
  const list = chars(subject)
  return list.slice(count >= 0 ? Math.max(list.length - count, 0) : -count).join('')
}

function splitPart(subject: string, delimiter: string, part: number): string {
  if (part === 0) throw failure('22023', { message: 'field position must not be zero' })
  const parts = delimiter === '' ? [subject] : subject.split(delimiter)
  return parts[part > 0 ? part - 1 : parts.length + part] ?? ''
}

const initcap = (value: string): string =>
  value.toLowerCase().replace(/[\p{L}\p{N}]+/gu, (word) => {
    const [first = '', ...rest] = chars(word)
    return first.toUpperCase() + rest.join('')
  })

export const textFunctions: Functions = {
  like: { arity: 2, call: (a, b) => bool(matchesLike(text(a), text(b))) },
  ilike: { arity: 2, call: (a, b) => bool(matchesLike(text(a).toLowerCase(), text(b).toLowerCase())) },
  like_escape: { arity: 2, call: (a, b) => likeEscape(text(a), text(b)) },
  match: { arity: 2, call: (a, b) => matches(text(a), text(b), { caseless: false }) },
  imatch: { arity: 2, call: (a, b) => matches(text(a), text(b), { caseless: true }) },
  lower: { arity: 1, call: (a) => text(a).toLowerCase() },
  upper: { arity: 1, call: (a) => text(a).toUpperCase() },
  initcap: { arity: 1, call: (a) => initcap(text(a)) },
  reverse: { arity: 1, call: (a) => chars(text(a)).reverse().join('') },
  repeat: {
    arity: 2,
    call: (a, n) => {
      const times = Math.max(Number(n), 0)
      bounded(text(a).length * times)
      return text(a).repeat(times)
    },
  },
  substring: {
    arity: -1,
    call: (a, from, count) => substring(text(a), Number(from), count === undefined ? null : Number(count)),
  },
  left: { arity: 2, call: (a, n) => leftOf(text(a), Number(n)) },
  right: { arity: 2, call: (a, n) => rightOf(text(a), Number(n)) },
  lpad: {
    arity: -1,
    call: (a, n, fill) => {
      const { kept, padding } = pad(text(a), Number(n), fill === undefined ? ' ' : text(fill))
      return padding + kept
    },
  },
  rpad: {
    arity: -1,
    call: (a, n, fill) => {
      const { kept, padding } = pad(text(a), Number(n), fill === undefined ? ' ' : text(fill))
      return kept + padding
    },
  },
  split_part: { arity: 3, call: (a, b, n) => splitPart(text(a), text(b), Number(n)) },
  starts_with: { arity: 2, call: (a, b) => bool(text(a).startsWith(text(b))) },
}
