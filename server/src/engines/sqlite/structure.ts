import type { Catalog } from '../../schema/catalog.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import type {
  Backup,
  JournalEntry,
  Lease,
  LeaseOptions,
  Migration,
  MigrationRun,
  Structure,
  Survey,
} from '../structure.ts'

/** The structure of one open SQLite file. */
export class SqliteStructure implements Structure {
  readonly backup: Backup | null = null

  introspect(_signal: AbortSignal): Promise<Catalog> {
    return notBuilt()
  }

  survey(_steps: readonly MigrationStep[], _signal: AbortSignal): Promise<Survey> {
    return notBuilt()
  }

  migrate(_migration: Migration, _run: MigrationRun): Promise<void> {
    return notBuilt()
  }

  journal(_signal: AbortSignal): Promise<readonly JournalEntry[]> {
    return notBuilt()
  }

  record(_entry: JournalEntry, _lease: Lease): Promise<void> {
    return notBuilt()
  }

  acquireLease(_options: LeaseOptions): Promise<Lease> {
    return notBuilt()
  }
}

const notBuilt = (): Promise<never> => Promise.reject(new Error('not built yet'))
