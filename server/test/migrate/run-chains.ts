/** Chains of random migrations until so many pairs of structures were compared. */
import { join } from 'node:path'
import { loadGrammar } from '../../src/policy/expression/index.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { Random } from '../simulate/random.ts'
import { tempFolder } from '../support/temp.ts'
import { Chain, type ChainOptions, type Figures, NO_FIGURES } from './chain.ts'
import { copyDatabase, fastFolder, type OpenOptions, removeDatabase, TestDatabase } from './database.ts'
import { definitionOfCatalog, nativeScript } from './native-file.ts'

export interface RunOptions extends Pick<ChainOptions, 'breakUndo'>, Pick<OpenOptions, 'sabotage'> {
  readonly pairs: number
  readonly seed: number
  /** From one seed to the next: several processes share the seeds. */
  readonly stride?: number
  /** What is counted; one's own when absent. */
  readonly figures?: Figures
  /** Only databases that Pilar made. */
  readonly isOwnOnly?: boolean
  /** Goes on after a difference. */
  readonly keepGoing?: (error: Error) => void
}

const PAIRS_PER_CHAIN = 8
/** One chain of so many runs with a real pool, its writer in a thread. */
const POOL_EVERY = 12

/** One chain of so many begins with a file that somebody else made. */
const ADOPTED_EVERY = 5

/** Throws the first Difference. */
export async function runChains(options: RunOptions): Promise<Figures> {
  await loadGrammar()
  const folder = tempFolder(fastFolder())
  const figures = options.figures ?? { ...NO_FIGURES }
  try {
    const template = join(folder.path, 'template.db')
    const made = await TestDatabase.open(template, { writer: 'here' })
    const lease = await made.structure.acquireLease({ holder: 'a test', signal: new AbortController().signal })
    await lease.release()
    await made.close()
    for (let seed = options.seed; figures.pairs < options.pairs; seed += options.stride ?? 1) {
      const file = join(folder.path, 'data.db')
      copyDatabase(template, file)
      try {
        await runChain(file, { ...options, seed }, figures)
      } catch (error) {
        if (options.keepGoing === undefined || !(error instanceof Error)) throw error
        options.keepGoing(error)
      }
      removeDatabase(file)
    }
  } finally {
    folder.remove()
  }
  return figures
}

async function runChain(file: string, options: RunOptions, figures: Figures): Promise<void> {
  const { seed, sabotage, breakUndo } = options
  const writer = seed % POOL_EVERY === 0 && sabotage === undefined ? 'pool' : 'here'
  const database = await TestDatabase.open(file, { writer, ...(sabotage === undefined ? {} : { sabotage }) })
  const broken = breakUndo === undefined ? {} : { breakUndo }
  const isAdopted = seed % ADOPTED_EVERY === 0 && options.isOwnOnly !== true
  const adopted = isAdopted ? await adoptedFile(database, seed) : null
  const chain = new Chain(database, { seed, pairs: PAIRS_PER_CHAIN, ...broken }, adopted)
  try {
    await chain.run()
  } finally {
    await database.close()
    for (const name of Object.keys(figures) as (keyof Figures)[]) figures[name] += chain.figures[name]
  }
}

async function adoptedFile(database: TestDatabase, seed: number): Promise<SchemaDefinition> {
  database.raw.exec(nativeScript(new Random(seed)))
  return definitionOfCatalog(await database.structure.introspect(new AbortController().signal))
}
