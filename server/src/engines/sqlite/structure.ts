import type { DatabaseSync } from 'node:sqlite'
import { loadGrammar } from '../../policy/expression/index.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { applySteps } from '../../schema/migration/apply-steps.ts'
import { diff } from '../../schema/migration/diff.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import { requireKnownVersion, systemCatalog, systemPart } from '../../schema/system-tables.ts'
import { systemClock } from '../../std/clock.ts'
import { inTurns } from '../../std/pieces.ts'
import { quoteName } from '../sql/printer.ts'
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
import { type Connection, openConnection } from './connection.ts'
import { mapError } from './errors.ts'
import { readFile } from './found-file.ts'
import { introspect, introspectInPieces } from './introspect.ts'
import { HeldLease } from './migrate/held-lease.ts'
import { entryRow, readEntries } from './migrate/journal.ts'
import type { SqliteMigration } from './migrate/migration.ts'
import { patiently } from './migrate/pacer.ts'
import { isTransient } from './migrate/reserved.ts'
import type { Ask, Planned } from './migrate/run.ts'
import type { Writer } from './writer.ts'

/** More than the size at which a plan changes; counting them takes some milliseconds. */
const ROWS_COUNTED = 250_000

interface Parts {
  readonly file: string
  readonly lockTimeoutMs: number
  readonly writer: Pick<Writer, 'ask'> & Partial<Pick<Writer, 'lastWriteMs'>>
  readonly version: () => number
  readonly countRows: (table: string) => Promise<number>
  readonly rewatch: (on: boolean) => Promise<void>
}

/** The structure of one open SQLite file. What changes it is loaded when it is asked for: nearly all starts find nothing to do. */
export class SqliteStructure implements Structure {
  readonly backup: Backup
  readonly #parts: Parts
  #last: { readonly version: number; readonly found: Catalog } | null = null

  constructor(parts: Parts) {
    this.#parts = parts
    this.backup = new SqliteBackup(parts.file, this.#ask)
  }

  async introspect(_signal: AbortSignal): Promise<Catalog> {
    return requireKnownVersion(await this.#introspectInTurns())
  }

  async survey(steps: readonly MigrationStep[], signal: AbortSignal): Promise<Survey> {
    const { survey } = await import('./survey.ts')
    const { file, lockTimeoutMs } = this.#parts
    return survey(steps, { file, lockTimeoutMs, nowMicros: systemClock.nowMicros(), signal })
  }

  async migrate({ steps, from, entry }: Migration, run: MigrationRun): Promise<void> {
    await loadGrammar()
    const at = entry?.at ?? new Date(systemClock.now()).toISOString()
    const plan = await this.#plan(steps, from, at)
    await this.run({ plan, from, expected: applySteps(from, steps, at), entry }, run)
  }

  async #plan(steps: readonly MigrationStep[], found: Catalog, at: string): Promise<SqliteMigration> {
    const { planInPieces } = await import('./migrate/plan.ts')
    return this.#inspectInTurns(({ database }) =>
      inTurns(
        planInPieces(steps, {
          ...{ found, at, nowMicros: systemClock.nowMicros() },
          objects: readFile(database).objects,
          rows: (table) => rowsAtLeast(database, table),
        }),
      ),
    )
  }

  /** Null when another process changed the structure while it was being planned, and the plan makes no sense any more. */
  async #planUnlessChanged(
    steps: readonly MigrationStep[],
    found: Catalog,
    { at, version }: { readonly at: string; readonly version: number },
  ): Promise<SqliteMigration | null> {
    try {
      return await this.#plan(steps, found, at)
    } catch (error) {
      if (this.#parts.version() === version) throw error
      return null
    }
  }

  /** Runs what was planned. */
  async run(planned: Planned, run: MigrationRun): Promise<void> {
    const { version, countRows, rewatch } = this.#parts
    const place = {
      ...{ ask: this.#ask, version, countRows, rewatch },
      introspect: () => this.#introspect(),
      lastWriteMs: () => this.#parts.writer.lastWriteMs ?? Number.NEGATIVE_INFINITY,
    }
    const { runMigration } = await import('./migrate/run.ts')
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

  async leftovers(_signal: AbortSignal): Promise<boolean> {
    return this.#inspect((database) => {
      const names = database.prepare('SELECT name FROM sqlite_schema').all()
      return names.some(({ name }) => isTransient(String(name)))
    })
  }

  async tidy(run: Pick<MigrationRun, 'lease' | 'signal'>): Promise<void> {
    const { sweepAll } = await import('./migrate/run.ts')
    await sweepAll(run, this.#ask)
  }

  async acquireLease(options: LeaseOptions): Promise<Lease> {
    await this.#makeSystemTables(options.signal)
    const lease = await HeldLease.acquire(options, this.#ask)
    const { sweepRubbish } = await import('./migrate/run.ts')
    try {
      await sweepRubbish({ lease, signal: options.signal }, this.#ask)
      return lease
    } catch (error) {
      await lease.release()
      throw error
    }
  }

  /** Pilar's own tables, made or brought up to date. Several processes may do it at once: one does, and the others find it done. */
  async #makeSystemTables(signal: AbortSignal): Promise<void> {
    await loadGrammar()
    for (;;) {
      const version = this.#parts.version()
      const found = requireKnownVersion(this.#introspect())
      const part = systemPart(found)
      const { steps } = diff(part, systemCatalog(), { known: part })
      if (steps.length === 0) return
      const at = new Date(systemClock.now()).toISOString()
      const plan = await this.#planUnlessChanged(steps, part, { at, version })
      if (plan !== null) await patiently(signal, () => this.#ask({ kind: 'at-once', version, plan }))
    }
  }

  readonly #ask: Ask = async (task) => {
    try {
      return (await this.#parts.writer.ask({ kind: 'structure', task })) as never
    } catch (error) {
      throw mapError(error)
    }
  }

  /** Reading the structure of thirty tables takes 5 ms of the server's thread: once for each version of it. */
  #introspect(): Catalog {
    const version = this.#parts.version()
    if (this.#last?.version !== version) this.#last = { version, found: this.#inspect(introspect) }
    return this.#last.found
  }

  async #introspectInTurns(): Promise<Catalog> {
    if (this.#last?.version === this.#parts.version()) return this.#last.found
    const last = await this.#inspectInTurns(async ({ database, versions }) => {
      database.exec('BEGIN')
      const found = await inTurns(introspectInPieces(database))
      return { version: versions.read(), found }
    })
    this.#last = last
    return last.found
  }

  async #inspectInTurns<T>(body: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      const connection = openConnection(this.#parts.file, 'inspector', this.#parts.lockTimeoutMs)
      try {
        return await body(connection)
      } finally {
        connection.database.close()
      }
    } catch (error) {
      throw mapError(error)
    }
  }

  #inspect<T>(body: (database: DatabaseSync) => T): T {
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

/** Rows of a table as far as it matters for a plan: counting all of a large one would take long. */
function rowsAtLeast(database: DatabaseSync, table: string): number {
  const sql = `SELECT count(*) AS rows FROM (SELECT 1 FROM ${quoteName(table)} LIMIT ${ROWS_COUNTED})`
  return Number(database.prepare(sql).get()?.['rows'])
}
