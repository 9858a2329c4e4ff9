import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Progress } from '../engines/structure.ts'
import { count, duration, progressLine, progressView, rowsOf } from './progress.ts'

const COPYING: Progress = {
  ...{ phase: 'copying', table: 'posts', rows: 120_000, rowsTotal: 1_000_000 },
  ...{ rowsPerSecond: 85_000.4, remainingMs: 10_353 },
}

test('a line of progress says what, how much, how fast and how long still', () => {
  assert.equal(progressLine(COPYING), 'copying posts: 120,000 of 1,000,000 rows (12 %), 85,000 rows/s, about 10 s left')
  assert.equal(
    progressLine({ ...COPYING, rows: 1, rowsTotal: 1, rowsPerSecond: 0, remainingMs: null }),
    'copying posts: 1 of 1 row (100 %)',
  )
  assert.equal(progressLine({ ...COPYING, phase: 'switching', table: null }), 'switching …')
  assert.equal(progressLine({ ...COPYING, phase: 'tidying', table: null, rowsTotal: 0 }), 'tidying …')
})

test('figures are rounded as an estimate deserves', () => {
  assert.deepEqual([0, 999, 1000, 1_234_567.8].map(count), ['0', '999', '1,000', '1,234,568'])
  assert.deepEqual([0, 1, 2].map(rowsOf), ['0 rows', '1 row', '2 rows'])
  assert.deepEqual([0, 999, 1000, 89_000, 90_000, 5_399_000, 5_400_000].map(duration), [
    'less than 1 s',
    'less than 1 s',
    'about 1 s',
    'about 89 s',
    'about 2 min',
    'about 90 min',
    'about 2 h',
  ])
})

/** What is shown of four reports, 2 s apart, and two at the same moment. */
function shown(onTerminal: boolean) {
  const lines: string[] = []
  const overwritten: string[] = []
  let now = 0
  const clock = { now: () => 0, nowMicros: () => 0n, monotonicMs: () => now }
  const print = (text: string) => void lines.push(text)
  const terminal = {
    ask: () => Promise.resolve(null),
    keys: () => () => {},
    overwrite: (line: string) => void overwritten.push(line),
  }
  const view = progressView(
    {
      output: { print, stream: async () => {}, report: print, bold: print as never },
      terminal: onTerminal ? terminal : null,
    },
    clock,
  )
  for (const table of ['a', 'b', 'c', 'd']) {
    view.show({ ...COPYING, table })
    view.show({ ...COPYING, table: 'x' })
    now += 2_000
  }
  view.end()
  return { lines: lines.map((line) => line.slice(0, 9)), overwritten: overwritten.map((line) => line.slice(0, 9)) }
}

test('without a terminal there is a line now and then, and none for what is soon done', () => {
  assert.deepEqual(shown(false), { lines: ['copying d'], overwritten: [] })
})

test('on a terminal one line is replaced, not too often, and taken away in the end', () => {
  const overwritten = ['copying a', 'copying b', 'copying c', 'copying d', '']
  assert.deepEqual(shown(true), { lines: [], overwritten })
})
