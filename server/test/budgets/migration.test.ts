import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { SqliteStructure } from '../../src/engines/sqlite/structure.ts'
import { BATCH_MS_MAX } from '../../src/engines/structure.ts'
import { systemClock } from '../../src/std/clock.ts'
import { makeItems, planned } from '../support/hand-made-migration.ts'
import { tempFolder } from '../support/temp.ts'

const ROWS = 300_000
const signal = new AbortController().signal

/** Another process, as far as locks go: writes a row, waits five milliseconds, and so on. Gives how long each write took. */
const WRITER = `
const { DatabaseSync } = require('node:sqlite'), { parentPort, workerData } = require('node:worker_threads')
const database = new DatabaseSync(workerData.file, { timeout: 10000 })
const update = database.prepare("UPDATE items SET code = 'w' || id WHERE id = ?")
const tookMs = []
let isRunning = true
parentPort.on('message', () => { isRunning = false })
const write = () => {
  if (!isRunning) { database.close(); parentPort.postMessage(tookMs); parentPort.close(); return }
  const startMs = performance.now()
  update.run(1 + Math.floor(Math.random() * workerData.rows))
  tookMs.push(performance.now() - startMs)
  setTimeout(write, 5)
}
write()
parentPort.postMessage('began')`

test('nobody waits for a migration for longer than a second: neither while rows are copied nor at the switch', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'data.db')
  makeItems(file, ROWS)
  const env = { observe: () => {}, clock: systemClock }
  const pool = await sqlite.open({ url: `sqlite:${file}`, statementTimeoutMs: 5000, transactionMs: 5000 }, env)
  t.after(() => pool.close())
  const { structure } = pool
  assert.ok(structure instanceof SqliteStructure)
  const lease = await structure.acquireLease({ holder: 'a test', signal })
  const writer = new Worker(WRITER, { eval: true, workerData: { file, rows: ROWS } })
  t.after(() => writer.terminate())
  const next = (): Promise<unknown> => new Promise((resolve) => writer.once('message', resolve))
  await next()
  let switchMs = 0
  await structure.run(planned(file), {
    lease,
    signal,
    atSwitch: async (body) => {
      const startMs = performance.now()
      await body()
      switchMs = performance.now() - startMs
    },
  })
  const ended = next()
  writer.postMessage('stop')
  const tookMs = ((await ended) as number[]).sort((a, b) => a - b)
  await lease.release()
  const maxMs = tookMs.at(-1) ?? Number.NaN
  t.diagnostic(`${tookMs.length} writes, the longest ${maxMs.toFixed(0)} ms; the switch ${switchMs.toFixed(0)} ms`)
  assert.ok(tookMs.length > 20, `${tookMs.length} writes`)
  assert.ok(maxMs < BATCH_MS_MAX, `${maxMs} ms`)
  assert.ok(switchMs < BATCH_MS_MAX, `${switchMs} ms`)
})
