import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeItems } from '../support/hand-made-migration.ts'
import { tempFolder } from '../support/temp.ts'

const ROWS = 20_000
const CHILD = fileURLToPath(new URL('../support/migrate-child.ts', import.meta.url))

function newFile(t: TestContext): string {
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'data.db')
  makeItems(file, ROWS)
  return file
}

function start(file: string): {
  child: ChildProcess
  lines: string[]
  ended: Promise<void>
  said(text: string): Promise<void>
} {
  const child = spawn(process.execPath, [CHILD, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const waiting: (() => void)[] = []
  const { stdout } = child
  assert.ok(stdout)
  createInterface({ input: stdout }).on('line', (line) => {
    lines.push(line)
    for (const look of waiting) look()
  })
  const said = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (lines.includes(text)) resolve()
      }
      waiting.push(look)
      look()
      void ended.then(resolve)
    })
  return { child, lines, ended, said }
}

/** What the rows are, whichever of the two structures they have. */
function rowsOf(file: string): { rows: string; isMigrated: boolean; left: unknown } {
  const database = new DatabaseSync(file)
  try {
    const type = database.prepare("SELECT type FROM pragma_table_info('items') WHERE name = 'size'").get()?.['type']
    const isMigrated = type === 'TEXT'
    const size = isMigrated ? 'size' : `size || ' cm'`
    const rows = JSON.stringify(
      database.prepare(`SELECT id, code, ${size} AS size, owner FROM items ORDER BY id`).all(),
    )
    const left = database
      .prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'pilar.copy%' OR name LIKE 'pilar.rubbish%'")
      .all()
    assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok')
    return { rows, isMigrated, left }
  } finally {
    database.close()
  }
}

/** The next one need not wait until the killed one's lease has run out. */
function freeLease(file: string): void {
  const database = new DatabaseSync(file, { timeout: 5000 })
  database.exec('UPDATE "pilar.leases" SET expires_ms = 0')
  database.close()
}

for (const point of ['began', 'copying 0', 'copying 3', 'copying 10', 'switching 0', 'tidying 0']) {
  test(`killed at "${point}" it is not there or whole, and the next one goes on`, async (t) => {
    const file = newFile(t)
    const before = rowsOf(file).rows
    const { child, said, ended } = start(file)
    await said(point)
    child.kill('SIGKILL')
    await ended
    assert.equal(rowsOf(file).rows, before)
    freeLease(file)
    const next = start(file)
    await next.ended
    if (point === 'copying 10') assert.equal(next.lines[1], point, 'rows that were copied are not copied again')
    const after = rowsOf(file)
    assert.equal(after.rows, before)
    assert.equal(after.isMigrated, true)
    assert.deepEqual(after.left, [])
  })
}

test('four processes that start together run a migration once', async (t) => {
  const file = newFile(t)
  const before = rowsOf(file).rows
  const all = [1, 2, 3, 4].map(() => start(file))
  await Promise.all(all.map(({ ended }) => ended))
  const said = all.map(({ lines }) => lines.at(-1)).sort()
  assert.deepEqual(said, ['nothing to do', 'nothing to do', 'nothing to do', 'ran'])
  const { rows, left } = rowsOf(file)
  assert.equal(rows, before)
  assert.deepEqual(left, [])
})
