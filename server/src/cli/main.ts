import { main } from './dispatch.ts'
import { terminalOutput } from './output.ts'

/** Resolves on the first signal to stop; the second ends the program at once, for a stop that hangs. */
function untilStopped(): Promise<string> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  return new Promise((resolve) => {
    const stop = (signal: string) => {
      for (const name of signals) {
        process.removeListener(name, stop)
        process.once(name, () => process.exit(130))
      }
      resolve(signal)
    }
    for (const name of signals) process.once(name, stop)
  })
}

const output = terminalOutput(process.env)
process.exitCode = await main(process.argv.slice(2), { env: process.env, cwd: process.cwd(), output, untilStopped })
