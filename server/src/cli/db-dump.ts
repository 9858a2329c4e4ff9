import { createHash } from 'node:crypto'
import { createWriteStream, renameSync, rmSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Snapshot } from '../engines/transfer.ts'
import { dumpOrder, dumpRows } from '../pipeline/dump/dump-rows.ts'
import { dumpName } from '../pipeline/dump/format.ts'
import type { Table } from '../schema/catalog.ts'
import { nearest } from '../std/nearest.ts'
import { type Command, type Invocation, JSON_OPTION, suggestion, UsageError } from './command.ts'
import { databaseFile } from './database-file.ts'
import { DB_OPTIONS, loadGrammar, openTransfer } from './open-transfer.ts'
import { rowsOf } from './progress.ts'
import { requireTarget } from './target-file.ts'
import { version } from './version.ts'

const FORMATS = ['sql', 'ndjson'] as const
type Format = (typeof FORMATS)[number]

export const command: Command = {
  synopsis:
    'pilar db dump [--format sql|ndjson] [--out FILE] [--tables A,B] [--data-only | --schema-only] [--json]\n                     [--database URL] [--project DIR] [--data DIR]',
  description:
    'Writes the database out as it is at this moment, while it is in use. sql: a script that makes the same database, with the\n' +
    'structure and what is retired; the sqlite3 shell reads it, too. ndjson: the rows alone, one per line, the same for every kind\n' +
    'of database. Both are read by `pilar db load`. Policies do not apply. Without --out it goes to stdout.',
  options: {
    format: { value: 'FORMAT', doc: 'sql or ndjson.', default: 'sql' },
    out: { value: 'FILE', doc: 'Where to write it; appears when it is whole.' },
    tables: { value: 'A,B', doc: 'Only these tables.', default: 'all' },
    'data-only': { value: null, doc: 'sql: rows without structure.' },
    'schema-only': { value: null, doc: 'sql: structure without rows.' },
    ...DB_OPTIONS,
    json: { ...JSON_OPTION, doc: 'With --out: print file, bytes and sha256 as one JSON value.' },
  },
  positionals: { min: 0, max: 0 },
  examples: [
    'pilar db dump --out shop.sql',
    'pilar db dump --format ndjson --tables posts,authors | gzip > posts.ndjson.gz',
    "pilar db dump --schema-only | grep 'CREATE TABLE'",
  ],
  run: async (invocation) => {
    const format = readFormat(invocation)
    const { transfer, serving } = openTransfer(invocation)
    const out = invocation.text('out')
    if (out !== undefined) requireTarget(resolve(invocation.shell.cwd, out), databaseFile(serving))
    await loadGrammar()
    const snapshot = await transfer.snapshot()
    try {
      await write(chunks(lines(snapshot, format, invocation)), invocation)
      return 0
    } finally {
      snapshot.close()
    }
  },
}

function readFormat({ text, given }: Invocation): Format {
  const asked = text('format') ?? 'sql'
  const format = FORMATS.find((each) => each === asked)
  if (format === undefined)
    throw new UsageError(`unknown format "${asked}"`, `--format ${FORMATS.join(' or --format ')}`)
  if (given('data-only') && given('schema-only'))
    throw new UsageError('--data-only and --schema-only exclude each other')
  if (format === 'ndjson' && given('schema-only')) throw new UsageError('ndjson has rows only', '--format sql')
  return format
}

function lines(snapshot: Snapshot, format: Format, { text, given, shell }: Invocation): Iterable<string> {
  const all = dumpOrder(snapshot.catalog)
  const names = text('tables')
  const tables = names === undefined ? null : names.split(',').map((name) => find(name.trim(), all))
  if (format === 'sql') {
    return snapshot.script({ structure: !given('data-only'), rows: !given('schema-only'), tables })
  }
  const progress = (table: string, rows: number) => shell.terminal?.overwrite(`${table}: ${rowsOf(rows)} …`)
  // In the order of their references, not of the command line.
  const chosen = tables === null ? all : all.filter((table) => tables.includes(table))
  return dumpRows(snapshot, { tables: chosen, version: version(), progress })
}

function find(name: string, all: readonly Table[]): Table {
  const found = all.find((table) => dumpName(table) === name || table.key === name)
  if (found !== undefined) return found
  throw new UsageError(`there is no table "${name}"`, suggestion(nearest(name, all.map(dumpName), 0.5)))
}

const CHUNK_CHARACTERS = 65_536

/** Lines as pieces that are worth a system call. */
function* chunks(all: Iterable<string>): Iterable<string> {
  let chunk = ''
  for (const line of all) {
    chunk += `${line}\n`
    if (chunk.length < CHUNK_CHARACTERS) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

async function write(content: Iterable<string>, { shell, text, given }: Invocation): Promise<void> {
  const out = text('out')
  if (out === undefined) {
    if (given('json')) throw new UsageError('--json tells of a file', '--out FILE')
    return shell.output.stream(content)
  }
  const file = resolve(shell.cwd, out)
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  const partial = `${file}.partial`
  try {
    await pipeline(Readable.from(content), hashing, createWriteStream(partial, { mode: 0o600 }))
    renameSync(partial, file)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
  shell.terminal?.overwrite('')
  const written = { file, bytes: statSync(file).size, sha256: hash.digest('hex') }
  if (given('json')) shell.output.print(JSON.stringify(written))
  else shell.output.report(`${out}: ${written.bytes} bytes, sha256 ${written.sha256}`)
}
