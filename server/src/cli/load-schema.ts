import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { failure } from '../errors/error.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { loadDefault } from './load-module.ts'

/** Loads a schema.ts. Throws PILAR_SCHEMA when it can't be loaded or does not export a schema. */
export async function loadSchema(path: string): Promise<SchemaDefinition> {
  return asDefinition(await loadDefault(path), path)
}

const WORKER = new URL(`./schema-worker${extname(import.meta.url)}`, import.meta.url)

/** What the worker that loads a schema anew sends back. */
export type Loaded =
  | { readonly definition: SchemaDefinition }
  | { readonly message: string; readonly hint: string | null }

/**
 * Loads a schema.ts again, in a thread of its own that ends afterwards: Node keeps every module it has loaded, so only a new thread sees
 * changes in files that the schema imports.
 */
export async function reloadSchema(path: string): Promise<SchemaDefinition> {
  const worker = new Worker(WORKER, { workerData: path })
  const loaded = await new Promise<Loaded>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(failure('PILAR_SCHEMA', { message: `${path} ended the process that loaded it` })))
  }).finally(() => worker.terminate())
  if ('definition' in loaded) return loaded.definition
  throw failure('PILAR_SCHEMA', { message: loaded.message }, loaded.hint === null ? {} : { hint: loaded.hint })
}

function asDefinition(value: unknown, path: string): SchemaDefinition {
  const isSchema = typeof value === 'object' && value !== null && 'tables' in value && Array.isArray(value.tables)
  if (isSchema) return value as SchemaDefinition
  const hint = "It must end with: export default schema({ … }), where schema comes from 'pilar'."
  throw failure('PILAR_SCHEMA', { message: `${path} does not export a schema` }, { hint })
}
