/** Runs the simulation from the command line: `node server/test/simulate/run.ts [CASES] [SEED]`. */
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { minimise } from './minimise.ts'
import { printCase } from './print-case.ts'
import { replay, simulate } from './simulate.ts'

const [cases = '1000', seed = '1'] = process.argv.slice(2)
const started = performance.now()
const report = await simulate({ engine: sqlite, caseCount: Number(cases), seed: Number(seed) })
const { failure, ...figures } = report
process.stdout.write(
  `${JSON.stringify({ ...figures, kinds: [...report.kinds], codes: [...report.codes] })}\n${Math.round(performance.now() - started)} ms\n`,
)
if (failure !== null) {
  process.stdout.write(`seed ${failure.seed}\n${failure.difference}\n`)
  const small = await minimise(failure.case, async (smaller) => {
    return (await replay(smaller, sqlite).catch(() => null)) !== null
  })
  process.stdout.write(`${printCase(small)}\n${await replay(small, sqlite)}\n`)
  process.exitCode = 1
}
