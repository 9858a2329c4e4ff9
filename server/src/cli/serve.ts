import { setFlagsFromString } from 'node:v8'
import type { App, AppOptions } from '../app.ts'
import type { Project } from '../pipeline/outlook.ts'
import type { Seed } from '../runtime/seed.ts'
import type { Shell } from './command.ts'
import { claimFirstSeed, type FirstSeed } from './first-seed.ts'
import { loadProject } from './load-project.ts'
import { createLog } from './log.ts'
import { rowsOf } from './progress.ts'
import { hasNoRows, hasSeed, loadSeed, runSeed } from './seed.ts'
import type { Serving } from './serving.ts'
import { tellMigrations } from './tell-migrations.ts'

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

export interface ServeOptions extends Pick<AppOptions, 'task' | 'unheeded'> {
  readonly stopping: AbortSignal
}

/**
 * Loads the project, opens its database, fills it when it is new, and listens. Leaves nothing open when it throws. Null when `stopping` came
 * while schema.ts was loading; from then on what has been begun is finished first.
 */
export async function serve(serving: Serving, shell: Shell, options: ServeOptions): Promise<Served | null> {
  setFlagsFromString(YOUNG_GENERATION_STAYS)
  try {
    return await serveProject(serving, shell, options)
  } finally {
    setFlagsFromString(YOUNG_GENERATION_GROWS)
  }
}

async function serveProject(
  serving: Serving,
  shell: Shell,
  { stopping, ...task }: ServeOptions,
): Promise<Served | null> {
  // Only now: help and mistakes of the command line do not wait for the server's modules.
  const modules = import('../app.ts')
  const project = await loadUnlessStopped(serving, shell, stopping)
  if (project === null) return null
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
      ...{ projectDir: serving.project, env: shell.env, settings: serving.settings, ...project, ...task },
      reread: () => loadProject(serving, shell, stopping),
      observe: tellMigrations(shell, createLog(serving.settings.logLevel, shell.output)),
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
    const progress = (table: string, rows: number) => shell.terminal?.overwrite(`${table}: ${rowsOf(rows)} …`)
    const rows = await runSeed(app, seed, { fresh: true, progress })
    shell.terminal?.overwrite('')
    shell.output.report(`seed.ts wrote ${rowsOf(rows)}.`)
  } catch (error) {
    const next = claim === null ? 'Start over with: pilar db reset.' : 'The next start begins it again.'
    shell.output.report(`Seeding stopped half-way. ${next}`)
    throw error
  }
}

async function loadUnlessStopped(serving: Serving, shell: Shell, stopping: AbortSignal): Promise<Project | null> {
  try {
    return await loadProject(serving, shell, stopping)
  } catch (error) {
    if (stopping.aborted) return null
    throw error
  }
}
