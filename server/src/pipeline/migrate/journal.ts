import type { JournalEntry } from '../../engines/structure.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { readCatalog } from '../../schema/migration/catalog-text.ts'

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

/** The entry that says of a file that the database has its outcome; undefined when it was never applied, or undone. */
export function entryOfFile(name: string, journal: readonly JournalEntry[]): JournalEntry | undefined {
  const undone = new Set(journal.map(({ undoes }) => undoes))
  return journal.findLast((entry) => {
    return entry.name === name && (entry.kind === 'apply' || entry.kind === 'adopt') && !undone.has(entry.id)
  })
}
