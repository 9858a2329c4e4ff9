import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from '../app.ts'
import { failure, PilarError } from '../errors/error.ts'
import type { HttpReply } from '../runtime/http.ts'
import type { Seed, UpsertOptions } from '../runtime/seed.ts'
import type { Table } from '../schema/catalog.ts'
import { DEFAULT_SCHEMA, tableKey } from '../schema/catalog.ts'
import { loadDefault } from './load-module.ts'

const SEED_FILE = 'seed.ts'

const BATCH_ROWS = 500
const BATCH_MS_MAX = 60_000
const RANDOM_START = 20260101

type Row = Readonly<Record<string, unknown>>

export function hasSeed(project: string): boolean {
  return existsSync(join(project, SEED_FILE))
}

/** A project's seed. PILAR_START when its file exports no function. */
export async function loadSeed(project: string): Promise<Seed> {
  const path = join(project, SEED_FILE)
  const seed = await loadDefault(path)
  if (typeof seed === 'function') return seed as Seed
  throw failure(
    'PILAR_START',
    { message: `${path} does not export a function` },
    { hint: 'export default async ({ insert, upsert, random }) => { … }' },
  )
}

export interface SeedOptions {
  /** The tables are new: inserts need not look for rows. */
  readonly fresh: boolean
  /** Told of each batch with the rows of the table so far. */
  readonly progress?: (table: string, rows: number) => void
}

/** Runs a project's seed against an app and gives the number of rows written. */
export async function runSeed(app: App, seed: Seed, options: SeedOptions): Promise<number> {
  const seeding = new Seeding(app, options)
  try {
    await seed({
      insert: (table, rows) => seeding.insert(table, rows as readonly Row[]),
      upsert: (table, rows, how) => seeding.upsert(table, rows as readonly Row[], how ?? {}),
      random: seededRandom(RANDOM_START),
    })
  } catch (error) {
    throw error instanceof PilarError ? error : ownError(error)
  }
  return seeding.written
}

/** What the user's code throws is no bug of ours; the place is the first one in a file of theirs. */
function ownError(error: unknown): Error {
  if (!(error instanceof Error)) return failure('PILAR_START', { message: `seed.ts threw ${String(error)}` })
  const place = /file:\/\/\S+(?<!\/cli)\/seed\.ts:\d+(?::\d+)?/.exec(error.stack ?? '')?.[0]
  if (place === undefined) return error
  return failure('PILAR_START', { message: `seed.ts failed: ${error.message}\n  at ${place}` }, { cause: error })
}

/** True when no table of the user's has a row. */
export async function hasNoRows(app: App): Promise<boolean> {
  for (const table of app.model.catalog.tables.values()) {
    if (table.kind === 'table' && !table.system && (await hasRows(app, nameOf(table)))) return false
  }
  return true
}

const nameOf = (table: Table): string => (table.schema === DEFAULT_SCHEMA ? table.name : table.key)

class Seeding {
  written = 0
  readonly #app: App
  readonly #options: SeedOptions
  /** Tables that were empty when this run first inserted into them. */
  readonly #ours = new Set<string>()

  constructor(app: App, options: SeedOptions) {
    this.#app = app
    this.#options = options
  }

  async insert(table: string, rows: readonly Row[]): Promise<void> {
    if (!this.#options.fresh && !this.#ours.has(table) && (await hasRows(this.#app, table))) {
      const hint = 'Use upsert in seed.ts, so that it can be run again, or start over: pilar db reset.'
      throw failure('PILAR_START', { message: `seed.ts inserts into ${table}, which has rows` }, { hint })
    }
    this.#ours.add(table)
    await this.#writeAll(table, { batches: batchesOf(rows), prefer: '', conflict: null })
  }

