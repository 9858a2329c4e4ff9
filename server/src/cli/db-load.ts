import { createReadStream, existsSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { failure } from '../errors/error.ts'
import { loadRows, type OnConflict } from '../pipeline/dump/load-rows.ts'
import { type Command, type Invocation, JSON_OPTION, UsageError } from './command.ts'
import { forgetFirstSeed } from './first-seed.ts'
import { DB_OPTIONS, loadGrammar, type OpenTransfer, openTransfer } from './open-transfer.ts'
import { rowsOf } from './progress.ts'
import { makeTables } from './project-app.ts'

const ON_CONFLICT: readonly OnConflict[] = ['error', 'skip', 'update']

export const command: Command = {
  synopsis:
    'pilar db load [--on-conflict error|skip|update] [--json] [--database URL] [--project DIR] [--data DIR] FILE',
  description:
    'Loads what `pilar db dump` wrote, all of it or nothing: an error names the line, and the database is as before. The rows of an\n' +
    'ndjson file go into the tables of schema.ts, which are made first where they are missing; types, constraints and checks hold,\n' +
    'policies do not. A sql file with structure wants an empty database. Meanwhile other writers wait.',
  options: {
    'on-conflict': {
      value: 'WHAT',
      doc: 'ndjson: what becomes of a row whose primary key is there already: error, skip or update.',
      default: 'error',
    },
    ...DB_OPTIONS,
    json: JSON_OPTION,
  },
  positionals: { min: 1, max: 1 },
  examples: ['pilar db load shop.sql', 'pilar db load --on-conflict update posts.ndjson'],
  run: async (invocation) => {
    const { shell, positionals, text } = invocation
    const onConflict = readOnConflict(invocation)
    const file = resolve(shell.cwd, positionals[0] ?? '')
    if (!existsSync(file) || !statSync(file).isFile()) {
      throw failure('PILAR_DUMP', { message: `there is no file ${file}` })
    }
    const format = await formatOf(file)
    if (format === 'sql' && text('on-conflict') !== undefined) throw new UsageError('--on-conflict is for ndjson files')
    const target = openTransfer(invocation, { create: true })
    const loaded =
      format === 'sql'
        ? await loadScript(file, target, invocation)
        : await loadNdjson(file, target, { invocation, onConflict })
    shell.terminal?.overwrite('')
    forgetFirstSeed(target.serving)
    if (invocation.given('json')) shell.output.print(JSON.stringify({ file, format, ...loaded }))
    else shell.output.print(loaded.rows === null ? 'Loaded.' : `${rowsOf(loaded.rows)} loaded.`)
    return 0
  },
}

function readOnConflict({ text }: Invocation): OnConflict {
  const asked = text('on-conflict') ?? 'error'
  const found = ON_CONFLICT.find((each) => each === asked)
  if (found === undefined) throw new UsageError(`--on-conflict can't be "${asked}"`, `one of ${ON_CONFLICT.join(', ')}`)
  return found
}

/** A dump of rows begins with a brace, which no SQL does. */
async function formatOf(file: string): Promise<'sql' | 'ndjson'> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0)
    const begin = buffer.subarray(0, bytesRead)
    if (begin.includes(0) || (begin[0] === 0x1f && begin[1] === 0x8b)) {
      const hint = 'Unpack it first; a backup is put back by: pilar db restore.'
      throw failure('PILAR_DUMP', { message: `${file} is no text` }, { hint })
    }
    return begin.toString().trimStart().startsWith('{') ? 'ndjson' : 'sql'
  } finally {
    await handle.close()
  }
}

function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })
}

async function loadScript(
  file: string,
  { transfer }: OpenTransfer,
  { shell }: Invocation,
): Promise<{ readonly rows: null }> {
  await transfer.runScript(linesOf(file), (done) => shell.terminal?.overwrite(`${done} statements …`))
  return { rows: null }
}

async function loadNdjson(
  file: string,
  { serving, transfer, database }: OpenTransfer,
  { invocation, onConflict }: { readonly invocation: Invocation; readonly onConflict: OnConflict },
): Promise<{ readonly rows: number }> {
  const { shell } = invocation
  await makeTables(serving, shell)
  await loadGrammar()
  const snapshot = await transfer.snapshot()
  const { catalog } = snapshot
  snapshot.close()
  const progress = (rows: number) => shell.terminal?.overwrite(`${rowsOf(rows)} …`)
  const rows = await transfer.load({ onlyInserts: onConflict !== 'update' }, (loading) =>
    loadRows(linesOf(file), loading, { engine: database.engine, catalog, onConflict, progress }),
  )
  return { rows }
}
