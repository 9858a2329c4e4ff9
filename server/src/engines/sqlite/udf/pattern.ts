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
