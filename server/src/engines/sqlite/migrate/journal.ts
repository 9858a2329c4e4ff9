import type { DatabaseSync } from 'node:sqlite'
import { readStep, shortStep } from '../../../schema/migration/short-step.ts'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import type { JournalEntry } from '../../structure.ts'
import { MIGRATIONS } from './reserved.ts'
import type { EntryRow } from './tasks.ts'

/** Oldest first; empty where the file has no journal. */
export function readEntries(database: DatabaseSync): readonly JournalEntry[] {
  const exists = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'pilar.migrations'")
    .get()
  if (exists === undefined) return []
  return database.prepare(`SELECT * FROM ${MIGRATIONS} ORDER BY id`).all().map(readEntry)
}

/** Steps are read when they are asked for: a start wants to know what was declared last, after however many migrations. */
function readEntry(row: Record<string, unknown>): JournalEntry {
  let steps: readonly MigrationStep[] | null = null
  return {
    id: Number(row['id']),
    name: textOf(row['name']),
    checksum: textOf(row['checksum']),
    kind: row['kind'] as JournalEntry['kind'],
    undoes: row['undoes'] === null ? null : Number(row['undoes']),
    get steps() {
      steps ??= readSteps(String(row['steps']))
      return steps
    },
    before: String(row['before']),
    after: String(row['after']),
    at: String(row['at']),
    durationMs: Number(row['duration_ms']),
  }
}

const readSteps = (text: string): readonly MigrationStep[] =>
  (JSON.parse(text) as readonly unknown[]).map((step, index) => readStep(step, `steps[${index}]`))

const textOf = (value: unknown): string | null => (value === null ? null : String(value))

export function entryRow(entry: JournalEntry): EntryRow {
  const { name, checksum, kind, undoes, before, after, at, durationMs } = entry
  return {
    name,
    checksum,
    kind,
    undoes,
    steps: JSON.stringify(entry.steps.map(shortStep)),
    before,
    after,
    at,
    durationMs,
  }
}
