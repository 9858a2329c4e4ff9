import { type Entries, type Schema, schema } from '../builder.ts'
import type { ReferentialAction } from '../catalog.ts'
import { type AnyColumn, c } from '../column.ts'
import { type AnyTable, type AnyView, existing, table, view } from '../table.ts'

/**
 * A schema.ts as data: which words of the builder are said of what. It can be printed as text, and it can be said, which gives the same definition
 * without a file: so whatever is written is known to load.
 */
export interface SchemaWords {
  readonly entries: readonly Entry[]
}

export interface Entry {
  /** `posts`, `auth.users`. */
  readonly label: string
  readonly base: 'table' | 'view' | 'existing'
  /** Empty for `existing`. */
  readonly columns: readonly ColumnWords[]
  readonly open: boolean
  /** Of a view. */
  readonly select: string | null
  readonly calls: readonly Call[]
  /** Lines of a comment above it. */
  readonly notes: readonly string[]
}

export interface ColumnWords {
  readonly name: string
  /** The type first. */
  readonly calls: readonly Call[]
}

export interface Call {
  readonly word: string
  readonly args: readonly Argument[]
}

export type Argument =
  | string
  | number
  | boolean
  | readonly string[]
  | { readonly element: Call }
  | { readonly options: Readonly<Record<string, ReferentialAction | string | boolean>> }

export const call = (word: string, ...args: readonly Argument[]): Call => ({ word, args })

/** The definition that the printed text would give. */
export function sayWords(words: SchemaWords): Schema {
  return schema(Object.fromEntries(words.entries.map((entry) => [entry.label, sayEntry(entry)])) as Entries)
}

function sayEntry(entry: Entry): AnyTable | AnyView {
  const columns = Object.fromEntries(entry.columns.map(({ name, calls }) => [name, say(c, calls) as AnyColumn]))
  if (entry.base === 'view') return say(view(columns, entry.select ?? ''), entry.calls) as AnyView
  const base = entry.base === 'existing' ? existing() : entry.open ? table(columns, { open: true }) : table(columns)
  return say(base, entry.calls) as AnyTable
}

/** Calls one method after another, as the text does. */
function say(base: object, calls: readonly Call[]): unknown {
  let value: unknown = base
  for (const { word, args } of calls) {
    const methods = value as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>
    value = methods[word]?.(...args.map(sayArgument))
  }
  return value
}

function sayArgument(argument: Argument): unknown {
  if (typeof argument !== 'object' || Array.isArray(argument)) return argument
  if ('element' in argument) return say(c, [argument.element])
  return 'options' in argument ? argument.options : argument
}
