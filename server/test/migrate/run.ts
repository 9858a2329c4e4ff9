/** Runs random migrations from the command line: `node server/test/migrate/run.ts [PAIRS] [SEED] [STRIDE]`. Goes on after a difference. */
import { runChains } from './run-chains.ts'

const [pairs = '1000', seed = '1', stride = '1'] = process.argv.slice(2)
const started = performance.now()
let differences = 0
const figures = await runChains({
  ...{ pairs: Number(pairs), seed: Number(seed), stride: Number(stride) },
  keepGoing: (error) => {
    differences++
    process.exitCode = 1
    process.stdout.write(`${error.message}\n\n`)
  },
})
process.stdout.write(
  `${JSON.stringify(figures)}\n${differences} differences, ${Math.round(performance.now() - started)} ms\n`,
)