  async upsert(table: string, rows: readonly Row[], { on }: UpsertOptions): Promise<void> {
    const key = on ?? findTable(this.#app, table)?.primaryKey ?? []
    requireKey(table, rows, { key, isOwn: on !== undefined })
    // What a row does not give must stay as it is: rows that give other columns are written apart.
    const batches = runsOfSameKeys(rows).flatMap(batchesOf)
    await this.#writeAll(table, { batches, prefer: ', resolution=merge-duplicates', conflict: on ?? null })
  }

  async #writeAll(table: string, write: Writing): Promise<void> {
    let rows = 0
    for (const batch of write.batches) {
      await writeBatch(this.#app, table, { ...write, batch })
      rows += batch.length
      this.written += batch.length
      this.#options.progress?.(table, rows)
    }
  }
}

interface Writing {
  readonly batches: readonly (readonly Row[])[]
  /** What is added to `Prefer`. */
  readonly prefer: string
  readonly conflict: readonly string[] | null
}

function requireKey(
  table: string,
  rows: readonly Row[],
  { key, isOwn }: { key: readonly string[]; isOwn: boolean },
): void {
  const example = `upsert('${table}', rows, { on: ['…'] })`
  if (key.length === 0) {
    const message = `seed.ts: ${table} has no primary key to tell its rows apart`
    throw failure('PILAR_START', { message }, { hint: `Name columns that are unique together: ${example}` })
  }
  for (const [index, row] of rows.entries()) {
    const missing = key.find((name) => row[name] === undefined || row[name] === null)
    if (missing === undefined) continue
    const message = `seed.ts: row ${index + 1} for ${table} gives no ${missing}, by which upsert would know it again`
    const hint = isOwn ? 'Give it.' : `Give it, or name other columns that are unique together: ${example}`
    throw failure('PILAR_START', { message }, { hint })
  }
}

function batchesOf(rows: readonly Row[]): readonly (readonly Row[])[] {
  return Array.from({ length: Math.ceil(rows.length / BATCH_ROWS) }, (_, index) =>
    rows.slice(index * BATCH_ROWS, (index + 1) * BATCH_ROWS),
  )
}

function runsOfSameKeys(rows: readonly Row[]): readonly (readonly Row[])[] {
  const runs: { readonly shape: string; readonly rows: Row[] }[] = []
  for (const row of rows) {
    const shape = JSON.stringify(Object.keys(row).sort())
    const last = runs.at(-1)
    if (last?.shape === shape) last.rows.push(row)
    else runs.push({ shape, rows: [row] })
  }
  return runs.map((run) => run.rows)
}

async function writeBatch(
  app: App,
  table: string,
  { batch, prefer, conflict }: Writing & { readonly batch: readonly Row[] },
): Promise<void> {
  const columns = `columns=${quotedNames(new Set(batch.flatMap((row) => Object.keys(row))))}`
  const reply = await ask(app, table, {
    method: 'POST',
    search: conflict === null ? columns : `${columns}&on_conflict=${quotedNames(new Set(conflict))}`,
    headers: { 'content-type': 'application/json', prefer: `return=minimal, missing=default${prefer}` },
    body: new TextEncoder().encode(JSON.stringify(batch)),
  })
  if (reply.status >= 300) throw refused(`seed.ts could not write into ${table}`, reply)
}

async function hasRows(app: App, table: string): Promise<boolean> {
  const reply = await ask(app, table, { method: 'GET', search: 'limit=1', headers: {}, body: null })
  if (reply.status >= 300) throw refused(`seed.ts could not read ${table}`, reply)
  return textOf(reply) !== '[]'
}

interface Asking {
  readonly method: 'GET' | 'POST'
  readonly search: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
}

/** A request as service_role, in process. */
function ask(app: App, name: string, { method, search, headers, body }: Asking): Promise<HttpReply> {
  const found = findTable(app, name)
  const isDefault = found === undefined || found.schema === app.model.catalog.schemas[0]
  const profile = isDefault ? {} : { 'accept-profile': found.schema, 'content-profile': found.schema }
  return app.handle({
    ...{ method, search, body },
    path: `/rest/v1/${encodeURIComponent(found?.name ?? name)}`,
    headers: { apikey: app.keys.secret, ...profile, ...headers },
    signal: AbortSignal.timeout(BATCH_MS_MAX),
  })
}

function findTable(app: App, name: string): Table | undefined {
  const { tables } = app.model.catalog
  return tables.get(tableKey(DEFAULT_SCHEMA, name)) ?? tables.get(name)
}

const quotedNames = (names: ReadonlySet<string>): string =>
  encodeURIComponent([...names].map((name) => `"${name.replaceAll(/["\\]/g, '\\$&')}"`).join(','))

const textOf = ({ body }: HttpReply): string =>
  typeof body === 'string' ? body : new TextDecoder().decode(body ?? new Uint8Array())

function refused(what: string, reply: HttpReply): Error {
  const { message, details } = JSON.parse(textOf(reply)) as { readonly message: string; readonly details: unknown }
  const more = typeof details === 'string' ? ` (${details})` : ''
  return failure('PILAR_START', { message: `${what}: ${message}${more}` })
}

/** Mulberry32: 32 bits of state, evenly spread, the same everywhere. Not for secrets. */
function seededRandom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
