import type { JournalEntry } from '../engines/structure.ts'
import type { MigrationState, RetiredState } from '../pipeline/migrate/types.ts'
import type { Command } from './command.ts'
import { MIGRATE_OPTIONS, withMigrations } from './migrate-context.ts'
import { columns, type Output } from './output.ts'
import { conflictTexts, driftText, stateOf } from './pending-work.ts'
import { rowsOf } from './progress.ts'

const EXIT_CONFLICT = 1

export const command: Command = {
  synopsis: 'pilar migrate status [--json] [--project DIR] [--data DIR] [--database URL]',
  description:
    'Shows where a database stands: the files of migrations/ and which of them it has, the migrations it went through, what others\n' +
    'changed in it, and what is retired: out of sight, kept, and when it may be purged. Changes nothing. The exit code is 1 when\n' +
    'files are in conflict.',
  options: MIGRATE_OPTIONS,
  positionals: { min: 0, max: 0 },
  examples: ['pilar migrate status'],
  run: (invocation) =>
    withMigrations(invocation, { command: 'pilar migrate status', writes: false }, async (context) => {
      const state = await stateOf(context)
      const { output } = context.shell
      output.print(invocation.given('json') ? JSON.stringify(stateJson(state), null, 2) : stateText(state, output))
      return state.conflicts.length === 0 ? 0 : EXIT_CONFLICT
    }),
}

function stateJson({ files, journal, ...rest }: MigrationState): object {
  return {
    files: files.map(({ name, state, checksum }) => ({ name, state, checksum })),
    journal: journal.map(({ steps, before: _, after: __, ...entry }) => ({ ...entry, steps: steps.length })),
    ...rest,
  }
}

function stateText(state: MigrationState, output: Pick<Output, 'bold'>): string {
  const blocks = [
    ...block(
      'Files',
      state.files.map(({ name, state }) => [`  ${name}`, state]),
      output,
    ),
    ...block('Journal', state.journal.map(entryRow), output),
    ...block('Retired', state.retired.map(retiredRow), output),
  ]
  if (state.journal.length === 0) blocks.push('No migration was run on this database.')
  if (state.drift.length > 0) blocks.push(driftText(state.drift))
  return [...blocks, ...conflictTexts(state)].join('\n\n')
}

function block(heading: string, rows: readonly (readonly string[])[], output: Pick<Output, 'bold'>): readonly string[] {
  return rows.length === 0 ? [] : [`${output.bold(heading)}\n${columns(rows)}`]
}

function entryRow({ id, kind, name, undoes, at, durationMs, steps }: JournalEntry): readonly string[] {
  const what = undoes === null ? (name ?? `${steps.length} ${steps.length === 1 ? 'step' : 'steps'}`) : `of ${undoes}`
  return [`  ${id}`, kind, what, moment(at), `${(durationMs / 1000).toFixed(1)} s`]
}

function retiredRow({ what, retiredAt, purgeableAt, rows }: RetiredState): readonly string[] {
  return [`  ${what}`, rowsOf(rows), `since ${day(retiredAt)}`, `may be purged from ${day(purgeableAt)}`]
}

/** `2026-11-21 14:35:05Z`. */
function moment(at: string): string {
  return at.replace('T', ' ').replace(/\.\d+/, '')
}

/** `2026-11-21`. */
export function day(at: string): string {
  return at.slice(0, 10)
}
