import { COMMANDS } from '../../src/cli/dispatch.ts'
import { commandHelp } from '../../src/cli/help.ts'
import { FUNCTION_LABELS, FUNCTIONS, type FunctionName, OPERATOR_SYMBOLS } from '../../src/query/functions.ts'
import type { Definition, Definitions } from '../../src/runtime/define.ts'
import { LIMITS } from '../../src/runtime/limits.ts'
import { SETTINGS } from '../../src/runtime/settings.ts'

/** The tables of docs/reference that are made from the code, by the name in their `<!-- generated: … -->` mark. */
export const GENERATED: Readonly<Record<string, () => string | Promise<string>>> = {
  operators: () =>
    table(
      ['operator', 'meaning'],
      functionRows((name) => OPERATOR_SYMBOLS.has(name)),
    ),
  functions: () =>
    table(
      ['function', 'meaning'],
      functionRows((name) => !OPERATOR_SYMBOLS.has(name)),
    ),
  cli: commands,
  settings: () => table(['variable', 'default', 'allowed', 'what it does'], rows(SETTINGS)),
  limits: () =>
    table(
      ['variable', 'limit', 'default', 'range', 'bounds', 'when it is hit'],
      Object.entries(LIMITS).map(([name, { env, unit, default: initial, min, max, doc, error = '' }]) => [
        code(env),
        code(name),
        `${grouped(initial)} ${unit}`,
        `${grouped(min)} – ${grouped(max)}`,
        doc,
        error.startsWith('none') ? error.slice('none: '.length) : code(error),
      ]),
    ),
}

function rows(definitions: Definitions): readonly (readonly string[])[] {
  return Object.values(definitions).map((definition) => [
    code(definition.env),
    initial(definition),
    allowed(definition),
    definition.doc,
  ])
}

function initial(definition: Definition): string {
  return definition.default === '' ? '–' : code(String(definition.default))
}

function allowed(definition: Definition): string {
  switch (definition.type) {
    case 'number':
      return `${definition.min} – ${definition.max} (${definition.unit})`
    case 'flag':
      return '`true`, `false`'
    case 'choice':
      return definition.choices.map(code).join(', ')
    case 'text':
      return definition.secret === true ? 'text; never printed' : 'text'
  }
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...body.map(line)].join('\n')
}

const code = (text: string) => `\`${text}\``

/** 10000 → 10,000: figures in the docs are for people. */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

function functionRows(wanted: (name: FunctionName) => boolean): readonly (readonly string[])[] {
  const names = Object.keys(FUNCTIONS) as FunctionName[]
  return names.filter(wanted).map((name) => [code(spelling(name)), FUNCTIONS[name]])
}

/** Where what people write is neither the symbol nor the name. */
const SPELLINGS: ReadonlyMap<FunctionName, string> = new Map([
  ['distinct', 'is distinct from'],
  ['like', 'like'],
  ['ilike', 'ilike'],
  ['like_escape', 'like … escape'],
])

function spelling(name: FunctionName): string {
  return SPELLINGS.get(name) ?? OPERATOR_SYMBOLS.get(name) ?? FUNCTION_LABELS.get(name) ?? name
}

/** Every command as its own --help shows it. */
async function commands(): Promise<string> {
  const sections = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, { summary, load }]) => {
      const { command } = await load()
      return `## pilar ${name}\n\n${summary}.\n\n\`\`\`text\n${commandHelp(command, PLAIN)}\n\`\`\``
    }),
  )
  return sections.join('\n\n')
}

const PLAIN = { bold: (text: string) => text }
