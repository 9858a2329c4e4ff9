import { type App, createApp } from '../app.ts'
import type { Shell } from './command.ts'
import { loadProject } from './load-project.ts'
import { createLog } from './log.ts'
import type { Serving } from './serving.ts'
import { tellMigrations } from './tell-migrations.ts'

/**
 * The project's app for a command that does not listen: schema.ts is loaded, and what it declares is made where it is missing, as at a start.
 * Close it. Ctrl-C just ends the process meanwhile. Throws as `createApp`.
 */
export async function openApp(serving: Serving, shell: Shell): Promise<App> {
  const project = await loadProject(serving, shell, NEVER)
  return createApp({
    ...{ projectDir: serving.project, ...project, env: shell.env, settings: serving.settings },
    observe: tellMigrations(shell, createLog(serving.settings.logLevel, shell.output)),
  })
}

const NEVER = new AbortController().signal

/** Makes what schema.ts declares. */
export async function makeTables(serving: Serving, shell: Shell): Promise<void> {
  const app = await openApp(serving, shell)
  await app.close()
}
