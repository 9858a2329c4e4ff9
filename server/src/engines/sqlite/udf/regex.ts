import { createRequire } from 'node:module'
import type * as Re2 from 're2js'
import { failure } from '../../../errors/error.ts'
import { Lru } from '../../../std/lru.ts'

/** Compiled patterns kept per thread, in entries. */
const PATTERNS_MAX = 200
/** Instructions of a compiled pattern at most, estimated before it is compiled: repeats of repeats would take gigabytes. */
const SIZE_MAX = 1000
/** What one instruction may take for one character at worst, in milliseconds (measured: 40 ns). */
const STEP_MS = 4e-5

export interface Regex {
  readonly matcher: Re2.RE2JS
  /** What a search in a text of this many characters may take, in milliseconds. */
  costMs(length: number): number
}

const compiled = new Lru<string, Regex>(PATTERNS_MAX)

const require = createRequire(import.meta.url)
/** Only for who matches one: its tables of Unicode take 4 MB in every thread. */
const loadRe2 = (): typeof Re2 => require('re2js')

/** PostgreSQL's regular expressions, in linear time: back-references and look-around are refused. 2201B for what is none or too large. */
export function compileRegex(pattern: string, { caseless }: { readonly caseless: boolean }): Regex {
  const key = `${caseless}:${pattern}`
  const known = compiled.get(key)
  if (known !== undefined) return known
  const size = regexSize(pattern)
  if (size > SIZE_MAX) throw failure('2201B', { message: 'regular expression is too complex' })
  const regex = { matcher: compile(pattern, caseless), costMs: (length: number) => length * size * STEP_MS }
  compiled.set(key, regex)
  return regex
}

function compile(pattern: string, caseless: boolean): Re2.RE2JS {
  try {
    const { RE2JS } = loadRe2()
    return RE2JS.compile(pattern, caseless ? RE2JS.CASE_INSENSITIVE : 0)
  } catch (error) {
    throw failure('2201B', { message: error instanceof Error ? error.message : 'unknown' })
  }
}

const ESCAPE = /\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|Q[\s\S]*?(?:\\E|$)|[\s\S]|$)/y
const CLASS = /\[\^?\]?(?:\[:[^\]]*:\]|\\[\s\S]|[^\]\\])*\]?/y
const REPEAT = /\{(\d{1,9})(?:(,)(\d{0,9}))?\}/y

/** About how many instructions a pattern compiles to; never much less than it really does. Wrong patterns have a size too. */
export function regexSize(pattern: string): number {
  const outer: number[] = []
  let [total, last, at] = [0, 0, 0]
  const take = (token: RegExp): RegExpExecArray | null => {
    token.lastIndex = at
    const found = token.exec(pattern)
    if (found !== null) at += found[0].length
    return found
  }
  const atom = (size: number): void => {
    total += last
    last = size
  }
  while (at < pattern.length) {
    const repeat = take(REPEAT)
    if (repeat !== null) last = (last + 1) * Math.max(Number(repeat[1]), Number(repeat[3] || '0'), 1) + 1
    else if (pattern[at] === '\\') atom(take(ESCAPE)?.[0].length ?? 1)
    else if (pattern[at] === '[') atom(Math.min(take(CLASS)?.[0].length ?? 1, 2))
    else {
      const char = pattern[at++]
      if (char === '(') {
        outer.push(total + last)
        ;[total, last] = [0, 0]
      } else if (char === ')') [last, total] = [total + last + 2, outer.pop() ?? 0]
      else if (char === '*' || char === '+' || char === '?') last++
      else atom(1)
    }
  }
  return outer.reduce((sum, size) => sum + size, total + last)
}
