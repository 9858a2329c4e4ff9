import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { failure } from '../errors/error.ts'
import { dumpName } from '../pipeline/dump/format.ts'
import { type Command, type Invocation, JSON_OPTION, type Shell, stopSignal } from './command.ts'
import { confirmed, YES_OPTION } from './confirm.ts'
import { databaseFile } from './database-file.ts'
import { forgetFirstSeed } from './first-seed.ts'
import { replaceDatabase } from './open-pool.ts'
import { DB_OPTIONS, type OpenTransfer, openTransfer, transferOf } from './open-transfer.ts'
import { requireBackup } from './target-file.ts'

const EXIT_FAILED = 1
/** Tables that are named when it is shown what is replaced. */
const NAMES_MAX = 8

export const command: Command = {
  synopsis: 'pilar db restore [--yes] [--json] [--database URL] [--project DIR] [--data DIR] FILE',
  description:
    'Puts a backup in the place of everything the database has, at one moment, after it has shown what is replaced and saved that in\n' +
    'the folder backups of the data folder. A damaged file is refused before anything is touched.',
  options: {
    yes: YES_OPTION,
    ...DB_OPTIONS,
    json: { ...JSON_OPTION, doc: 'Print what was restored and saved as one JSON value.' },
  },
  positionals: { min: 1, max: 1 },
  examples: ['pilar db restore .pilar/backups/20260131-100000.db'],
  run: async (invocation) => {
    const { shell, positionals } = invocation
    const file = resolve(shell.cwd, positionals[0] ?? '')
    if (!existsSync(file) || !statSync(file).isFile()) {
      throw failure('PILAR_DUMP', { message: `there is no file ${file}` })
    }
    const target = openTransfer(invocation, { create: true })
    requireBackup(file, databaseFile(target.serving))
    const now = await describe(target, shell)
    const backup = await describe(ofBackup(file, target), shell)
    shell.output.report(`This replaces ${now}\nby ${backup}`)
    if (!(await confirmed(invocation, 'Replace it?'))) return EXIT_FAILED
    const signal = stopSignal(shell.untilStopped())
    const saved = await replaceDatabase(target, shell, { file, command: 'pilar db restore', signal })
    forgetFirstSeed(target.serving)
    printOutcome(invocation, file, saved?.file ?? null)
    return 0
  },
}

function printOutcome({ shell, given }: Invocation, restored: string, saved: string | null): void {
  if (given('json')) shell.output.print(JSON.stringify({ restored, saved }))
  else shell.output.print(`Restored.${saved === null ? '' : ` What was there before: ${saved}`}`)
}

function ofBackup(file: string, { serving }: OpenTransfer): OpenTransfer {
  const backup = { ...serving, settings: { ...serving.settings, databaseUrl: `sqlite:${file}` } }
  return { serving: backup, ...transferOf(backup) }
}

/** `/data/data.db, 12 tables, 40960 bytes, last changed 2026-01-31T10:00:00.000Z`. Throws XX001 for what is no database. */
async function describe({ serving, transfer }: OpenTransfer, { output }: Shell): Promise<string> {
  const file = databaseFile(serving) ?? serving.settings.databaseUrl
  if (!existsSync(file)) return `nothing: ${file} is not there yet`
  const { size, mtime } = statSync(file)
  const snapshot = await transfer.snapshot().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw failure('XX001', { message: `${file}: ${reason.replace(/^the database file is corrupt: /, '')}` })
  })
  try {
    const tables = [...snapshot.catalog.tables.values()].filter((table) => table.kind === 'table' && !table.system)
    const names = tables.length <= NAMES_MAX ? tables : tables.slice(0, NAMES_MAX)
    const list = `${names.map(dumpName).join(', ')}${names.length < tables.length ? ', …' : ''}`
    return `${output.bold(file)}: ${tables.length} ${tables.length === 1 ? 'table' : 'tables'} (${list}), ${size} bytes, last changed ${mtime.toISOString()}`
  } finally {
    snapshot.close()
  }
}
