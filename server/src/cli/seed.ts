import type { App } from '../app.ts'
import { failure } from '../errors/error.ts'
import type { Seed } from '../runtime/seed.ts'

const BATCH_ROWS = 500
const RANDOM_START = 20260101

/** Runs a project's seed against a fresh app and gives the number of rows written. */
export async function runSeed(app: App, seed: Seed): Promise<number> {
  let written = 0
  const insert = async (table: string, rows: readonly object[]): Promise<void> => {
    for (let start = 0; start < rows.length; start += BATCH_ROWS) {
      const batch = rows.slice(start, start + BATCH_ROWS)
      await insertBatch(app, table, batch)
      written += batch.length
    }
  }
  await seed({ insert, random: seededRandom(RANDOM_START) })
  return written
}

async function insertBatch(app: App, table: string, rows: readonly object[]): Promise<void> {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const quoted = names.map((name) => `"${name.replaceAll(/["\\]/g, '\\$&')}"`).join(',')
  const reply = await app.handle({
    method: 'POST',
    path: `/rest/v1/${encodeURIComponent(table)}`,
    search: `columns=${encodeURIComponent(quoted)}`,
    headers: { apikey: app.keys.secret, 'content-type': 'application/json', prefer: 'return=minimal, missing=default' },
    body: new TextEncoder().encode(JSON.stringify(rows)),
    signal: AbortSignal.timeout(60_000),
  })
  if (reply.status < 300) return
  const body = typeof reply.body === 'string' ? reply.body : new TextDecoder().decode(reply.body ?? new Uint8Array())
  const { message, details } = JSON.parse(body) as { readonly message: string; readonly details: unknown }
  const more = typeof details === 'string' ? ` (${details})` : ''
  throw failure('PILAR_START', { message: `seed.ts could not insert into ${table}: ${message}${more}` })
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
