import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { describe, it } from 'node:test'
import { caseCount } from '../support/require.ts'
import { type KillFigures, runKills } from './kills.ts'

/** Migrations, each killed after every message to the writer, and amid it where there is more than one; `PILAR_CASES=200` for a long run, `PILAR_SEED` for other ones than last time. */
const MIGRATIONS = caseCount({ local: 1, ci: 5 })
const SEED = Number(process.env['PILAR_SEED'] ?? 1)
const SHARES = Math.min(availableParallelism(), 2, MIGRATIONS)
/** Migrations of several steps are not rare: one of so many is killed between two. */
const CONTROL_MIGRATIONS = 4

describe('a migration whose process is killed', () => {
  it(`is not there or whole, and the next process ends it: ${MIGRATIONS} from seed ${SEED}, at every step`, async (test) => {
    const shares = Array.from({ length: SHARES }, (_, at) =>
      runKills({
        migrations: Math.ceil(MIGRATIONS / SHARES),
        seed: SEED + at,
        stride: SHARES,
        isBetweenOnly: MIGRATIONS === 1,
      }),
    )
    const all = await Promise.all(shares)
    test.diagnostic(all.map((figures) => JSON.stringify(figures)).join('\n'))
    const sum = (name: keyof KillFigures): number => all.reduce((total, figures) => total + figures[name], 0)
    assert.ok(sum('kills') >= MIGRATIONS * 6, 'too few kills')
    assert.ok(sum('before') > 0 && sum('after') > 0, 'kills before and after the moment of the change')
  })

  it('is noticed when it is neither (control: a runner that runs step by step)', async () => {
    await assert.rejects(
      runKills({ migrations: CONTROL_MIGRATIONS, seed: SEED, isBroken: true, isBetweenOnly: true }),
      /neither as before nor as afterwards/,
    )
  })
})
