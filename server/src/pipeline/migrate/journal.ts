import type { JournalEntry } from '../../engines/structure.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { readCatalog } from '../../schema/migration/catalog-text.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'

/** The structure that was declared last; null where nothing was recorded. */
export function lastDeclared(journal: readonly JournalEntry[]): Catalog | null {
  const last = journal.at(-1)
  return last === undefined ? null : readCatalog(last.after)
}

/** The migrations that count: those that changed something and were not undone since, oldest first. */
export function standingEntries(journal: readonly JournalEntry[]): readonly JournalEntry[] {
  const undone = new Set(journal.map(({ undoes }) => undoes))
  return journal.filter(({ id, kind }) => kind === 'apply' && !undone.has(id))
}

/** True when a file was applied and taken back since. */
export function wasUndone(name: string, journal: readonly JournalEntry[]): boolean {
  return (
    entryOfFile(name, journal) === undefined && journal.some((entry) => entry.name === name && entry.kind === 'undo')
  )
}

/** What was taken back since something was applied for the last time: the steps of these migrations. */
export function undoneSteps(journal: readonly JournalEntry[]): readonly MigrationStep[] {
  const since = journal.slice(journal.findLastIndex(({ kind }) => kind === 'apply') + 1)
  const undone = new Set(since.map(({ undoes }) => undoes))
  return journal.filter(({ id }) => undone.has(id)).flatMap(({ steps }) => steps)
}

/** The entry that says of a file that the database has its outcome; undefined when it was never applied, or undone. */
export function entryOfFile(name: string, journal: readonly JournalEntry[]): JournalEntry | undefined {
  const undone = new Set(journal.map(({ undoes }) => undoes))
  return journal.findLast((entry) => {
    return entry.name === name && (entry.kind === 'apply' || entry.kind === 'adopt') && !undone.has(entry.id)
  })
}
