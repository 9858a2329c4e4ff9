import { setFlagsFromString } from 'node:v8'
import type { App } from '../app.ts'
import type { Seed } from '../runtime/seed.ts'
import type { Shell } from './command.ts'
import { claimFirstSeed, type FirstSeed } from './first-seed.ts'
import { loadSchemaApart } from './load-schema.ts'
import { createLog } from './log.ts'
import { hasNoRows, hasSeed, loadSeed, runSeed } from './seed.ts'
import { requireAdopted, type Serving, schemaFile } from './serving.ts'

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
  const isSeeded = hasSeed(serving.project)
  const claim = isSeeded ? await claimFirstSeed(serving, shell, stopping) : null
  if (stopping.aborted) {
    claim?.release()
    return null
  }
  let app: App | null = null
  try {
    app = await createApp({
      projectDir: serving.project,
      definition,
      env: shell.env,
      settings: serving.settings,
      observe: createLog(serving.settings.logLevel, shell.output),
    })
    // Listening first finds a taken port before thousands of rows are written.
    const url = await app.listen()
    const isNew = isSeeded && (app.fresh || (claim !== null && (await hasNoRows(app))))
    if (isNew) await fill(app, await loadSeed(serving.project), { claim, shell })
    claim?.done()
    return { app, url }
  } catch (error) {
    claim?.release()
    await app?.close()
    throw error
  }
}

async function fill(
  app: App,
  seed: Seed,
  { claim, shell }: { readonly claim: FirstSeed | null; readonly shell: Shell },
): Promise<void> {
  shell.output.report('The database is new: running seed.ts …')
  claim?.begin()
  try {
    const progress = (table: string, rows: number) => shell.terminal?.overwrite(`${table}: ${rows} rows …`)
    const rows = await runSeed(app, seed, { fresh: true, progress })
    shell.terminal?.overwrite('')
    shell.output.report(`seed.ts wrote ${rows} rows.`)
  } catch (error) {
    const next = claim === null ? 'Start over with: pilar db reset.' : 'The next start begins it again.'
    shell.output.report(`Seeding stopped half-way. ${next}`)
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
