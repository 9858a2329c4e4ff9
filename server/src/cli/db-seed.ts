import { failure } from '../errors/error.ts'
import { type Command, JSON_OPTION } from './command.ts'
import { forgetFirstSeed } from './first-seed.ts'
import { DB_OPTIONS } from './open-transfer.ts'
import { rowsOf } from './progress.ts'
import { openApp } from './project-app.ts'
import { hasSeed, loadSeed, runSeed } from './seed.ts'
import { readServing } from './serving.ts'

export const command: Command = {
  synopsis: 'pilar db seed [--json] [--database URL] [--project DIR] [--data DIR]',
  description:
    'Runs seed.ts on the database as it is. Rows it upserts are written again or added; a table it inserts into must be empty. Each 500\n' +
    'rows are one transaction: when it fails, mend seed.ts and run it again.',
  options: { ...DB_OPTIONS, json: JSON_OPTION },
  positionals: { min: 0, max: 0 },
  examples: ['pilar db seed'],
  run: async (invocation) => {
    const { shell, given } = invocation
    const serving = readServing(invocation)
    if (!hasSeed(serving.project)) {
      const hint = 'It exports a function: export default async ({ upsert }) => { … }'
      throw failure('PILAR_START', { message: `there is no seed.ts in ${serving.project}` }, { hint })
    }
    const app = await openApp(serving, shell)
    try {
      const progress = (table: string, rows: number) => shell.terminal?.overwrite(`${table}: ${rowsOf(rows)} …`)
      const rows = await runSeed(app, await loadSeed(serving.project), { fresh: app.fresh, progress })
      shell.terminal?.overwrite('')
      forgetFirstSeed(serving)
      if (given('json')) shell.output.print(JSON.stringify({ rows }))
      else shell.output.print(`seed.ts wrote ${rowsOf(rows)}.`)
      return 0
    } finally {
      await app.close()
    }
  },
}
