import type { Inspected } from '../engines/engine.ts'
import { readLimits } from '../runtime/limits.ts'
import type { Serving } from './serving.ts'

/** What the database of a command line is made of. Nothing is written, to it or beside it. */
export async function inspectServed({ project, settings }: Serving): Promise<Inspected> {
  const { chooseDatabase, inspectDatabase } = await import('../app/database.ts')
  return inspectDatabase(chooseDatabase(settings, project), readLimits({}, {}))
}
