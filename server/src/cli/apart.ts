import { fork } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import { dirname, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WASM_FLAGS } from '../runtime/grammar.ts'
import type { Shell } from './command.ts'

export interface ApartOptions {
  /** Files that the process is asked about. */
  readonly files: readonly string[]
  readonly env: Shell['env']
  readonly signal: AbortSignal
  /** The error when the process ended without an answer: `exit code 3`, `SIGKILL`. */
  readonly endedEarly: (how: string) => Error
}

/**
 * Asks a module of this folder, run in a process of its own that ends afterwards, and gives its answer: one message, as JSON. Node keeps every
 * module it has loaded, so only a new process sees changes in a user's files. Throws an AbortError when `signal` stops it.
 */
export async function askApart(module: string, { files, env, signal, endedEarly }: ApartOptions): Promise<unknown> {
  const script = fileURLToPath(new URL(`./${module}${extname(import.meta.url)}`, import.meta.url))
  const child = fork(script, [...files], { env: childEnv(env), execArgv: [...WASM_FLAGS], signal })
  // What never comes to an end does not outlive this process.
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('error', reject)
    // Not `exit`, which may come before the message.
    child.once('close', (code, by) => reject(endedEarly(by ?? `exit code ${code}`)))
  }).finally(() => {
    process.off('exit', kill)
    kill()
  })
}

/** The compile cache that was switched on by a call is not in the environment. */
function childEnv(env: Shell['env']): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir()
  return cache === undefined ? { ...env } : { ...env, NODE_COMPILE_CACHE: dirname(cache) }
}
