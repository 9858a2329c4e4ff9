/** The `pilar` command inside the test's own process. */

import type { Shell } from '../../src/cli/command.ts'
import { main } from '../../src/cli/dispatch.ts'

/** Long after every command is done; one that goes on against expectation does not run forever. */
const STOP_MS = 20_000

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs one command line and gives what it printed. Nobody is there to be asked, unless `shell` says so. */
export async function run(args: readonly string[], shell: Partial<Shell> = {}): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const output = {
    print: (text: string) => void out.push(text),
    stream: async (chunks: Iterable<string>) => void out.push([...chunks].join('')),
    report: (text: string) => void err.push(text),
    bold: (text: string) => text,
  }
  const untilStopped = () => new Promise<string>((resolve) => setTimeout(resolve, STOP_MS, 'SIGINT').unref())
  const code = await main(args, { env: {}, cwd: '/', output, terminal: null, untilStopped, ...shell })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

/** A terminal whose person answers each question with the next of `answers`. */
export function personAnswering(
  answers: readonly (string | null)[],
  asked: string[] = [],
): NonNullable<Shell['terminal']> {
  const left = [...answers]
  return {
    ask: async (question) => {
      asked.push(question)
      return left.shift() ?? null
    },
    keys: () => () => {},
    overwrite: () => {},
  }
}
