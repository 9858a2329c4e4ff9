/** Kills random migrations from the command line: `node server/test/migrate/run-kills.ts [MIGRATIONS] [SEED] [STRIDE]`. */
import { runKills } from './kills.ts'

const [migrations = '20', seed = '1', stride = '1'] = process.argv.slice(2)
const started = performance.now()
const figures = await runKills({ migrations: Number(migrations), seed: Number(seed), stride: Number(stride) })
process.stdout.write(`${JSON.stringify(figures)}\n${Math.round(performance.now() - started)} ms\n`)
