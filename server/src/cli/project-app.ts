import { type App, createApp } from '../app.ts'
import type { Shell } from './command.ts'
import { loadSchemaApart } from './load-schema.ts'
import { createLog } from './log.ts'
import { requireAdopted, type Serving, schemaFile } from './serving.ts'

/**
 * The project's app for a command that does not listen: schema.ts is loaded, and what it declares is made where it is missing, as at a start.
 * Close it. Ctrl-C just ends the process meanwhile. Throws as `createApp`.
 */
export async function openApp(serving: Serving, shell: Shell): Promise<App> {
  const path = schemaFile(serving)
  const definition = path === null ? null : await loadSchemaApart(path, shell, NEVER)
  requireAdopted(definition, serving)
  return createApp({
    ...{ projectDir: serving.project, definition, env: shell.env, settings: serving.settings },
    observe: createLog(serving.settings.logLevel, shell.output),
  })
}

const NEVER = new AbortController().signal

/** Makes what schema.ts declares. */
export async function makeTables(serving: Serving, shell: Shell): Promise<void> {
  const app = await openApp(serving, shell)
  await app.close()
}
