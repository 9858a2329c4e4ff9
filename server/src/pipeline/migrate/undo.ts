import type { JournalEntry, Structure } from '../../engines/structure.ts'
import { failure } from '../../errors/error.ts'
import { loadGrammar } from '../../policy/expression/index.ts'
import { readCatalog } from '../../schema/migration/catalog-text.ts'
import { undoSteps } from '../../schema/migration/undo-steps.ts'
import { standingEntries } from './journal.ts'
import { surveySteps } from './survey-steps.ts'
import type { UndoPlan } from './types.ts'

export interface UndoOptions {
  readonly structure: Structure
  /** A file's name (`0003_add_slugs`) or an entry's number; null for the last migration that was not undone. */
  readonly which: string | number | null
  readonly signal: AbortSignal
}

/**
 * How the last migration (or the named one, when all later ones are undone) is taken back. Writes nothing. Throws PILAR_MIGRATION when there is no
 * such migration. To be run with `applyMigration(plan, { …, entry: { name, checksum, kind: 'undo', undoes: plan.entry.id } })`.
 */
export async function planUndo({ structure, which, signal }: UndoOptions): Promise<UndoPlan> {
  await loadGrammar()
  const entry = entryToUndo(which, await structure.journal(signal))
  const found = await structure.introspect(signal)
  const wanted = readCatalog(entry.before)
  const undo = undoSteps(entry.steps, { before: wanted, after: readCatalog(entry.after), found, at: entry.at })
  const steps = await surveySteps(undo.steps, { structure, signal })
  return {
    ...{ found, wanted, entry, steps, obstacles: undo.obstacles, warnings: [], losses: undo.losses },
    ...{ before: entry.after, after: entry.before },
    possible:
      undo.obstacles.length === 0 && steps.every(({ findings }) => findings.every(({ kind }) => kind === 'tells')),
  }
}

function entryToUndo(which: string | number | null, journal: readonly JournalEntry[]): JournalEntry {
  const standing = standingEntries(journal)
  const last = standing.at(-1)
  if (last === undefined) throw failure('PILAR_MIGRATION', { message: 'there is no migration to undo' })
  if (which === null) return last
  const isNamed = (entry: JournalEntry): boolean => entry.id === which || entry.name === which
  const entry = standing.findLast(isNamed)
  if (entry === last) return last
  if (entry === undefined) throw notStanding(which, journal.findLast(isNamed))
  const later = standing.slice(standing.indexOf(entry) + 1).reverse()
  throw failure(
    'PILAR_MIGRATION',
    { message: `later migrations build on ${describeEntry(entry)}` },
    { hint: `Undo these first, in this order: ${later.map(describeEntry).join(', ')}.` },
  )
}

function notStanding(which: string | number, entry: JournalEntry | undefined): Error {
  if (entry === undefined)
    return failure('PILAR_MIGRATION', { message: `no migration ${describeName(which)} was run on this database` })
  if (entry.kind === 'apply')
    return failure('PILAR_MIGRATION', { message: `${describeEntry(entry)} was undone already` })
  const why = {
    undo: ['is an undo itself', 'Apply the migration again: pilar migrate apply.'],
    purge: [
      'destroyed what was retired, and that can not be had again',
      'Restore the backup that was made before: pilar db restore.',
    ],
    adopt: [
      'changed nothing: what it leads to was there already',
      'Undo the migrations that made it; pilar migrate status lists them.',
    ],
  } as const
  const [message, hint] = why[entry.kind]
  return failure('PILAR_MIGRATION', { message: `${describeEntry(entry)} ${message}` }, { hint })
}

const describeName = (which: string | number): string => (typeof which === 'number' ? `#${which}` : `"${which}"`)

/** The file's name, or the number of a migration without one: `0003_add_slugs`, `#7`. */
function describeEntry({ id, name }: Pick<JournalEntry, 'id' | 'name'>): string {
  return name ?? `#${id}`
}
