import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * The only place of Pilar that writes to the terminal. Results go to stdout, so that they can be piped; problems and progress go
 * to stderr.
 */
export interface Output {
  /** One result: a line or several. */
  print(text: string): void
  /** A result of any length, as fast as its reader takes it; it is well when the reader has enough before the end. */
  stream(chunks: Iterable<string>): Promise<void>
  /** A problem, or progress that is not the result. */
  report(text: string): void
  /** Emphasis where a person reads it; the plain text in a pipe, a file, or under NO_COLOR. */
  bold(text: string): string
}

export function terminalOutput(env: Readonly<Record<string, string | undefined>>): Output {
  const styled = process.stdout.isTTY === true && (env['NO_COLOR'] ?? '') === ''
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    stream: (chunks) => streamTo(process.stdout, chunks),
    report: (text) => void process.stderr.write(`${text}\n`),
    bold: (text) => (styled ? `\u001b[1m${text}\u001b[22m` : text),
  }
}

async function streamTo(stdout: NodeJS.WriteStream, chunks: Iterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), stdout, { end: false })
  } catch (error) {
    // `pilar db dump | head`
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
  }
}

/** Lines up the cells of each row under those of the row above. The last column is not padded. */
export function columns(rows: readonly (readonly string[])[], gap = '  '): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  }
  const line = (row: readonly string[]) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join(gap)
  return rows.map((row) => line(row).trimEnd()).join('\n')
}
