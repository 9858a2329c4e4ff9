/** Runs random migrations from the command line: `node server/test/migrate/run.ts [PAIRS] [SEED] [STRIDE]`. Goes on after a difference. */
import { NO_FIGURES } from './chain.ts'
import { runChains } from './run-chains.ts'

const [pairs = '1000', seed = '1', stride = '1'] = process.argv.slice(2)
const started = performance.now()
let differences = 0
const figures = { ...NO_FIGURES }
const say = (): void => {
  const seconds = Math.round((performance.now() - started) / 1000)
  process.stdout.write(`${JSON.stringify(figures)}\n${differences} differences, ${seconds} s\n`)
}
const timer = setInterval(say, 60_000)
await runChains({
  figures,
  ...{ pairs: Number(pairs), seed: Number(seed), stride: Number(stride) },
  keepGoing: (error) => {
    differences++
    process.exitCode = 1
    process.stdout.write(`${error.message}\n\n`)
  },
})
clearInterval(timer)
say()
