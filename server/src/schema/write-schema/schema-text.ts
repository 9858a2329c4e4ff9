import type { Argument, Call, ColumnWords, Entry, SchemaWords } from './words.ts'

/** Characters of a line at most, where there is a place to break it. */
const WIDTH = 120

/**
 * A schema.ts as people would write it: two blanks for each level, no semicolons, single quotes, long chains broken before each dot. `heading` is
 * the comment at its top.
 */
export function writeSchemaText(words: SchemaWords, heading: readonly string[]): string {
  const imports = ['schema', ...words.entries.map((entry) => entry.base)]
  if (words.entries.some((entry) => entry.columns.length > 0)) imports.push('c')
  const names = [...new Set(imports)].sort()
  const entries = words.entries.flatMap((entry, index) => [...(index === 0 ? [] : ['']), ...entryLines(entry)])
  const body = entries.length === 0 ? ['export default schema({})'] : ['export default schema({', ...entries, '})']
  return [`import { ${names.join(', ')} } from 'pilar'`, '', ...commentLines(heading, ''), ...body, ''].join('\n')
}

function commentLines(lines: readonly string[], indent: string): string[] {
  return lines.map((line) => `${indent}//${line === '' ? '' : ` ${line}`}`)
}

function entryLines(entry: Entry): string[] {
  return [...commentLines(entry.notes, '  '), ...codeLines(entry).map((line) => (line === '' ? '' : `  ${line}`))]
}

function codeLines(entry: Entry): string[] {
  const key = `${memberName(entry.label)}: `
  if (entry.base === 'existing') return [`${key}existing(),`]
  const columns = entry.columns.flatMap(columnLines)
  const base =
    entry.base === 'view'
      ? [
          `${key}view(`,
          '  {',
          ...columns.map((line) => `    ${line}`),
          '  },',
          `  ${literal(entry.select ?? '')},`,
          ')',
        ]
      : [`${key}table(`.concat(entry.open ? '' : '{'), ...tableBody(columns, entry.open)]
  return withComma(chained(base, entry.calls))
}

function tableBody(columns: readonly string[], isOpen: boolean): string[] {
  if (!isOpen) return [...columns.map((line) => `  ${line}`), '})']
  return ['  {', ...columns.map((line) => `    ${line}`), '  },', '  { open: true },', ')']
}

const withComma = (lines: readonly string[]): string[] => [...lines.slice(0, -1), `${lines.at(-1) ?? ''},`]

/** One call stays behind the bracket; more stand below each other. */
function chained(base: readonly string[], calls: readonly Call[]): string[] {
  const [only, ...more] = calls
  const last = base.at(-1) ?? ''
  if (only === undefined) return [...base]
  if (more.length === 0 && last.length + callText(only).length + 3 <= WIDTH)
    return [...base.slice(0, -1), `${last}${callText(only)}`]
  return [...base, ...calls.map((each) => `  ${callText(each)}`)]
}

/** Two levels deep in the file: that much is left of a line. */
const COLUMN_WIDTH = WIDTH - 4

function columnLines({ name, calls }: ColumnWords): string[] {
  const line = `${memberName(name)}: c${calls.map(callText).join('')},`
  if (line.length <= COLUMN_WIDTH || calls.length < 3) return [line]
  return withComma([`${memberName(name)}: c`, ...calls.map((each) => `  ${callText(each)}`)])
}

const callText = ({ word, args }: Call): string => `.${word}(${args.map(argumentText).join(', ')})`

function argumentText(argument: Argument): string {
  if (typeof argument === 'string') return literal(argument)
  if (typeof argument !== 'object') return String(argument)
  if ('element' in argument) return `c${callText(argument.element)}`
  if ('options' in argument) {
    const members = Object.entries(argument.options).map(
      ([name, value]) => `${memberName(name)}: ${typeof value === 'string' ? literal(value) : String(value)}`,
    )
    return `{ ${members.join(', ')} }`
  }
  return `[${argument.map(literal).join(', ')}]`
}

function memberName(name: string): string {
  // Plainly written, it would be the prototype.
  if (name === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

/** A text in the quotes that need fewer backslashes; one of several lines as a template. */
function literal(text: string): string {
  if (text.includes('\n') && !ODD.test(text.replaceAll('\n', ''))) {
    return `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``
  }
  return quoted(text)
}

/** A name of a member can't be a template. */
function quoted(text: string): string {
  const escaped = [...text].map(escapeCharacter).join('')
  const single = text.split("'").length - 1
  const double = text.split('"').length - 1
  return single > double ? `"${escaped.replaceAll('"', '\\"')}"` : `'${escaped.replaceAll("'", "\\'")}'`
}

/** What would end a line, or can't be seen, such as signs that turn the direction of a text. */
const ODD = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

function escapeCharacter(character: string): string {
  if (character === '\\') return '\\\\'
  if (character === '\n') return '\\n'
  return ODD.test(character) ? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}` : character
}

/** A text as part of a comment: on one line, whatever it has. */
export function asComment(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return [...line].map((character) => (ODD.test(character) ? '?' : character)).join('')
}
