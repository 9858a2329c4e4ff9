import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { caseCount } from '../support/require.ts'
import { embedUnguarded, nullAllows, updateUnchecked } from './broken.ts'
import type { Case } from './case.ts'
import { minimise } from './minimise.ts'
import { printCase } from './print-case.ts'
import { REGRESSIONS } from './regressions.ts'
import { type Failure, type Report, replay, simulate } from './simulate.ts'
import type { Authorize } from './subject.ts'

/** Requests compared; `PILAR_CASES=200000` for a long run, `PILAR_SIMULATE_SEED` for other seeds than last time. */
const CASES = caseCount({ local: 2_000, ci: 10_000 })
const SEED = Number(process.env['PILAR_SIMULATE_SEED'] ?? 1)
/** A broken authorization must be noticed within so many cases. */
const CONTROL_CASES = 4_000

async function explain({ seed, difference, case: found }: Failure, authorize?: Authorize): Promise<string> {
  const fails = async (smaller: Case): Promise<boolean> => {
    return (await replay(smaller, sqlite, authorize).catch(() => null)) !== null
  }
  const small = await minimise(found, fails)
  return `seed ${seed}: ${difference}\n\nas a small case:\n${printCase(small)}\n${await replay(small, sqlite, authorize)}`
}

const figures = ({ failure: _, ...rest }: Report): string =>
  JSON.stringify({ ...rest, kinds: Object.fromEntries(rest.kinds), codes: Object.fromEntries(rest.codes) })

describe('the simulation', () => {
  it(`finds no difference between SQLite and the oracle in ${CASES} cases from seed ${SEED}`, async (test) => {
    const report = await simulate({ engine: sqlite, caseCount: CASES, seed: SEED })
    test.diagnostic(figures(report))
    if (report.failure !== null) assert.fail(await explain(report.failure))
    assert.ok(report.cases >= CASES)
    // A run in which nothing is asked, seen or refused proves nothing.
    assert.ok(report.refused < report.cases / 4, 'too many requests never reach the database')
    assert.ok(report.withRows > report.cases / 4, 'too few answers have rows')
    assert.ok(report.policiesRefused < report.policies / 10, 'too many random policies are not well typed')
    for (const kind of ['read', 'insert', 'update', 'delete'])
      assert.ok((report.kinds.get(kind) ?? 0) > CASES / 50, kind)
    for (const code of ['42501', '23505', '23503']) assert.ok((report.codes.get(code) ?? 0) > CASES / 1000, code)
  })

  const controls: readonly (readonly [string, Authorize])[] = [
    ['the guard of one embed is lost', embedUnguarded],
    ['new rows of updates are not checked', updateUnchecked],
    ['NULL counts as a yes', nullAllows],
  ]
  for (const [what, authorize] of controls) {
    it(`notices that ${what}`, async (test) => {
      const report = await simulate({ engine: sqlite, caseCount: CONTROL_CASES, seed: SEED, authorize })
      assert.ok(report.failure !== null, `not noticed in ${report.cases} cases`)
      // By what it shows or does, not by an accident of the broken plan.
      assert.match(report.failure.difference, /^(rows|outcome|total|data of)/)
      assert.doesNotMatch(report.failure.difference, /Error:|Fault:/)
      test.diagnostic(`after ${report.cases} cases`)
    })
  }

  it('makes a failing case small', async () => {
    const { failure } = await simulate({
      engine: sqlite,
      caseCount: CONTROL_CASES,
      seed: SEED,
      authorize: embedUnguarded,
    })
    assert.ok(failure !== null)
    const text = await explain(failure, embedUnguarded)
    const lines = (start: string): number => text.split('\n').filter((line) => line.startsWith(start)).length
    assert.ok(lines('table ') <= 3, text)
    assert.ok(lines('policy ') <= 6, text)
    assert.ok(lines('row ') <= 6, text)
  })
})

describe('cases that once failed', () => {
  for (const { name, case: once } of REGRESSIONS) {
    it(name, async () => {
      const difference = await replay(once, sqlite)
      assert.equal(difference, null, `${printCase(once)}\n${difference}`)
    })
  }
})
