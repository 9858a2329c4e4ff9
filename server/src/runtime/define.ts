import { failure } from '../errors/error.ts'

/** What can be chosen by an operator: a setting, or a limit (a bound that answers with an error code when it is hit). */
export type Definition = NumberDefinition | TextDefinition | FlagDefinition | ChoiceDefinition

interface Common {
  /** Environment variable. Every setting has one. */
  readonly env: string
  /** One sentence for people: what it does and when to change it. */
  readonly doc: string
  /** Never printed, logged or sent. */
  readonly secret?: boolean
}
export interface NumberDefinition extends Common {
  readonly type: 'number'
  readonly unit: string
  readonly default: number
  readonly min: number
  readonly max: number
  /** Limits only: what is answered when it is hit. */
  readonly error?: string
}
export interface TextDefinition extends Common {
  readonly type: 'text'
  readonly default: string
}
export interface FlagDefinition extends Common {
  readonly type: 'flag'
  readonly default: boolean
}
export interface ChoiceDefinition<Choice extends string = string> extends Common {
  readonly type: 'choice'
  readonly choices: readonly Choice[]
  readonly default: Choice
}

export type Definitions = Readonly<Record<string, Definition>>

type ValueOf<D extends Definition> = D extends NumberDefinition
  ? number
  : D extends FlagDefinition
    ? boolean
    : D extends ChoiceDefinition<infer Choice>
      ? Choice
      : string

/** The values a table of definitions gives. */
export type ValuesOf<Table extends Definitions> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> }

/**
 * Reads every definition: `given` first (command line, tests), then the environment, then the default. Throws PILAR_SETTINGS that names
 * the variable, the value and what is allowed; a secret's value is never named.
 */
export function readDefinitions<Table extends Definitions>(
  table: Table,
  env: Readonly<Record<string, string | undefined>>,
  given: Partial<ValuesOf<Table>> = {},
): ValuesOf<Table> {
  const values: Record<string, unknown> = {}
  for (const [name, definition] of Object.entries(table)) {
    const override = (given as Record<string, unknown>)[name]
    const text = override === undefined ? env[definition.env] : String(override)
    values[name] = text === undefined || text === '' ? definition.default : parseValue(definition, text)
  }
  return Object.freeze(values) as ValuesOf<Table>
}

function parseValue(definition: Definition, text: string): unknown {
  switch (definition.type) {
    case 'number':
      return parseNumber(definition, text)
    case 'flag':
      return parseFlag(definition, text)
    case 'choice':
      if (definition.choices.includes(text)) return text
      throw refuse(definition, text, `one of ${definition.choices.join(', ')}`)
    case 'text':
      return text
  }
}

function parseNumber(definition: NumberDefinition, text: string): number {
  const number = Number(text)
  const allowed = `a whole number from ${definition.min} to ${definition.max} (${definition.unit})`
  if (!Number.isInteger(number)) throw refuse(definition, text, allowed)
  if (number < definition.min || number > definition.max) throw refuse(definition, text, allowed)
  return number
}

function parseFlag(definition: FlagDefinition, text: string): boolean {
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  throw refuse(definition, text, 'true or false')
}

function refuse(definition: Definition, text: string, allowed: string): Error {
  const shown = definition.secret ? 'a value' : `"${text}"`
  return failure('PILAR_SETTINGS', { message: `${definition.env} is ${shown}; it must be ${allowed}` })
}
