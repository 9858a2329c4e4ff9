import type { App } from '../app.ts'
import { PilarError } from '../errors/error.ts'
import { systemClock } from '../std/clock.ts'
import { banner } from './banner.ts'
import { type Command, type Shell, stopSignal } from './command.ts'
import { loadProject } from './load-project.ts'
import { describeProblems, problemsOf } from './problems.ts'
import { type Served, serve } from './serve.ts'
import { notedNames, readServing, SERVE_OPTIONS, type Serving } from './serving.ts'
import { unknownSettings } from './unknown-settings.ts'
import { watchProject } from './watch-project.ts'

export const command: Command = {
  synopsis: 'pilar dev [--port PORT] [--host HOST] [--data DIR] [--database URL] [--project DIR]',
  description:
    'Serves the project as `pilar start` does, and follows its files: on every change schema.ts is loaded anew and the database\n' +
    'becomes what it says, while requests go on. What is removed is kept out of sight; where rows stand against a change, they are\n' +
    'listed, and the version before is served on, as after a mistake.',
  options: SERVE_OPTIONS,
  positionals: { min: 0, max: 0 },
  examples: ['pilar dev'],
  run: async (invocation) => {
    const { shell } = invocation
    const serving = readServing(invocation)
    for (const line of unknownSettings(shell.env, notedNames(serving.project))) shell.output.report(line)
    const stopped = shell.untilStopped()
    const stopping = stopSignal(stopped)
    const served = await serveWhenValid(serving, shell, { stopped, stopping })
    if (served === null) return 0
    const { app, url } = served
    const stopWatching = watchProject(serving.project, reloader(app, { serving, shell, stopping }))
    shell.output.print(banner(app, url, { project: serving.project, output: shell.output }))
    await stopped
    stopWatching()
    await app.close()
    return 0
  },
}

interface Stop {
  readonly stopped: Promise<string>
  readonly stopping: AbortSignal
}

/** Starts; while the schema has mistakes or the database stands against it, reports that and tries again after the next change. Null when stopped. */
async function serveWhenValid(serving: Serving, shell: Shell, { stopped, stopping }: Stop): Promise<Served | null> {
  const told = new Told()
  for (;;) {
    // From before the files are read: what is saved while they are, or while a person reads what is wrong, is one more try.
    const change = nextChange(serving.project)
    try {
      return await serve(serving, shell, { stopping, task: 'develop', unheeded: told.unheeded() })
    } catch (error) {
      if (problemsOf(error) === null && !canBeMended(error)) throw error
      told.note(error)
      shell.output.report(`${describe(error, shell)}\nWaiting for a change …`)
      if (!(await Promise.race([change.came, stopped.then(() => false)]))) return null
    } finally {
      change.stop()
    }
  }
}

/** Watches from now on until it is stopped: as long as it does, the process lives. */
function nextChange(project: string): { readonly came: Promise<boolean>; readonly stop: () => void } {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  return { came: promise, stop: watchProject(project, () => resolve(true)) }
}

interface Reload {
  readonly serving: Serving
  readonly shell: Shell
  readonly stopping: AbortSignal
}

/** Gives the function that takes a change. It remembers what was told: a person who saves once more without a change means it. */
function reloader(app: App, { serving, shell, stopping }: Reload): () => Promise<void> {
  const told = new Told()
  return async () => {
    try {
      const { definition, files } = await loadProject(serving, shell, stopping)
      if (definition === null) return
      await app.reload(definition, { files, unheeded: told.unheeded() })
      shell.output.report('The project changed: now serving the new version.')
    } catch (error) {
      if (stopping.aborted) return
      told.note(error)
      shell.output.report(`${describe(error, shell)}\nStill serving the version before.`)
    }
  }
}

/** A module that does not load, say for a missing bracket, or a structure that something stands against: the next change may mend it. */
function canBeMended(error: unknown): boolean {
  if (!(error instanceof PilarError)) return false
  return error.code === 'PILAR_SCHEMA' || error.code === 'PILAR_MIGRATION' || isAboutStructure(error.details)
}

function isAboutStructure(details: unknown): details is { readonly unheeded: string | null } {
  return typeof details === 'object' && details !== null && 'unheeded' in details
}

/** An editor that writes a file in several steps has not saved it once more. */
const SAVED_AGAIN_MS = 1000

/** The probable renames that a person was told last, and whether there was time to heed them. */
class Told {
  #renames: string | null = null
  #atMs = 0

  note(error: unknown): void {
    const details = error instanceof PilarError ? error.details : null
    this.#renames = isAboutStructure(details) ? details.unheeded : null
    this.#atMs = systemClock.monotonicMs()
  }

  /** What was told and not heeded. */
  unheeded(): string | null {
    return systemClock.monotonicMs() - this.#atMs >= SAVED_AGAIN_MS ? this.#renames : null
  }
}

function describe(error: unknown, shell: Shell): string {
  const problems = problemsOf(error)
  if (problems !== null) return describeProblems(problems, shell)
  if (error instanceof PilarError) return `${error.message}${error.hint === null ? '' : `\nhint: ${error.hint}`}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
