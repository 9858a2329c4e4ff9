import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, type Invocation, JSON_OPTION, type Shell, stopSignal, UsageError } from './command.ts'
import { confirmed, YES_OPTION } from './confirm.ts'
import { databaseFile } from './database-file.ts'
import { forgetFirstSeed } from './first-seed.ts'
import { replaceDatabase } from './open-pool.ts'
import { DB_OPTIONS, openTransfer } from './open-transfer.ts'
import { rowsOf } from './progress.ts'
import { openApp } from './project-app.ts'
import { hasSeed, loadSeed, runSeed } from './seed.ts'
import type { Serving } from './serving.ts'

const EXIT_FAILED = 1

export const command: Command = {
  synopsis: 'pilar db reset [--yes] [--no-seed] [--json] [--project DIR] [--data DIR] [--database URL --yes]',
  description:
    'Empties the database and begins again: everything is saved in the folder backups of the data folder, then a database that has what\n' +
    'schema.ts declares and seed.ts writes takes its place, at one moment. The keys stay. If schema.ts or seed.ts fails, nothing has\n' +
    'happened. A database that is not the embedded one is reset only when --database names it and --yes is given.',
  options: {
    yes: YES_OPTION,
    'no-seed': { value: null, doc: 'Leave the tables empty.' },
    ...DB_OPTIONS,
    json: { ...JSON_OPTION, doc: 'Print rows and the saved file as one JSON value.' },
  },
  positionals: { min: 0, max: 0 },
  examples: ['pilar db reset', 'pilar db reset --yes --no-seed'],
  run: async (invocation) => {
    const { shell, given } = invocation
    const target = openTransfer(invocation, { create: true })
    const { serving, database } = target
    requireMeant(invocation, database.embedded)
    const file = databaseFile(serving) ?? database.url
    shell.output.report(`This empties ${shell.output.bold(file)}; what it has is saved first.`)
    if (!(await confirmed(invocation, 'Empty it?'))) return EXIT_FAILED
    const signal = stopSignal(shell.untilStopped())
    mkdirSync(serving.settings.dataDir, { recursive: true, mode: 0o700 })
    const folder = mkdtempSync(join(serving.settings.dataDir, 'reset-'))
    try {
      const scratch = join(folder, 'new.db')
      const rows = await build(scratch, invocation, serving)
      const isThere = existsSync(file)
      const saved = await replaceDatabase(target, shell, { file: scratch, command: 'pilar db reset', signal })
      forgetFirstSeed(serving)
      const kept = isThere ? (saved?.file ?? null) : null
      if (given('json')) shell.output.print(JSON.stringify({ rows, saved: kept }))
      else
        shell.output.print(
          `Begun again${rows === 0 ? '' : ` with ${rowsOf(rows)}`}.${kept === null ? '' : ` What was there before: ${kept}`}`,
        )
      return 0
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** The rows of others are not emptied by a default, or by a variable that was still set. */
function requireMeant({ given }: Invocation, isEmbedded: boolean): void {
  if (isEmbedded || (given('database') && given('yes'))) return
  throw new UsageError(
    'this is not the embedded database: reset empties it only when you name it and say yes',
    'pilar db reset --database sqlite:FILE --yes',
  )
}

/** A new database as schema.ts and seed.ts make it. Gives the number of seeded rows. */
async function build(
  file: string,
  { shell, given }: { readonly shell: Shell; readonly given: Invocation['given'] },
  serving: Serving,
): Promise<number> {
  const settings = { ...serving.settings, databaseUrl: `sqlite:${file}`, migrate: 'auto' as const }
  const app = await openApp({ ...serving, settings }, shell)
  try {
    if (given('no-seed') || !hasSeed(serving.project)) return 0
    const progress = (table: string, rows: number) => shell.terminal?.overwrite(`${table}: ${rowsOf(rows)} …`)
    const rows = await runSeed(app, await loadSeed(serving.project), { fresh: true, progress })
    shell.terminal?.overwrite('')
    return rows
  } finally {
    await app.close()
  }
}
