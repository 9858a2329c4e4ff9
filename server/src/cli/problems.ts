import { relative } from 'node:path'
import type { Problem } from '../schema/definition.ts'
import type { Shell } from './command.ts'

/** The mistakes a failed load found in schema.ts, or null for any other error. */
export function problemsOf(error: unknown): readonly Problem[] | null {
  if (!(error instanceof Error) || error.name !== 'SchemaProblems' || !('problems' in error)) return null
  return error.problems as readonly Problem[]
}

/** All mistakes at once, one a line: `schema.ts:12  posts.author_id: …  hint: …`. */
export function describeProblems(problems: readonly Problem[], shell: Pick<Shell, 'cwd'>): string {
  const lines = problems.map(({ at, where, message, hint }) => {
    const place = at === null ? '' : `${relative(shell.cwd, at.file)}:${at.line}  `
    return `${place}${where}: ${message}${hint === null ? '' : `  hint: ${hint}`}`
  })
  const count = lines.length === 1 ? '1 problem' : `${lines.length} problems`
  return `${lines.join('\n')}\n${count} in the schema; nothing was changed.`
}
