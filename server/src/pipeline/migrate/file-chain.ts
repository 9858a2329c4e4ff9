import type { JournalEntry } from '../../engines/structure.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { readCatalog } from '../../schema/migration/catalog-text.ts'
import { diff } from '../../schema/migration/diff.ts'
import { StepFault } from '../../schema/migration/draft.ts'
import { entryOfFile, wasUndone } from './journal.ts'
import type { FileState, MigrationFile, MigrationState } from './types.ts'

export type Conflict = MigrationState['conflicts'][number]

/** Files in their order, each with what is to be done with it. */
export interface Chain {
  readonly files: readonly (MigrationFile & { readonly state: FileState })[]
  readonly conflicts: readonly Conflict[]
}

export interface ChainInput {
  readonly files: readonly MigrationFile[]
  readonly journal: readonly JournalEntry[]
  readonly found: Catalog
}

/** What each file is to the database, and what is wrong with them as a row. */
export function fileChain(input: ChainInput): Chain {
  const files = [...input.files].sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1))
  const conflicts = [...editedFiles(files, input.journal), ...missingFiles(input), ...brokenLinks(files, input.journal)]
  const open = files.filter(({ name }) => entryOfFile(name, input.journal) === undefined)
  const { present, conflict } = standOf(open, input)
  if (conflict !== null) conflicts.push(conflict)
  const states = files.map((file): MigrationFile & { readonly state: FileState } => {
    const place = open.indexOf(file)
    if (place === -1) return { ...file, state: 'applied' }
    if (place < present) return { ...file, state: 'present' }
    if (conflicts.length > 0) return { ...file, state: 'conflict' }
    return { ...file, state: wasUndone(file.name, input.journal) ? 'undone' : 'pending' }
  })
  return { files: states, conflicts }
}

/** Files that may be applied without being asked for, in order: not what a person has undone, and not what may build on it. */
export function filesToApply({ files }: Chain): Chain['files'] {
  const undone = files.findIndex(({ state }) => state === 'undone')
  return (undone === -1 ? files : files.slice(0, undone)).filter(({ state }) => state === 'pending')
}

/** What is wrong with files by themselves, whatever a database has. They are in order. */
export function contradictions(files: readonly MigrationFile[]): readonly Conflict[] {
  return [...editedFiles(files, []), ...brokenLinks(files, [])]
}

function editedFiles(files: readonly MigrationFile[], journal: readonly JournalEntry[]): Conflict[] {
  return files.flatMap(({ name, checksum, actualChecksum }) => {
    const entry = entryOfFile(name, journal)
    if (entry !== undefined && entry.checksum !== actualChecksum) {
      const message = `${name} was edited after it was applied to this database`
      return [{ message, hint: 'Take the edit back, and say it in a new migration: pilar migrate new.' }]
    }
    if (entry !== undefined || checksum === actualChecksum) return []
    const message = `${name} was edited by hand: its checksum is another one`
    return [{ message, hint: `Review it, then seal it: pilar migrate new --seal ${name}.` }]
  })
}

/** What was applied from a file must still be one: else a new database would get another structure. */
function missingFiles({ files, journal }: ChainInput): Conflict[] {
  const names = new Set(files.map(({ name }) => name))
  const applied = new Set(journal.flatMap(({ name }) => (name === null ? [] : [name])))
  return [...applied].flatMap((name) => {
    if (names.has(name) || entryOfFile(name, journal) === undefined) return []
    const message = `${name} was applied to this database, and there is no such file`
    return [{ message, hint: 'Put the file back (Git has it), or undo it: pilar migrate undo.' }]
  })
}

/** Two branches that meet: files of one number, or a file that does not begin where the one before it ends. */
function brokenLinks(files: readonly MigrationFile[], journal: readonly JournalEntry[]): Conflict[] {
  return files.slice(1).flatMap((file, index) => {
    const before = files[index]
    if (before === undefined) return []
    // The one to move is the one that this database does not have.
    const applied = [file, before].map(({ name }) => entryOfFile(name, journal) !== undefined)
    const later = applied[0] === true && applied[1] === false ? before : file
    const hint = `Let one follow the other: pilar migrate new --rebase ${later.name}.`
    if (file.number === before.number)
      return [{ message: `${before.name} and ${file.name} have the same number: two branches met`, hint }]
    if (sameStructure(file.before, before.after)) return []
    const message = sameStructure(file.before, before.before)
      ? `${before.name} and ${file.name} start from the same structure: two branches met`
      : `${file.name} does not start from what ${before.name} leads to`
    return [{ message, hint }]
  })
}

/** How many of the open files have their outcome in the database already, and whether the next one can start from what is there. */
function standOf(
  open: readonly MigrationFile[],
  { journal, found }: ChainInput,
): { present: number; conflict: Conflict | null } {
  const [first] = open
  if (first === undefined) return { present: 0, conflict: null }
  const declared = journal.at(-1)?.after
  const known = declared === undefined ? null : readCatalog(declared)
  const isDeclared = (text: string): boolean => declared !== undefined && sameStructure(declared, text)
  // What was declared and goes must be gone; what nobody declared may be there.
  const hasOutcome = ({ after }: MigrationFile): boolean =>
    isDeclared(after) || isSame(found, readCatalog(after), known)
  // The last that fits: pilar dev goes through in one step what files tell in several.
  const present = open.findLastIndex(hasOutcome) + 1
  if (present > 0 || isDeclared(first.before) || isIn(found, first.before)) return { present, conflict: null }
  const message = `the database is neither what ${first.name} starts from nor what it leads to`
  const hint = 'See what differs: pilar migrate status. Mend the database, or begin with a new one.'
  return { present, conflict: { message, hint } }
}

/** True when the database has this structure, whatever else it has. */
function isIn(found: Catalog, text: string): boolean {
  const declared = readCatalog(text)
  return isSame(found, declared, declared)
}

function sameStructure(a: string, b: string): boolean {
  if (a === b) return true
  const from = readCatalog(a)
  return isSame(from, readCatalog(b), from)
}

function isSame(from: Catalog, to: Catalog, known: Catalog | null): boolean {
  try {
    const { steps, obstacles } = diff(from, to, { known })
    return steps.length === 0 && obstacles.length === 0
  } catch (error) {
    // A foreign key to a table of somebody else, which no file describes, has nowhere to lead to.
    if (error instanceof StepFault) return false
    throw error
  }
}
