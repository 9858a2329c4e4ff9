import type { DatabaseSync } from 'node:sqlite'
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
