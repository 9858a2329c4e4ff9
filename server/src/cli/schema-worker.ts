import { parentPort, workerData } from 'node:worker_threads'
import { PilarError } from '../errors/error.ts'
import { type Loaded, loadSchema } from './load-schema.ts'

async function load(path: string): Promise<Loaded> {
  try {
    // Plain data: a JSON copy drops what a message can't carry, such as methods of the builders.
    return { definition: JSON.parse(JSON.stringify(await loadSchema(path))) }
  } catch (error) {
    if (error instanceof PilarError) return { message: error.message, hint: error.hint }
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), hint: null }
  }
}

parentPort?.postMessage(await load(workerData as string))
