/**
 * Nothing is answered before COMMIT: the server is killed (SIGKILL, the whole group) at random moments under a load of inserts, and every
 * answered row must be there afterwards, the file sound. The control puts COMMIT off until after the answer and must lose rows.
 * `PILAR_CASES=200` runs as many kills.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { as, ask } from '../support/http.ts'
import { caseCount } from '../support/require.ts'
import { type Spawned, spawnServer } from '../support/spawn.ts'
import { sql } from '../support/sql.ts'
import { seededRandom, sleep, tempFolder } from '../support/temp.ts'

const KILLS = caseCount({ local: 6, ci: 25 })
const CONTROL_KILLS = 6
const WRITERS = 8
const MOMENT_MS_MAX = 400
const SEED = Number(process.env.PILAR_SEED ?? 20_260_101)
const project = fileURLToPath(new URL('./project', import.meta.url))

interface Round {
  readonly answered: number
  readonly lost: number
}

/** Kills a server `kills` times on one file and says how many answered rows there were, and how many of them are gone. */
async function killed(kills: number, env: Record<string, string>): Promise<Round> {
  const random = seededRandom(SEED)
  const folder = tempFolder()
  const answered = new Set<number>()
  let next = 1
  let lost = 0
  try {
    for (let kill = 0; kill < kills; kill++) {
      const server = await spawnServer({ project, data: folder.path, env })
      const load = Array.from({ length: WRITERS }, () => write(server, answered, () => next++))
      await sleep(random() * MOMENT_MS_MAX)
      await server.kill()
      await Promise.all(load)
      lost = missing(server.file, answered)
    }
    return { answered: answered.size, lost }
  } finally {
    folder.remove()
  }
}

/** Inserts until the server is gone; notes what was answered. */
async function write(server: Spawned, answered: Set<number>, nextId: () => number): Promise<void> {
  for (;;) {
    const id = nextId()
    try {
      const body = JSON.stringify({ id, note: `row ${id}` })
      const { status, text } = await ask(`${server.url}/rest/v1/entries`, {
        method: 'POST',
        headers: as(server.keys.service),
        body,
      })
      assert.equal(status, 201, text)
      answered.add(id)
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      return
    }
  }
}

function missing(file: string, answered: ReadonlySet<number>): number {
  const database = sql(file)
  try {
    assert.equal(database.value('PRAGMA integrity_check'), 'ok')
    const stored = new Set(database.all('SELECT id FROM entries').map((row) => row['id'] as number))
    return [...answered].filter((id) => !stored.has(id)).length
  } finally {
    database.close()
  }
}

describe('kill -9 at random moments', () => {
  test(`${KILLS} kills lose nothing that was answered (seed ${SEED})`, async (t) => {
    const { answered, lost } = await killed(KILLS, {})
    t.diagnostic(`${answered} answered inserts, ${lost} lost`)
    assert.ok(answered > KILLS, `only ${answered} rows were answered: the test did not load the server`)
    assert.equal(lost, 0)
  })

  test('control: a server that answers before COMMIT loses rows', async (t) => {
    const hook = new URL('./sabotage/answer-first.mjs', import.meta.url)
    const { answered, lost } = await killed(CONTROL_KILLS, { NODE_OPTIONS: `--import=${hook.href}` })
    t.diagnostic(`${answered} answered inserts, ${lost} lost`)
    assert.ok(lost > 0, 'the control was not noticed')
  })
})
