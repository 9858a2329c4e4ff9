import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pacer } from './pacer.ts'

const { signal } = new AbortController()

async function restOf(pacer: Pacer, tookMs: number): Promise<number> {
  const startMs = performance.now()
  await pacer.after(tookMs)
  return performance.now() - startMs
}

test('a batch that took long is followed by a smaller one, and a short one by a larger one', async () => {
  const pacer = new Pacer({ signal })
  const first = pacer.rows
  await pacer.after(10)
  assert.equal(pacer.rows, first * 2)
  await pacer.after(80)
  assert.equal(pacer.rows, first)
  for (let count = 0; count < 20; count++) await pacer.after(1)
  assert.equal(pacer.rows, 50_000)
})

test('while requests write, a batch is as short as they are', async () => {
  let lastWriteMs = performance.now()
  const pacer = new Pacer({ signal, lastWriteMs: () => lastWriteMs })
  const first = pacer.rows
  await pacer.after(10)
  assert.equal(pacer.rows, first / 2)
  lastWriteMs -= 2_000
  await pacer.after(10)
  assert.equal(pacer.rows, first)
})

test('at half the pace it rests as long as it works', async () => {
  const restMs = await restOf(new Pacer({ signal, pace: 0.5 }), 60)
  assert.ok(restMs >= 59, `${restMs} ms`)
})

test('after much work it rests until a process that waits for the lock has asked for it once', async () => {
  const pacer = new Pacer({ signal })
  const rests: number[] = []
  for (let count = 0; count < 5; count++) rests.push(await restOf(pacer, 50))
  assert.ok(Math.max(...rests) >= 104, `${rests}`)
})

test('it ends between batches when it is told to, be it in the middle of a rest', async () => {
  const abort = new AbortController()
  const pacer = new Pacer({ signal: abort.signal, pace: 0.05 })
  setTimeout(() => abort.abort(), 10)
  const startMs = performance.now()
  await assert.rejects(pacer.after(1_000), {
    code: '57014',
    details: 'The migration was cancelled; nothing was changed.',
  })
  assert.ok(performance.now() - startMs < 5_000)
})
