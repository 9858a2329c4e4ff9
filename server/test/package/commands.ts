/** Commands as a person gives them in a shell: without what npm and the test runner put into the environment. */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const OURS = /^(npm_|NODE_|PILAR_|INIT_CWD$)/

/** The environment of a shell whose `node` is the given one, or else the machine's own. */
export function shellEnvironment(node?: string): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.test(name)) as [string, string][]
  const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'))
  return { ...Object.fromEntries(kept), PATH: [...(node === undefined ? [] : [dirname(node)]), ...path].join(':') }
}

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs the command to its end. */
export function run(command: readonly string[], options: RunOptions): Outcome {
  const [file = '', ...args] = command
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    env: shellEnvironment(),
    encoding: 'utf8',
    ...options,
  })
  if (error !== undefined) throw error
  return { code: status, stdout, stderr }
}

/** Runs the command and gives what it printed; throws with all of it when it fails. */
export function output(command: readonly string[], options: RunOptions): string {
  const { code, stdout, stderr } = run(command, options)
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}\n${stdout}\n${stderr}`)
  return stdout
}

/** The `node` of the machine, and its major version; null where it has none. */
export function machineNode(): { path: string; major: number } | null {
  for (const folder of (shellEnvironment().PATH ?? '').split(':')) {
    const path = join(folder, 'node')
    const { stdout, error } = spawnSync(path, ['--version'], { encoding: 'utf8' })
    if (error === undefined) return { path, major: Number(stdout.slice(1).split('.')[0]) }
  }
  return null
}
