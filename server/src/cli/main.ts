import { main } from './dispatch.ts'
import { terminalOutput } from './output.ts'
import { openTerminal } from './terminal.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// One Ctrl-C can arrive twice: from the terminal, and from the npm that started us.
const SAME_SIGNAL_MS = 1000
const EXIT_INTERRUPTED = 130

/** Resolves on the first signal to stop; a further one, a moment later, ends the program at once, for a stop that hangs. */
function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    let impatient = false
    let stopping = false
    const stop = (signal: string) => {
      if (impatient) process.exit(EXIT_INTERRUPTED)
      if (!stopping) {
        setTimeout(() => {
          impatient = true
        }, SAME_SIGNAL_MS).unref()
      }
      stopping = true
      resolve(signal)
    }
    for (const name of SIGNALS) process.on(name, stop)
  })
}

const output = terminalOutput(process.env)
const terminal = openTerminal()
process.exitCode = await main(process.argv.slice(2), {
  ...{ env: process.env, cwd: process.cwd() },
  ...{ output, terminal, untilStopped },
})
