import { failure } from '../../../errors/error.ts'

/**
 * PostgreSQL's LIKE pattern as SQLite's GLOB pattern, which is case-sensitive and can use an index: `%` → `*`, `_` → `?`, `\x` → x. A lone
 * backslash at the end stands for itself.
 */
export function toGlob(pattern: string): string {
  let glob = ''
  for (let index = 0; index < pattern.length; index++) {
    const char = pattern[index] as string
    if (char === '%') glob += '*'
    else if (char === '_') glob += '?'
    else if (char === '\\' && index + 1 < pattern.length) glob += literal(pattern[++index] as string)
    else glob += literal(char)
  }
  return glob
}

const literal = (char: string): string => (char === '*' || char === '?' || char === '[' ? `[${char}]` : char)

/** How often a search may look at one character of a text, on average and at worst. */
export const SEARCH_FACTOR_MAX = 64

/**
 * Throws 54001 for a pattern that SQLite may search for too long: it compares anew at every character, so a long `%aaaa…b%` in a text of
 * `aaaa…` takes their product, and nothing can stop it.
 */
export function checkLike(pattern: string): void {
  const [, ...searched] = splitAtStars(parseLike(pattern))
  if (searched.some((steps) => searchFactor(steps) > SEARCH_FACTOR_MAX)) {
    throw failure('54001', { message: 'the LIKE pattern repeats itself too often' })
  }
}

function splitAtStars(steps: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [[]]
  for (const step of steps) {
    if (step === '%') parts.push([])
    else parts.at(-1)?.push(step)
  }
  return parts
}

/** The sum of 1/period over all prefixes: how many comparisons per character a search can be made to take. `_` fits everything. */
function searchFactor(steps: readonly string[]): number {
  const inner = steps.slice(
    Math.max(
      steps.findIndex((step) => step !== '_'),
      0,
    ),
  )
  if (inner.includes('_')) return inner.length
  const borders: number[] = []
  let factor = 0
  for (let at = 0; at < inner.length; at++) {
    let border = at === 0 ? 0 : (borders[at - 1] ?? 0)
    while (border > 0 && inner[border] !== inner[at]) border = borders[border - 1] ?? 0
    if (at > 0 && inner[border] === inner[at]) border++
    borders.push(border)
    factor += 1 / (at + 1 - border)
  }
  return factor
}

/** `text LIKE pattern` in time proportional to their product at worst: one point to go back to, never a stack. */
export function matchesLike(text: string, pattern: string): boolean {
  const subject = [...text]
  const steps = parseLike(pattern)
  let [at, step, starStep, starAt] = [0, 0, -1, 0]
  while (at < subject.length) {
    const wanted = steps[step]
    if (wanted === '%') {
      starStep = step++
      starAt = at
    } else if (wanted !== undefined && (wanted === '_' || wanted === `\\${subject[at]}`)) {
      at++
      step++
    } else if (starStep >= 0) {
      step = starStep + 1
      at = ++starAt
    } else return false
  }
  while (steps[step] === '%') step++
  return step === steps.length
}

/** `%`, `_`, or a character with a backslash before it. */
function parseLike(pattern: string): readonly string[] {
  const chars = [...pattern]
  const steps: string[] = []
  for (let index = 0; index < chars.length; index++) {
    const char = chars[index] as string
    if (char === '%' || char === '_') steps.push(char)
    else if (char === '\\' && index + 1 < chars.length) steps.push(`\\${chars[++index]}`)
    else steps.push(`\\${char}`)
  }
  return steps
}

/** `pattern LIKE … ESCAPE escape` as a pattern whose escape is the backslash. */
export function likeEscape(pattern: string, escapeChar: string): string {
  let result = ''
  const chars = [...pattern]
  for (let index = 0; index < chars.length; index++) {
    const char = chars[index] as string
    if (escapeChar !== '' && char === escapeChar && index + 1 < chars.length) result += `\\${chars[++index]}`
    else result += char === '\\' ? '\\\\' : char
  }
  return result
}
