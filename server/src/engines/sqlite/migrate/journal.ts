import type { DatabaseSync } from 'node:sqlite'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import type { JournalEntry } from '../../structure.ts'
import { MIGRATIONS } from './reserved.ts'
import type { EntryRow } from './tasks.ts'

/** Notes a migration, in the transaction of what it did. */
export function writeEntry(database: DatabaseSync, entry: EntryRow): void {
  database
    .prepare(
      `INSERT INTO ${MIGRATIONS} (name, checksum, kind, undoes, steps, before, after, at, duration_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      ...[entry.name, entry.checksum, entry.kind, entry.undoes, entry.steps],
      ...[entry.before, entry.after, entry.at, entry.durationMs],
    )
}

/** Oldest first; empty where the file has no journal. */
export function readEntries(database: DatabaseSync): readonly JournalEntry[] {
  const exists = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'pilar.migrations'")
    .get()
  if (exists === undefined) return []
  return database
    .prepare(`SELECT * FROM ${MIGRATIONS} ORDER BY id`)
    .all()
    .map((row) => ({
      id: Number(row['id']),
      name: textOf(row['name']),
      checksum: textOf(row['checksum']),
      kind: row['kind'] as JournalEntry['kind'],
      undoes: row['undoes'] === null ? null : Number(row['undoes']),
      steps: JSON.parse(String(row['steps'])) as readonly MigrationStep[],
      before: String(row['before']),
      after: String(row['after']),
      at: String(row['at']),
      durationMs: Number(row['duration_ms']),
    }))
}

const textOf = (value: unknown): string | null => (value === null ? null : String(value))

export function entryRow(entry: JournalEntry): EntryRow {
  const { name, checksum, kind, undoes, before, after, at, durationMs } = entry
  return { name, checksum, kind, undoes, steps: JSON.stringify(entry.steps), before, after, at, durationMs }
}
