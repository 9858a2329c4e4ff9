import { createInterface } from 'node:readline'

/** A person who sees what is printed and can answer. */
export interface Terminal {
  /** Asks one question and gives the line that was typed; null when the person ended it by Ctrl-C or Ctrl-D. */
  ask(question: string): Promise<string | null>
  /** Calls `listener` with each key that is pressed, until the function it gives is called. Ctrl-C stays the wish to stop. */
  keys(listener: (key: string) => void): () => void
  /** Shows one line in the place of the one it showed before; an empty line takes it away. */
  overwrite(line: string): void
}

const CTRL_C = '\u0003'

/** The terminal this process runs in; null in a pipe, a script, or CI, where nobody would answer. */
export function openTerminal(): Terminal | null {
  const { stdin, stderr } = process
  if (stdin.isTTY !== true || stderr.isTTY !== true) return null
  return {
    ask: (question) =>
      new Promise((resolve) => {
        const lines = createInterface({ input: stdin, output: stderr })
        lines.on('close', () => resolve(null))
        lines.on('SIGINT', () => lines.close())
        lines.question(question, (answer) => {
          resolve(answer)
          lines.close()
        })
      }),
    keys: (listener) => {
      const pressed = (chunk: Buffer) => {
        const key = chunk.toString()
        // In raw mode the terminal leaves it to us.
        if (key === CTRL_C) process.kill(process.pid, 'SIGINT')
        else listener(key)
      }
      stdin.setRawMode(true).resume().on('data', pressed)
      return () => void stdin.off('data', pressed).setRawMode(false).pause()
    },
    overwrite: (line) => void stderr.write(`\r\u001b[2K${line.slice(0, stderr.columns - 1)}`),
  }
}
