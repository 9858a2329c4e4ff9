const WIDTH = 140
const INDENT = '  '
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/**
 * A JSON value as a person would write it in TypeScript: names without quotes, text in single ones, and on one line whatever fits. `depth` is
 * how far the line that it begins on is indented, in steps of two spaces.
 */
export function literal(value: unknown, depth = 0): string {
  const short = oneLine(value)
  if (short.length + depth * INDENT.length <= WIDTH || typeof value !== 'object' || value === null) return short
  const inner = INDENT.repeat(depth + 1)
  const outer = INDENT.repeat(depth)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  const members = Array.isArray(value)
    ? value.map((member) => `${inner}${literal(member, depth + 1)},\n`)
    : entriesOf(value).map(([name, member]) => `${inner}${nameOf(name)}: ${literal(member, depth + 1)},\n`)
  return `${open}\n${members.join('')}${outer}${close}`
}

/** The same on one line, however long. */
export function oneLine(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  const members = entriesOf(value).map(([name, member]) => `${nameOf(name)}: ${oneLine(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).filter(([, member]) => member !== undefined)
}

function nameOf(name: string): string {
  // A member of this name, written so, would set the prototype.
  if (name === '__proto__') return "['__proto__']"
  return IDENTIFIER.test(name) ? name : quoted(name)
}

/** In the quotes that need no escape, single ones first; JSON's escapes are TypeScript's, too. */
function quoted(text: string): string {
  const escaped = JSON.stringify(text)
  if (text.includes("'") && !text.includes('"')) return escaped
  return `'${escaped.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
