import { parseArgs } from 'node:util'
import { nearest } from '../std/nearest.ts'
import type { Output } from './output.ts'
import type { Terminal } from './terminal.ts'

/** What the shell gives a command. Commands read nothing ambient, so that tests can run them anywhere. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute path that relative paths on the command line are relative to. */
  readonly cwd: string
  readonly output: Output
  /** Null where nobody can be asked. */
  readonly terminal: Terminal | null
  /** Resolves with the signal's name when the user asks the program to stop. Until it is called, a signal just ends the program. */
  readonly untilStopped: () => Promise<string>
}

export interface Option {
  /** The name of its value in the help text; null for a switch. */
  readonly value: string | null
  readonly doc: string
  /** One letter that means the same: `-c`. */
  readonly short?: string
  /** The default in words, shown in the help text. */
  readonly default?: string
}

export interface Invocation {
  readonly shell: Shell
  /** The values of the options that were given, by name without the dashes. */
  readonly text: (name: string) => string | undefined
  readonly given: (name: string) => boolean
  readonly positionals: readonly string[]
}

/** One command of `pilar`: the data its `--help` shows and the command line is checked against, and what it does. */
export interface Command {
  readonly synopsis: string
  readonly description: string
  readonly options: Readonly<Record<string, Option>>
  /** How many arguments without dashes it takes. */
  readonly positionals: { readonly min: number; readonly max: number }
  readonly examples: readonly string[]
  /** Gives the exit code. Throws `UsageError` for what the command line got wrong. */
  readonly run: (invocation: Invocation) => Promise<number>
}

/** A mistake on the command line: one message and, where there is one, the remedy. Exit code 2. */
export class UsageError extends Error {
  readonly hint: string | null

  constructor(message: string, hint: string | null = null) {
    super(message)
    this.hint = hint
  }
}

/** Options that several commands share, worded once. */
export const JSON_OPTION: Option = { value: null, doc: 'Print one JSON value instead of text for people.' }
export const PROJECT_OPTION: Option = {
  value: 'DIR',
  doc: 'Folder that holds schema.ts.',
  default: 'the current folder',
}

/** Checks a command line against the command's options; every mistake names the nearest thing that exists. */
export function parseCommandLine(command: Command, args: readonly string[], shell: Shell): Invocation {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, option]) => [
      name,
      {
        type: option.value === null ? ('boolean' as const) : ('string' as const),
        ...(option.short === undefined ? {} : { short: option.short }),
      },
    ]),
  )
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  const values = new Map<string, string | true>()
  for (const token of tokens) {
    if (token.kind === 'option') values.set(token.name, optionValue(command, token))
  }
  const { min, max } = command.positionals
  if (positionals.length > max)
    throw new UsageError(`unexpected argument "${positionals[max]}"`, `usage: ${command.synopsis}`)
  if (positionals.length < min) throw new UsageError('an argument is missing', `usage: ${command.synopsis}`)
  return {
    shell,
    positionals,
    given: (name) => values.has(name),
    text: (name) => {
      const value = values.get(name)
      return value === true ? undefined : value
    },
  }
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
}

function optionValue(command: Command, token: OptionToken): string | true {
  const option = command.options[token.name]
  const isKnown = token.rawName.startsWith('--') || token.rawName === `-${option?.short}`
  if (option === undefined || !isKnown) {
    const known = Object.keys(command.options).map((name) => `--${name}`)
    const meant = suggestion(nearest(token.rawName, known, 0.5))
    throw new UsageError(`unknown option ${token.rawName}`, meant ?? `usage: ${command.synopsis}`)
  }
  if (option.value === null) {
    if (token.value !== undefined) throw new UsageError(`--${token.name} takes no value`)
    return true
  }
  if (token.value === undefined || token.value.startsWith('--')) {
    throw new UsageError(`--${token.name} needs a value`, `--${token.name} ${option.value}`)
  }
  return token.value
}

export function suggestion(name: string | null): string | null {
  return name === null ? null : `did you mean ${name}?`
}

/** The wish to stop, for what can be given up half-way. */
export function stopSignal(stopped: Promise<unknown>): AbortSignal {
  const stopping = new AbortController()
  void stopped.then(() => stopping.abort())
  return stopping.signal
}
