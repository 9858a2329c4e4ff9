import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from '../app.ts'
import { failure } from '../errors/error.ts'
import type { Seed } from '../runtime/seed.ts'
import type { Shell } from './command.ts'
import { loadDefault } from './load-module.ts'
import { loadSchema } from './load-schema.ts'
import { createLog } from './log.ts'
import { runSeed } from './seed.ts'
import { type Serving, schemaFile } from './serving.ts'

const SEED_FILE = 'seed.ts'

/** Loads the project, opens its database, fills it when it is new, and listens. Leaves nothing open when it throws. */
export async function serve(
  serving: Serving,
  shell: Shell,
  load = loadSchema,
): Promise<{ readonly app: App; readonly url: string }> {
  const schema = schemaFile(serving)
  const definition = schema === null ? null : await load(schema)
  // Only now: help and mistakes of the command line do not wait for the server's modules.
  const { createApp } = await import('../app.ts')
  const app = await createApp({
    projectDir: serving.project,
    definition,
    env: shell.env,
    settings: serving.settings,
    observe: createLog(serving.settings.logLevel, shell.output),
  })
  try {
    // Listening first finds a taken port before thousands of rows are written.
    const url = await app.listen()
    if (app.fresh) await seedProject(app, serving, shell)
    return { app, url }
  } catch (error) {
    await app.close()
    throw error
  }
}

async function seedProject(app: App, serving: Serving, shell: Shell): Promise<void> {
  const path = join(serving.project, SEED_FILE)
  if (!existsSync(path)) return
  const seed = await loadDefault(path)
  if (typeof seed !== 'function') {
    throw failure(
      'PILAR_START',
      { message: `${path} does not export a function` },
      { hint: 'export default async ({ insert, random }) => { … }' },
    )
  }
  shell.output.report('The database is new: running seed.ts …')
  try {
    const rows = await runSeed(app, seed as Seed)
    shell.output.report(`seed.ts wrote ${rows} rows.`)
  } catch (error) {
    shell.output.report('Seeding stopped half-way: to run it again, remove the new database first.')
    throw error
  }
}
