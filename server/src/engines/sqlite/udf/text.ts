import { failure } from '../../../errors/error.ts'
import { bool, type Functions, type Spend, text } from './define.ts'
import { likeEscape, matchesLike } from './pattern.ts'
import { compileRegex } from './regex.ts'

/** Result length of repeat and the pads, in characters. */
const TEXT_LENGTH_MAX = 10_000_000

/** Regular expressions: the only functions of ours whose time a request can stretch, so each call says first what it may take. */
export const regexFunctions = (spend: Spend): Functions => {
  const matches = (subject: string, pattern: string, caseless: boolean): bigint => {
    const regex = compileRegex(pattern, { caseless })
    spend(regex.costMs(subject.length))
    return bool(regex.matcher.matcher(subject).find())
  }
  return {
    match: { arity: 2, call: (a, b) => matches(text(a), text(b), false) },
    imatch: { arity: 2, call: (a, b) => matches(text(a), text(b), true) },
  }
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
