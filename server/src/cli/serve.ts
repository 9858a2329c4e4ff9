import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { App } from '../app.ts'
import { failure } from '../errors/error.ts'
import type { Seed } from '../runtime/seed.ts'
import type { Shell } from './command.ts'
import { loadDefault } from './load-module.ts'
import { loadSchemaApart } from './load-schema.ts'
import { createLog } from './log.ts'
import { runSeed } from './seed.ts'
import { requireAdopted, type Serving, schemaFile } from './serving.ts'

const SEED_FILE = 'seed.ts'

/**
 * A start makes much rubbish at once. V8 would double the room for young objects again and again for it, and an idle server does not give
 * that back: 10 to 15 MB. Only growing is held back, and only until it serves; 2 is V8's own factor.
 */
const YOUNG_GENERATION_STAYS = '--semi-space-growth-factor=1'
const YOUNG_GENERATION_GROWS = '--semi-space-growth-factor=2'

export interface Served {
  readonly app: App
  readonly url: string
}

/**
 * Loads the project, opens its database, fills it when it is new, and listens. Leaves nothing open when it throws. Null when `stopping` came
 * while schema.ts was loading; from then on what has been begun is finished first.
 */
export async function serve(serving: Serving, shell: Shell, stopping: AbortSignal): Promise<Served | null> {
  setFlagsFromString(YOUNG_GENERATION_STAYS)
  try {
    return await serveProject(serving, shell, stopping)
  } finally {
    setFlagsFromString(YOUNG_GENERATION_GROWS)
  }
}

async function serveProject(serving: Serving, shell: Shell, stopping: AbortSignal): Promise<Served | null> {
  const path = schemaFile(serving)
  // Only now: help and mistakes of the command line do not wait for the server's modules.
  const modules = import('../app.ts')
  const definition = path === null ? null : await loadUnlessStopped(path, shell, stopping)
  if (definition === undefined) return null
  requireAdopted(definition, serving)
  const { createApp } = await modules
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

async function loadUnlessStopped(path: string, shell: Shell, stopping: AbortSignal) {
  try {
    return await loadSchemaApart(path, shell, stopping)
  } catch (error) {
    if (stopping.aborted) return undefined
    throw error
  }
}

/** What to remove, as a shell understands it; the address itself where the database is not the embedded one. */
function databaseOf({ settings }: Serving): string {
  return settings.databaseUrl === '' ? `rm ${join(settings.dataDir, 'data.db')}*` : settings.databaseUrl
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
    shell.output.report(
      `Seeding stopped half-way. To run it again, remove the new database first: ${databaseOf(serving)}`,
    )
    throw error
  }
}
