import { banner, servedTables } from './banner.ts'
import { type Command, JSON_OPTION, stopSignal } from './command.ts'
import { describeProblems, problemsOf } from './problems.ts'
import { serve } from './serve.ts'
import { notedNames, readServing, SERVE_OPTIONS } from './serving.ts'
import { unknownSettings } from './unknown-settings.ts'

export const command: Command = {
  synopsis: 'pilar start [--port PORT] [--host HOST] [--data DIR] [--database URL] [--project DIR] [--json]',
  description:
    'Serves the project in the current folder: its schema.ts, over the embedded database or the one given. Migrations are applied\n' +
    'first, or, in a project without any, what schema.ts adds; a new database is filled by seed.ts if there is one. Where more\n' +
    'would have to change, it says what, and does not start. With --database and no schema.ts the database is served as it is,\n' +
    'closed to everyone but service_role. Ctrl-C stops it.',
  options: {
    ...SERVE_OPTIONS,
    json: { ...JSON_OPTION, doc: 'Print URL and keys as one line of JSON once it listens.' },
  },
  positionals: { min: 0, max: 0 },
  examples: ['pilar start', 'pilar start --port 3000 --host 0.0.0.0', 'pilar start --database sqlite:shop.sqlite'],
  run: async (invocation) => {
    const { shell } = invocation
    const serving = readServing(invocation)
    for (const line of unknownSettings(shell.env, notedNames(serving.project))) shell.output.report(line)
    // From here on a signal waits for what has been begun, such as seeding; a second one does not.
    const stopped = shell.untilStopped()
    try {
      const served = await serve(serving, shell, { stopping: stopSignal(stopped) })
      if (served === null) return 0
      const { app, url } = served
      if (invocation.given('json'))
        shell.output.print(JSON.stringify({ url, keys: app.keys, tables: servedTables(app) }))
      else shell.output.print(banner(app, url, { project: serving.project, output: shell.output }))
      await stopped
      await app.close()
      return 0
    } catch (error) {
      const problems = problemsOf(error)
      if (problems === null) throw error
      shell.output.report(describeProblems(problems, shell))
      return 1
    }
  },
}
