import { failure } from '../errors/error.ts'
import { type Answers, remember } from '../policy/expression/sql.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { askApart } from './apart.ts'
import type { Shell } from './command.ts'
import { loadDefault } from './load-module.ts'

/** Loads a schema.ts in this process. Throws PILAR_SCHEMA when it can't be loaded or does not export a schema. */
export async function loadSchema(path: string): Promise<SchemaDefinition> {
  return asDefinition(await loadDefault(path), path)
}

/** What the process that loads a schema sends back, as JSON: what a message can't carry, such as methods of the builders, is dropped. */
export type Loaded =
  | { readonly definition: SchemaDefinition; readonly answers: Answers }
  | { readonly message: string; readonly hint: string | null }

/**
 * Loads a schema.ts in a process of its own that ends afterwards, and remembers what the grammar said of its expressions. Node keeps every
 * module it has loaded, so only a new process sees changes in files that the schema imports; and what it takes to remove types and to
 * read expressions, tens of megabytes, goes back to the system. Throws as `loadSchema`, and an AbortError when `signal` stops it.
 */
export async function loadSchemaApart(path: string, shell: Pick<Shell, 'env'>, signal: AbortSignal) {
  const loaded = (await askApart('schema-child', {
    ...{ files: [path], env: shell.env, signal },
    endedEarly: (how) => endedEarly(path, how),
  })) as Loaded
  if ('message' in loaded) throw failure('PILAR_SCHEMA', { message: loaded.message }, hinted(loaded.hint))
  remember(loaded.answers)
  return loaded.definition
}

function endedEarly(path: string, how: string): Error {
  return failure('PILAR_SCHEMA', { message: `${path} ended the process that loaded it (${how})` })
}

function hinted(hint: string | null): { readonly hint?: string } {
  return hint === null ? {} : { hint }
}

function asDefinition(value: unknown, path: string): SchemaDefinition {
  const isSchema = typeof value === 'object' && value !== null && 'tables' in value && Array.isArray(value.tables)
  if (isSchema) return value as SchemaDefinition
  const hint = "It must end with: export default schema({ … }), where schema comes from 'pilar'."
  throw failure('PILAR_SCHEMA', { message: `${path} does not export a schema` }, { hint })
}
