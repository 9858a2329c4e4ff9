import type { Catalog } from '../schema/catalog.ts'
import type { Finding, MigrationStep } from '../schema/migration/step.ts'

/** The part of an open pool that reads and changes the structure of a database. Never used by requests. */
export interface Structure {
  /**
   * Reads the structure as it is: tables, what is retired, what has no word (`Catalog.opaque`). `version` is 0. Writes nothing. Throws PILAR_START for
   * a database that a later version of Pilar has written.
   */
  introspect(signal: AbortSignal): Promise<Catalog>

  /** What the rows say about each step, and what the engine would run. Writes nothing, and keeps no writer waiting. */
  survey(steps: readonly MigrationStep[], signal: AbortSignal): Promise<Survey>

  /**
   * Runs the steps as one migration: all of it or nothing, at one moment, for every process. Before that moment rows are copied in batches where
   * they must be, so that no writer waits longer than `BATCH_MS_MAX`; a migration that was killed goes on where it was when the same steps are asked
   * for again, and what another one left behind is taken away. Needs the lease. Throws, and leaves the database as it was: the SQLSTATE of a row that
   * breaks a new rule (23502, 23505, 23503, 23514, 22P02 …) with the row in its details; PILAR_MIGRATION_STALE when the structure is not `from` any
   * more; PILAR_MIGRATION_LEASE when the lease was lost; 57014 when the signal came first.
   */
  migrate(migration: Migration, run: MigrationRun): Promise<void>

  /** The migrations that were run on this database, oldest first; empty where none was. */
  journal(signal: AbortSignal): Promise<readonly JournalEntry[]>

  /** Notes a change of structure that is already there (a file whose outcome the database has), or that a file took another name. Needs the lease. */
  record(entry: JournalEntry, lease: Lease): Promise<void>

  /**
   * The right to change the structure, for one holder at a time over all processes that use the database; makes Pilar's own tables where they are
   * missing or old. Waits for the present holder, calling `waiting` with its name; a holder that is gone loses it after LEASE_MS. 57014 when the
   * signal came first.
   */
  acquireLease(options: LeaseOptions): Promise<Lease>

  /** True when cancelled or killed migrations have left something behind. Writes nothing. */
  leftovers(signal: AbortSignal): Promise<boolean>

  /**
   * Takes away what cancelled and killed migrations have prepared: for when none of them is to go on. As long as it is there, every write to their tables
   * is noted, which costs time and space. What they replaced goes with every lease by itself.
   */
  tidy(run: Pick<MigrationRun, 'lease' | 'signal'>): Promise<void>

  /** A consistent copy of everything, made while the database is in use. Null where the engine has none (then `pilar db dump` is the way). */
  readonly backup: Backup | null
}

/** The longest that a batch of a running migration may keep writers waiting, in milliseconds. */
export const BATCH_MS_MAX = 1_000
export const LEASE_MS = 15_000

export interface Survey {
  readonly findings: readonly Finding[]
  /** One per step. */
  readonly steps: readonly {
    /** The statements it comes to, as the engine would run them by themselves; never a value of a row. */
    readonly sql: readonly string[]
    /** Rows that have to be read or copied; 0 for what is done at once. */
    readonly rows: number
    /** What the rows come to, in milliseconds, roughly. */
    readonly estimateMs: number
    /** True when rows are copied into a new table. */
    readonly copies: boolean
  }[]
}

export interface Migration {
  readonly steps: readonly MigrationStep[]
  /** The structure they were planned from. */
  readonly from: Catalog
  /** Noted in the journal at the same moment; null for Pilar's own tables. */
  readonly entry: JournalEntry | null
}

export interface MigrationRun {
  readonly lease: Lease
  readonly signal: AbortSignal
  readonly progress?: (progress: Progress) => void
  /** Share of the time that copying may take, 0.05 to 1: 0.5 rests as long as it works. Default 1. */
  readonly pace?: number
  /** Stops between batches until it resolves: pausing. */
  readonly pause?: () => Promise<void>
  /**
   * Called around the short moment of the change, when everything is prepared: requests are to be held from before `body` begins until it has
   * ended. Default: just calls it.
   */
  readonly atSwitch?: (body: () => Promise<void>) => Promise<void>
}

export interface Progress {
  readonly phase: 'copying' | 'switching' | 'tidying'
  /** The table being copied; null in the other phases. */
  readonly table: string | null
  readonly rows: number
  readonly rowsTotal: number
  readonly rowsPerSecond: number
  readonly remainingMs: number | null
}

/** One migration as the database remembers it. */
export interface JournalEntry {
  /** Grows by one with each entry of a database. 0 in an entry that is still to be written: the engine numbers it. */
  readonly id: number
  /** Name of the file without its ending, `0003_add_slugs`; null for what `pilar dev` or a start did without one. */
  readonly name: string | null
  /** Of the file; null where there is none. */
  readonly checksum: string | null
  readonly kind: 'apply' | 'undo' | 'purge' | 'adopt'
  /** The entry that an undo took back; null otherwise. */
  readonly undoes: number | null
  readonly steps: readonly MigrationStep[]
  /** The declared structure before and after, as `writeCatalog` of schema/migration writes it. */
  readonly before: string
  readonly after: string
  /** RFC 3339, UTC. */
  readonly at: string
  readonly durationMs: number
}

export interface LeaseOptions {
  /** Who asks, for messages: `pilar migrate apply, process 4711 on host a`. */
  readonly holder: string
  readonly signal: AbortSignal
  readonly waiting?: (holder: string) => void
}

export interface Lease {
  readonly holder: string
  /** Grows with each holder: what a former holder still tries to write is refused. */
  readonly fence: number
  release(): Promise<void>
}

export interface Backup {
  /** Writes one file, checks it by opening it, and gives its size and SHA-256. The file appears under its name only when it is whole. */
  save(file: string, options: BackupOptions): Promise<SavedBackup>
  /** Puts the backup in the place of everything the database has, at one moment. Needs the lease. XX001 for a file that is no whole backup. */
  restore(file: string, options: BackupOptions & { readonly lease: Lease }): Promise<void>
}

export interface BackupOptions {
  readonly signal: AbortSignal
  readonly progress?: (done: number, total: number) => void
}

export interface SavedBackup {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}
