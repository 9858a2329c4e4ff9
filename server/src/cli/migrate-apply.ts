import { failure } from '../errors/error.ts'
import { applyFiles } from '../pipeline/migrate/apply-files.ts'
import { needsNote, noteStructure } from '../pipeline/migrate/note-structure.ts'
import { planMigration } from '../pipeline/migrate/plan-migration.ts'
import type { EntryHead } from '../pipeline/migrate/types.ts'
import type { Command, Invocation } from './command.ts'
import { confirmed } from './confirm.ts'
import { MIGRATE_OPTIONS, type MigrateContext, requireSchema, withMigrations } from './migrate-context.ts'
import { needsConsent, nothingToDo, type PendingWork, pendingWork, workJson, workText } from './pending-work.ts'
import { needsBackup } from './print-plan.ts'
import { RUN_OPTIONS, running, runPlan } from './run-plan.ts'

const EXIT_FAILED = 1

export const command: Command = {
  synopsis:
    'pilar migrate apply [--yes] [--pace SHARE] [--no-backup] [--json] [--project DIR] [--data DIR] [--database URL]',
  description:
    'Brings the database to what is declared: applies the files of migrations/ that it does not have yet, in order or, in a project\n' +
    'without them, what schema.ts says. Shows the plan first and asks when a step retires something or needs data; before such\n' +
    'steps a backup is made. Each migration happens as a whole or not at all; servers go on meanwhile. Ctrl-C cancels, p pauses.',
  options: { ...RUN_OPTIONS, ...MIGRATE_OPTIONS },
  positionals: { min: 0, max: 0 },
  examples: ['pilar migrate apply', 'pilar migrate apply --yes --pace 0.5'],
  run: (invocation) =>
    withMigrations(invocation, { command: 'pilar migrate apply', writes: true }, (context) =>
      apply(invocation, context),
    ),
}

/** What was done, as `--json` prints it. */
interface Outcome {
  /** Names of files; null for what schema.ts said. */
  readonly applied: readonly (string | null)[]
  /** Their outcome was there already; null for what schema.ts said. */
  readonly noted: readonly (string | null)[]
}

const NOTHING: Outcome = { applied: [], noted: [] }

async function apply(invocation: Invocation, context: MigrateContext): Promise<number> {
  const { output } = context.shell
  const json = invocation.given('json')
  const work = await pendingWork(context)
  const text = workText(work, { output, sql: false })
  // The plan is the result only for people.
  if (json) output.report(text)
  else output.print(text)
  const refuse = () => {
    if (json) output.print(JSON.stringify({ ...NOTHING, ...workJson(work) }, null, 2))
  }
  if (!work.possible) {
    refuse()
    return EXIT_FAILED
  }
  if (nothingToDo(work) && !work.unnoted) {
    await tidyUp(invocation, context)
    if (json) output.print(JSON.stringify(NOTHING))
    return 0
  }
  if (needsConsent(work) && !(await confirmed(invocation, 'Apply this?', refuse))) return EXIT_FAILED
  const outcome = await running(invocation, context, (options) =>
    context.files === null
      ? applySchema(context, work, options)
      : applyFiles({
          ...options,
          files: context.files,
          redo: true,
          before: async ({ name }) => output.report(`applying ${name} …`),
        }),
  )
  if (json) output.print(JSON.stringify(outcome))
  else output.print(`\n${outcomeText(outcome)}`)
  return 0
}

/** Now that no migration is to go on: as long as it is there, it costs every write time. */
async function tidyUp(invocation: Invocation, context: MigrateContext): Promise<void> {
  const { structure, signal, shell } = context
  if (!(await structure.leftovers(signal))) return
  await running(invocation, context, (options) => structure.tidy(options))
  shell.output.report('What a cancelled migration had prepared was taken away.')
}

const SCHEMA_ENTRY: EntryHead = { name: null, checksum: null, kind: 'apply', undoes: null }

type RunOptions = Parameters<Parameters<typeof running>[2]>[0]

/** Plans again, now that nobody else can change anything: another process may have done it all while we asked or waited. */
async function applySchema(context: MigrateContext, shown: PendingWork, options: RunOptions): Promise<Outcome> {
  const { structure, signal } = context
  const plan = await planMigration({ structure, definition: requireSchema(context), signal })
  if (needsNote(plan, await structure.journal(signal))) {
    await noteStructure(plan, { ...options, entry: SCHEMA_ENTRY })
    return { applied: [], noted: [null] }
  }
  if (plan.steps.length === 0) return NOTHING
  if (needsBackup(plan) && !needsConsent(shown)) {
    const hint = 'Look at it again: pilar migrate plan'
    throw failure('PILAR_MIGRATION', { message: 'the database was changed while this was being prepared' }, { hint })
  }
  await runPlan(plan, SCHEMA_ENTRY, options)
  return { applied: [null], noted: [] }
}

function outcomeText({ applied, noted }: Outcome): string {
  const lines = [
    ...noted.map((name) => (name === null ? 'Noted the structure as it is.' : `noted    ${name}`)),
    ...applied.map((name) => (name === null ? 'The database is now as schema.ts says.' : `applied  ${name}`)),
  ]
  return lines.length === 0 ? 'Nothing was left to do: somebody else did it meanwhile.' : lines.join('\n')
}
