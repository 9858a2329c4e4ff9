import { PilarError } from '../errors/error.ts'
import { foresee } from '../policy/foresee.ts'
import { type Loaded, loadSchema } from './load-schema.ts'

/** A process that loads one schema.ts, reads all its expressions, tells its parent, and ends. */
async function load(path: string): Promise<Loaded> {
  try {
    const definition = await loadSchema(path)
    return { definition, answers: await foresee(definition) }
  } catch (error) {
    if (error instanceof PilarError) return { message: error.message, hint: error.hint }
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), hint: null }
  }
}

// Whoever asked is gone, or has given up.
process.on('disconnect', () => process.exit())
// A schema.ts that waits for what never comes ends this process instead of keeping it.
process.channel?.unref()
process.send?.(await load(process.argv[2] ?? ''))
