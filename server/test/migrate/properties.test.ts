import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { caseCount } from '../support/require.ts'
import type { Figures } from './chain.ts'
import { type RunOptions, runChains } from './run-chains.ts'
import { forgetFormerValues, forgetWrites, loseColumn } from './sabotage.ts'

/** Pairs of structures; `PILAR_CASES=100000` for a long run, `PILAR_SEED` for other ones than last time. */
const PAIRS = caseCount({ local: 240, ci: 5_000 })
const SEED = Number(process.env['PILAR_SEED'] ?? 1)
const PROCESSES = Math.min(availableParallelism(), 4)
/** A migration that loses something must be noticed within so many pairs. */
const CONTROL_PAIRS = 400
const RUN = fileURLToPath(new URL('./run.ts', import.meta.url))

/** The last lines are figures; what comes before them are differences. */
function runProcess(seed: number): Promise<{ readonly text: string; readonly figures: Figures }> {
  const pairs = String(Math.ceil(PAIRS / PROCESSES))
  const child = spawn(process.execPath, [RUN, pairs, String(seed), String(PROCESSES)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      const line = text.split('\n').findLast((each) => each.startsWith('{'))
      if (code === 0 && line !== undefined) resolve({ text, figures: JSON.parse(line) })
      else reject(new Error(text === '' ? `the process ended with ${code}` : text.slice(0, 20_000)))
    })
  })
}

describe('random migrations of real files', () => {
  it(`${PAIRS} pairs of structures from seed ${SEED}: rows are as foretold, and so is each undo`, async (test) => {
    const seeds = Array.from({ length: PROCESSES }, (_, at) => SEED + at)
    const all = await Promise.all(seeds.map(runProcess))
    const sum = (name: keyof Figures): number => all.reduce((total, { figures }) => total + figures[name], 0)
    test.diagnostic(all.map(({ figures }) => JSON.stringify(figures)).join('\n'))
    assert.ok(sum('pairs') >= PAIRS)
    // A run in which nothing is refused, undone, surveyed or disturbed proves nothing.
    assert.ok(sum('migrated') > PAIRS * 0.8, 'too few pairs are migrated')
    assert.ok(sum('refused') > PAIRS / 100, 'too few pairs are refused by rows')
    assert.ok(sum('undone') > PAIRS / 3, 'too few migrations are undone')
    assert.ok(sum('surveyed') > PAIRS / 20, 'too few pairs are surveyed')
    assert.ok(sum('disturbed') > PAIRS / 50, 'too few migrations have others write beside them')
  })

  const controls: readonly (readonly [string, Pick<RunOptions, 'sabotage' | 'breakUndo'>])[] = [
    ['a copy loses the values of a column', { sabotage: loseColumn }],
    ['writes during the copy are forgotten', { sabotage: forgetWrites }],
    ['an undo forgets the former values', { breakUndo: forgetFormerValues }],
  ]
  for (const [what, broken] of controls) {
    it(`notices that ${what}`, async () => {
      await assert.rejects(
        runChains({ pairs: CONTROL_PAIRS, seed: SEED, isOwnOnly: true, ...broken }),
        /is null, not|is .*, not|the row is gone|a row too many|has as many rows/s,
      )
    })
  }
})
