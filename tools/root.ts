import { fileURLToPath } from 'node:url'

/** The repository, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Prints lines for the person at the terminal. */
export function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
