import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { systemClock } from '../std/clock.ts'
import { backupsFolder, listBackups, moment } from './backups.ts'
import { type Command, type Invocation, JSON_OPTION, stopSignal, UsageError } from './command.ts'
import { databaseFile } from './database-file.ts'
import { progressOf, withPool } from './open-pool.ts'
import { DB_OPTIONS, openTransfer } from './open-transfer.ts'
import { columns } from './output.ts'
import { readServing } from './serving.ts'
import { requireTarget } from './target-file.ts'

export const command: Command = {
  synopsis: 'pilar db backup [--list] [--json] [--database URL] [--project DIR] [--data DIR] [FILE]',
  description:
    'Writes a copy of the whole database as it is at one moment, while it is in use, and checks it by opening it. FILE appears when it\n' +
    'is whole; by default it is a new one in the folder backups of the data folder. The project secret is not part of it.',
  options: {
    list: { value: null, doc: 'Make none, and list those in that folder, the ones that migrations made included.' },
    ...DB_OPTIONS,
    json: { ...JSON_OPTION, doc: 'Print file, bytes and sha256 as one JSON value.' },
  },
  positionals: { min: 0, max: 1 },
  examples: ['pilar db backup', 'pilar db backup --list', 'pilar db backup /mnt/backups/shop.db'],
  run: async (invocation) => {
    const { shell, positionals, given } = invocation
    if (given('list')) return list(invocation)
    const target = openTransfer(invocation)
    const [given0] = positionals
    const file =
      given0 === undefined
        ? join(backupsFolder(target.serving), `${moment(systemClock)}.db`)
        : resolve(shell.cwd, given0)
    requireTarget(file, databaseFile(target.serving))
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const signal = stopSignal(shell.untilStopped())
    const saved = await withPool(target, shell, (_pool, backup) =>
      backup.save(file, { signal, progress: progressOf(shell) }),
    )
    shell.terminal?.overwrite('')
    if (given('json')) shell.output.print(JSON.stringify(saved))
    else shell.output.print(`${saved.file}: ${saved.bytes} bytes, sha256 ${saved.sha256}`)
    return 0
  },
}

function list(invocation: Invocation): number {
  const { shell, positionals, given } = invocation
  if (positionals.length > 0) throw new UsageError('--list takes no file')
  const serving = readServing(invocation)
  const backups = listBackups(serving)
  if (given('json')) shell.output.print(JSON.stringify(backups))
  else if (backups.length === 0) shell.output.print(`There is no backup in ${backupsFolder(serving)}.`)
  else shell.output.print(columns(backups.map(({ file, bytes, savedAt }) => [file, `${bytes} bytes`, savedAt])))
  return 0
}
