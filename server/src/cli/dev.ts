import type { App } from '../app.ts'
import { PilarError } from '../errors/error.ts'
import { banner } from './banner.ts'
import { type Command, type Shell, stopSignal } from './command.ts'
import { loadSchemaApart } from './load-schema.ts'
import { describeProblems, problemsOf } from './problems.ts'
import { type Served, serve } from './serve.ts'
import { readServing, SERVE_OPTIONS, type Serving, schemaFile } from './serving.ts'
import { watchProject } from './watch-project.ts'

export const command: Command = {
  synopsis: 'pilar dev [--port PORT] [--host HOST] [--data DIR] [--database URL] [--project DIR]',
  description:
    'Serves the project as `pilar start` does, and follows its files: on every change schema.ts is loaded anew, what is missing in\n' +
    'the database is added, and requests see the new tables and policies. A schema with mistakes is reported and the old one stays.',
  options: SERVE_OPTIONS,
  positionals: { min: 0, max: 0 },
  examples: ['pilar dev'],
  run: async (invocation) => {
    const { shell } = invocation
    const serving = readServing(invocation)
    const stopped = shell.untilStopped()
    const stopping = stopSignal(stopped)
    const served = await serveWhenValid(serving, shell, { stopped, stopping })
    if (served === null) return 0
    const { app, url } = served
    shell.output.print(banner(app, url, { project: serving.project, output: shell.output }))
    const stopWatching = watchProject(serving.project, () => void reload(app, { serving, shell, stopping }))
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

/** Starts; while the schema has mistakes, reports them and tries again after the next change. Null when stopped meanwhile. */
async function serveWhenValid(serving: Serving, shell: Shell, { stopped, stopping }: Stop): Promise<Served | null> {
  for (;;) {
    try {
      return await serve(serving, shell, stopping)
    } catch (error) {
      if (problemsOf(error) === null && !isUnloadable(error)) throw error
      shell.output.report(`${describe(error, shell)}\nWaiting for a change …`)
    }
    const change = await Promise.race([nextChange(serving.project), stopped.then(() => null)])
    if (change === null) return null
  }
}

function nextChange(project: string): Promise<true> {
  return new Promise((resolve) => {
    const stop = watchProject(project, () => {
      stop()
      resolve(true)
    })
  })
}

interface Reload {
  readonly serving: Serving
  readonly shell: Shell
  readonly stopping: AbortSignal
}

async function reload(app: App, { serving, shell, stopping }: Reload): Promise<void> {
  const path = schemaFile(serving)
  if (path === null) return
  try {
    await app.reload(await loadSchemaApart(path, shell, stopping))
    shell.output.report('The project changed: now serving the new version.')
  } catch (error) {
    if (stopping.aborted) return
    shell.output.report(`${describe(error, shell)}\nStill serving the version before.`)
  }
}

/** A module that does not load, say for a missing bracket: the next change may mend it. */
function isUnloadable(error: unknown): boolean {
  return error instanceof PilarError && error.code === 'PILAR_SCHEMA'
}

function describe(error: unknown, shell: Shell): string {
  const problems = problemsOf(error)
  if (problems !== null) return describeProblems(problems, shell)
  if (error instanceof PilarError) return `${error.message}${error.hint === null ? '' : `\nhint: ${error.hint}`}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
