import { migrationState } from '../pipeline/migrate/migration-state.ts'
import { needsNote } from '../pipeline/migrate/note-structure.ts'
import { planMigration } from '../pipeline/migrate/plan-migration.ts'
import type { FileState, MigrationFile, MigrationState } from '../pipeline/migrate/types.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { systemClock } from '../std/clock.ts'
import { changeAfter, existingTables, NEW_HINT } from './change-after.ts'
import { type MigrateContext, requireSchema } from './migrate-context.ts'
import { type FilePlan, planFiles } from './plan-pending.ts'
import { needsBackup, type PrintOptions, planJson, planText } from './print-plan.ts'

/** One migration; `name` is that of its file, null for what schema.ts says. */
interface WorkPart extends Omit<FilePlan, 'name'> {
  readonly name: string | null
}

/** What `pilar migrate apply` has to do. */
export interface PendingWork {
  /** In this order. */
  readonly parts: readonly WorkPart[]
  /** Files whose outcome is there already: to be noted in the journal. */
  readonly present: readonly string[]
  /** Among the parts: files that were undone, and are applied again. */
  readonly undone: readonly string[]
  /** True when the database has what schema.ts says, and the journal is yet to say so. */
  readonly unnoted: boolean
  readonly conflicts: MigrationState['conflicts']
  readonly drift: readonly string[]
  /** True when schema.ts has changes that no file has. */
  readonly schemaAhead: boolean
  readonly possible: boolean
}

/** The state of a database as commands show it. */
export function stateOf({ structure, files, serving, signal, definition }: MigrateContext): Promise<MigrationState> {
  const { retiredDays } = serving.settings
  const existing = new Set((definition?.existing ?? []).map(({ key }) => key))
  return migrationState({ structure, files, existing, retiredDays, clock: systemClock, signal })
}

/** Finds out what is to be done: pending files or, in a project without files, what schema.ts says. Writes nothing. */
export async function pendingWork(context: MigrateContext): Promise<PendingWork> {
  const { structure, signal } = context
  for (;;) {
    const { length } = await structure.journal(signal)
    try {
      return await workNow(context)
    } catch (error) {
      // Where another process has migrated while we looked, what we saw first and last do not fit each other.
      if ((await structure.journal(signal)).length === length) throw error
    }
  }
}

async function workNow(context: MigrateContext): Promise<PendingWork> {
  const { structure, files, signal, definition } = context
  const state = await stateOf(context)
  const inState = (...wanted: readonly FileState[]) => state.files.filter((file) => wanted.includes(file.state))
  const { conflicts, drift } = state
  const parts: readonly WorkPart[] =
    files === null
      ? [
          {
            name: null,
            plan: await planMigration({ structure, definition: requireSchema(context), signal }),
            surveyed: true,
          },
        ]
      : await planFiles({ structure, files: inState('pending', 'undone'), signal })
  const told = drift.length === 0 ? parts : parts.map(withoutDrift)
  return {
    parts: told.filter(({ plan }) => plan.steps.length > 0 || !plan.possible || plan.warnings.length > 0),
    present: inState('present').map(({ name }) => name),
    undone: inState('undone').map(({ name }) => name),
    unnoted: files === null && parts.every(({ plan }) => needsNote(plan, state.journal)),
    ...{ conflicts, drift },
    schemaAhead: files !== null && definition !== null && (await isAhead(context, files, definition)),
    possible: conflicts.length === 0 && parts.every(({ plan }) => plan.possible),
  }
}

/** Told once for the whole database is enough. */
function withoutDrift(part: WorkPart): WorkPart {
  const warnings = part.plan.warnings.filter(({ kind }) => kind !== 'drift')
  return { ...part, plan: { ...part.plan, warnings } }
}

async function isAhead(
  { structure, signal }: MigrateContext,
  files: readonly MigrationFile[],
  definition: SchemaDefinition,
): Promise<boolean> {
  const existing = await existingTables(definition, structure, signal)
  const { steps, obstacles } = await changeAfter(files, definition, existing)
  return steps.length + obstacles.length > 0
}

/** True when a person should agree first: never for a database in which there is nothing to lose. */
export function needsConsent({ parts }: PendingWork): boolean {
  const isEmpty = parts[0] !== undefined && [...parts[0].plan.found.tables.values()].every(({ system }) => system)
  return !isEmpty && parts.some(({ plan }) => needsBackup(plan))
}

/** True when there is nothing that `apply` would change, and no file that it would note. */
export function nothingToDo({ parts, present, conflicts }: PendingWork): boolean {
  return parts.every(({ plan }) => plan.steps.length === 0 && plan.possible) && present.length + conflicts.length === 0
}

/** All of it for people. */
export function workText(work: PendingWork, options: PrintOptions): string {
  const { output } = options
  const parts = work.parts.map(({ name, plan, surveyed }) => {
    const text = `${planText(plan, options)}${surveyed ? '' : NOT_SURVEYED}`
    const again = work.undone.some((each) => each === name) ? ', which was undone, again' : ''
    return name === null ? text : `${output.bold(name)}${again}\n${text}`
  })
  const present = work.present.map(
    (name) => `${output.bold(name)}\nThe database has its outcome already: it is noted, not run.`,
  )
  const blocks = [...conflictTexts(work), ...present, ...parts]
  if (nothingToDo(work)) blocks.push('Nothing to do: the database has what is declared.')
  if (work.unnoted) blocks.push(UNNOTED)
  if (work.drift.length > 0) blocks.push(driftText(work.drift))
  if (work.schemaAhead) blocks.push(SCHEMA_AHEAD)
  return blocks.join('\n\n')
}

const NOT_SURVEYED = ' What its rows say will be known when the files before it are applied.'

const UNNOTED =
  'Its journal does not say so yet. pilar migrate apply notes it: what is then taken out of schema.ts is retired,\nand not just left alone.'

const SCHEMA_AHEAD = `schema.ts has changes that no file in migrations/ has.\nhint: ${NEW_HINT}`

/** Files that can't be put in one order, each with its remedy. */
export function conflictTexts({ conflicts }: Pick<MigrationState, 'conflicts'>): readonly string[] {
  return conflicts.map(({ message, hint }) => `conflict: ${message}\nhint: ${hint}`)
}

/** What somebody else changed in the database. */
export function driftText(drift: readonly string[]): string {
  return ['Changed by others, and left alone:', ...drift.map((line) => `  ${line}`)].join('\n')
}

/** All of it for programs. */
export function workJson({ parts, ...rest }: PendingWork): object {
  return { ...rest, migrations: parts.map(({ name, plan, surveyed }) => ({ name, surveyed, ...planJson(plan) })) }
}
