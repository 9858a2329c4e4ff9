import type { Command } from './command.ts'
import { MIGRATE_OPTIONS, withMigrations } from './migrate-context.ts'
import { pendingWork, workJson, workText } from './pending-work.ts'

const EXIT_REFUSED = 1

export const command: Command = {
  synopsis: 'pilar migrate plan [--sql] [--json] [--project DIR] [--data DIR] [--database URL]',
  description:
    'Says what `pilar migrate apply` would do: the files of migrations/ that this database does not have yet or, in a project\n' +
    'without them, what differs between the database and schema.ts. Each step with its risk, what the rows say about it, and what\n' +
    'it costs. Changes nothing. The exit code is 1 when the plan is not possible as it stands.',
  options: {
    sql: { value: null, doc: 'Show the statements of each step.' },
    ...MIGRATE_OPTIONS,
  },
  positionals: { min: 0, max: 0 },
  examples: ['pilar migrate plan', 'pilar migrate plan --sql --database sqlite:shop.sqlite'],
  run: (invocation) =>
    withMigrations(invocation, { command: 'pilar migrate plan', writes: false }, async (context) => {
      const work = await pendingWork(context)
      const { output } = context.shell
      if (invocation.given('json')) output.print(JSON.stringify(workJson(work), null, 2))
      else output.print(workText(work, { output, sql: invocation.given('sql') }))
      return work.possible ? 0 : EXIT_REFUSED
    }),
}
