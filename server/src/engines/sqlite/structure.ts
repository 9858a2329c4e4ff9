import type { Catalog } from '../../schema/catalog.ts'
import { diff } from '../../schema/migration/diff.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import { systemCatalog, systemPart } from '../../schema/system-tables.ts'
import { systemClock } from '../../std/clock.ts'
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
import { LEASE_MS } from '../structure.ts'
import { SqliteBackup } from './backup/backup.ts'
import { openConnection } from './connection.ts'
import { mapError } from './errors.ts'
import { introspect } from './introspect.ts'
import { HeldLease } from './migrate/held-lease.ts'
import { entryRow, readEntries } from './migrate/journal.ts'
import { type Ask, type Planned, runMigration, sweepRubbish } from './migrate/run.ts'
import { migrationStatements } from './migrate.ts'
import type { Writer } from './writer.ts'

interface Parts {
  readonly file: string
  readonly lockTimeoutMs: number
  readonly writer: Writer
  readonly version: () => number
  readonly countRows: (table: string) => Promise<number>
  readonly rewatch: (on: boolean) => Promise<void>
}

/** The structure of one open SQLite file. */
export class SqliteStructure implements Structure {
  readonly backup: Backup
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
    this.backup = new SqliteBackup(parts.file, this.#ask)
  }

  async introspect(_signal: AbortSignal): Promise<Catalog> {
    return this.#inspect(introspect)
  }

  survey(_steps: readonly MigrationStep[], _signal: AbortSignal): Promise<Survey> {
    return notBuilt()
  }

  migrate(_migration: Migration, _run: MigrationRun): Promise<void> {
    return notBuilt()
  }

  /** Runs what was planned. */
  async run(planned: Planned, run: MigrationRun): Promise<void> {
    const { version, countRows, rewatch } = this.#parts
    const place = { ask: this.#ask, version, countRows, rewatch, introspect: () => this.#inspect(introspect) }
    try {
      await runMigration(planned, run, place)
    } catch (error) {
      throw mapError(error)
    }
  }

  async journal(_signal: AbortSignal): Promise<readonly JournalEntry[]> {
    return this.#inspect(readEntries)
  }

  async record(entry: JournalEntry, lease: Lease): Promise<void> {
    const claim = { fence: lease.fence, untilMs: systemClock.now() + LEASE_MS }
    await this.#ask({ kind: 'record', claim, entry: entryRow(entry) })
  }

  async acquireLease(options: LeaseOptions): Promise<Lease> {
    await this.#makeSystemTables()
    const lease = await HeldLease.acquire(options, this.#ask)
    await sweepRubbish({ lease, signal: options.signal }, this.#ask)
    return lease
  }

  /** Pilar's own tables, made or brought up to date. Several processes may do it at once: one does, and the others find it done. */
  async #makeSystemTables(): Promise<void> {
    for (;;) {
      const version = this.#parts.version()
      const found = this.#inspect(introspect)
      const part = systemPart(found)
      const { steps } = diff(part, systemCatalog(), { known: part })
      if (steps.length === 0) return
      const statements = migrationStatements(
        steps.filter((step) => step.kind === 'create-table'),
        found,
      )
      await this.#ask({ kind: 'statements', version, statements })
    }
  }

  readonly #ask: Ask = async (task) => {
    try {
      return (await this.#parts.writer.ask({ kind: 'structure', task })) as never
    } catch (error) {
      throw mapError(error)
    }
  }

  #inspect<T>(body: (database: ReturnType<typeof openConnection>['database']) => T): T {
    try {
      const { database } = openConnection(this.#parts.file, 'inspector', this.#parts.lockTimeoutMs)
      try {
        return body(database)
      } finally {
        database.close()
      }
    } catch (error) {
      throw mapError(error)
    }
  }
}

const notBuilt = (): Promise<never> => Promise.reject(new Error('not built yet'))
