import { failure } from '../errors/error.ts'
import type { Invocation } from './command.ts'

export const YES_OPTION = {
  value: null,
  doc: 'Do not ask. Needed where nobody can be asked: in a script, in CI.',
} as const

/** Asks a person unless `--yes` was given. Throws PILAR_MIGRATION where nobody can be asked. `refused` is called first where the answer is no. */
export async function confirmed(
  { shell, given }: Invocation,
  question: string,
  refused: () => void = () => {},
): Promise<boolean> {
  if (given('yes')) return true
  if (shell.terminal === null) {
    refused()
    const hint = 'Read above what it would do; then run it again with --yes.'
    throw failure('PILAR_MIGRATION', { message: 'this needs a yes, and nobody is there to ask' }, { hint })
  }
  const answer = await shell.terminal.ask(`${question} [y/N] `)
  if (answer !== null && /^\s*y(es)?\s*$/i.test(answer)) return true
  refused()
  shell.output.report('Nothing was changed.')
  return false
}
