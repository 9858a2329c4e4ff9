import { createHash } from 'node:crypto'
import type { MigrationFile } from '../pipeline/migrate/types.ts'
import { canonicalText } from '../schema/migration/catalog-text.ts'
import { explainStep } from '../schema/migration/explain-step.ts'
import { riskOf } from '../schema/migration/risk.ts'
import { shortStep } from '../schema/migration/short-step.ts'
import type { MigrationStep } from '../schema/migration/step.ts'
import { literal, oneLine } from './literal.ts'

/** What a migration says, apart from its name. */
export type MigrationContent = Pick<MigrationFile, 'steps' | 'before' | 'after'>

const LINE_WIDTH = 110

/** `sha256:…` of what a file says. Layout, comments and the way it was written do not count. */
export function checksumOf({ steps, before, after }: MigrationContent): string {
  const value = {
    steps: steps.map(shortStep),
    before: JSON.parse(before) as unknown,
    after: JSON.parse(after) as unknown,
  }
  return `sha256:${createHash('sha256').update(canonicalText(value)).digest('hex')}`
}

/** The text of a migration file: what it does in plain words, its steps, and the structures before and after. */
export function migrationText(content: MigrationContent): string {
  const steps = content.steps.map((step) => `    ${literal(shortStep(step), 2)},\n`)
  return `import { migration } from 'pilar'

${explanation(content.steps)}
export default migration({
  steps: [${steps.length === 0 ? '' : `\n${steps.join('')}  `}],
  checksum: '${checksumOf(content)}',
  // The structure before and after, for Pilar: do not edit.
${structureMember('before', content.before)}
${structureMember('after', content.after)}
})
`
}

/** The same file after its steps or their place among others have changed; its comments stay. Null when it does not have the form Pilar gave it. */
export function resealedText(text: string, content: MigrationContent): string | null {
  const checksum = replaced(text, /^ {2}checksum: '[^'\n]*',$/m, `  checksum: '${checksumOf(content)}',`)
  const before = replaced(checksum, MEMBERS.before, structureMember('before', content.before))
  return replaced(before, MEMBERS.after, structureMember('after', content.after))
}

const MEMBERS = {
  before: /^ {2}before: \{(?:\n[\s\S]*?\n {2}|.*)\},$/m,
  after: /^ {2}after: \{(?:\n[\s\S]*?\n {2}|.*)\},$/m,
}

function replaced(text: string | null, pattern: RegExp, by: string): string | null {
  return text !== null && pattern.test(text) ? text.replace(pattern, () => by) : null
}

/** One table a line, so that Git shows which one differs. */
function structureMember(name: string, text: string): string {
  const members = Object.entries(JSON.parse(text) as Readonly<Record<string, unknown>>).map(
    ([member, value]) => `    ${member}: ${listed(value)},\n`,
  )
  return `  ${name}: {\n${members.join('')}  },`
}

function listed(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return oneLine(value)
  const entries = Object.entries(value).map(([name, member]) => `      ${oneLine(name)}: ${oneLine(member)},\n`)
  return entries.length === 0 ? '{}' : `{\n${entries.join('')}    }`
}

function explanation(steps: readonly MigrationStep[]): string {
  const lines = steps.flatMap((step, index) => {
    const risk = riskOf(step)
    return wrapped(`${index + 1}. ${explainStep(step)}${risk === 'safe' ? '' : ` (${risk})`}`)
  })
  const intro =
    steps.length === 0
      ? [
          'Write the steps below; docs/reference/migrations.md of Pilar lists them. Then: pilar migrate new --seal NUMBER',
        ]
      : lines
  return intro.map((line) => `// ${line}\n`).join('')
}

/** Lines that a comment can hold: names of tables may be anything. */
function wrapped(sentence: string): readonly string[] {
  const lines: string[] = []
  for (const word of sentence.replaceAll(/[\s\u2028\u2029]+/g, ' ').split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length >= LINE_WIDTH)
      lines.push(last === undefined ? word : `   ${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
