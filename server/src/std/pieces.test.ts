import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from './clock.ts'
import { atOnce, inPieces, inTurns, otherTurns } from './pieces.ts'

const spend = (ms: number): void => {
  const untilMs = systemClock.monotonicMs() + ms
  while (systemClock.monotonicMs() < untilMs);
}

test('pieces give the same at once and in turns', async () => {
  const doubled = () => inPieces([1, 2, 3], (item, index) => item * 2 + index)
  assert.deepEqual(atOnce(doubled()), [2, 5, 8])
  assert.deepEqual(await inTurns(doubled()), [2, 5, 8])
})

test('others have their turn between pieces that take long, and none where they are short', async () => {
  const turnsDuring = async (ms: number): Promise<number> => {
    let turns = 0
    let isDone = false
    const others = async (): Promise<void> => {
      for (; !isDone; turns++) await otherTurns()
    }
    const counting = others()
    await inTurns(inPieces(Array.from({ length: 20 }), () => spend(ms)))
    isDone = true
    await counting
    return turns
  }
  assert.ok((await turnsDuring(3)) >= 19)
  assert.ok((await turnsDuring(0)) <= 10)
})

test('an error ends the work, and what it held is let go', async () => {
  let isOpen = true
  function* failing(): Generator<void, void> {
    try {
      yield
      throw new Error('no more')
    } finally {
      isOpen = false
    }
  }
  await assert.rejects(inTurns(failing()), { message: 'no more' })
  assert.equal(isOpen, false)
})
