/** The `pilar` command as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const WAIT_MS = 60_000

export class Pilar {
  readonly child: ChildProcess
  /** Everything printed so far. */
  out = ''
  err = ''
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>

  constructor(args: readonly string[], options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv }) {
    const { NODE_TEST_CONTEXT: _, PORT: __, ...all } = process.env
    // Those of the tests are no settings.
    const env = Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('PILAR_')))
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: options.cwd, env: { ...env, ...options.env } })
    child.stdout.on('data', (chunk) => {
      this.out += chunk
    })
    child.stderr.on('data', (chunk) => {
      this.err += chunk
    })
    this.child = child
    this.ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  }

  /** Waits until the process has printed what `found` looks for. */
  async until<Found>(found: () => Found | null | undefined | false): Promise<Found> {
    const deadline = AbortSignal.timeout(WAIT_MS)
    for (;;) {
      const result = found()
      if (result !== null && result !== undefined && result !== false) return result
      if (this.child.exitCode !== null || deadline.aborted) {
        throw new Error(`it never came (exit code ${this.child.exitCode})\nstdout: ${this.out}\nstderr: ${this.err}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGINT') {
    this.child.kill(signal)
    return this.ended
  }
}

export interface Started {
  readonly url: string
  readonly keys: {
    readonly anon: string
    readonly service_role: string
    readonly publishable: string
    readonly secret: string
  }
  readonly tables: readonly string[]
}

/** What `pilar start --json` prints once it listens. */
export function started(pilar: Pilar): Promise<Started> {
  return pilar.until(() => (pilar.out.includes('\n') ? (JSON.parse(pilar.out) as Started) : null))
}
