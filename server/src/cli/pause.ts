import type { Shell } from './command.ts'

export interface Pausing {
  /** Resolves when the work may go on: at once, unless it was paused. Rejects when the user wants to stop. */
  readonly wait: () => Promise<void>
  /** No longer listens to the keyboard. */
  readonly end: () => void
}

const PAUSE_KEY = 'p'

/** Lets a person pause and resume long work with a key; where there is no terminal it is never paused. */
export function pausing({ terminal, output }: Pick<Shell, 'terminal' | 'output'>, signal: AbortSignal): Pausing {
  if (terminal === null) return { wait: async () => {}, end: () => {} }
  let paused: PromiseWithResolvers<void> | null = null
  signal.addEventListener('abort', () => paused?.reject(signal.reason))
  const end = terminal.keys((key) => {
    if (key.toLowerCase() !== PAUSE_KEY) return
    if (paused === null) {
      paused = Promise.withResolvers()
      // Stopped before anybody waits, it is not an error of its own.
      paused.promise.catch(() => {})
      output.report('\nPaused. Nothing is held up meanwhile. p goes on, Ctrl-C cancels.')
    } else {
      paused.resolve()
      paused = null
    }
  })
  return { wait: () => paused?.promise ?? Promise.resolve(), end }
}
