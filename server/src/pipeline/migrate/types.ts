import type { JournalEntry, Lease, Progress, Structure } from '../../engines/structure.ts'
import type { Catalog } from '../../schema/catalog.ts'
import type { Obstacle, Warning } from '../../schema/migration/diff.ts'
import type { Finding, MigrationStep, Risk } from '../../schema/migration/step.ts'
import type { Clock } from '../../std/clock.ts'

/** A migration file, read: `migrations/0003_add_slugs.ts`. */
export interface MigrationFile {
  /** `0003_add_slugs`. */
  readonly name: string
  readonly number: number
  readonly steps: readonly MigrationStep[]
  /** As `writeCatalog` writes it. */
  readonly before: string
  readonly after: string
  /** Of steps, before and after, as the file states it. */
  readonly checksum: string
  /** Of what the file holds: differs from `checksum` when it was edited since it was sealed. */
  readonly actualChecksum: string
}

/** What would happen, and whether it can: made without touching anything. */
export interface MigrationPlan {
  readonly found: Catalog
  readonly wanted: Catalog
  readonly steps: readonly PlannedStep[]
  /** Nothing can be done while there are any. */
  readonly obstacles: readonly Obstacle[]
  /** Probable renames, drift: told, and left alone. */
  readonly warnings: readonly Warning[]
  /** The declared structure before and after, as `writeCatalog` writes it. */
  readonly before: string
  readonly after: string
  /** True when no step is refused by rows and there is no obstacle. */
  readonly possible: boolean
}

/** How an entry of the journal would be taken back. */
export interface UndoPlan extends MigrationPlan {
  readonly entry: JournalEntry
  /** Where the former state can't be had again, or not exactly, in plain words: each is told; `obstacles` alone refuse. */
  readonly losses: readonly string[]
}

/** What would be destroyed for ever, and what is not to be destroyed yet. */
export interface PurgePlan extends MigrationPlan {
  readonly purged: readonly RetiredState[]
  /** Asked for, and still within the grace period. */
  readonly notYet: readonly RetiredState[]
}

export interface PlannedStep {
  readonly step: MigrationStep
  readonly risk: Risk
  /** One sentence in plain words: `adds the column "slug" to posts`. */
  readonly explanation: string
  readonly sql: readonly string[]
  readonly rows: number
  readonly estimateMs: number
  readonly findings: readonly Finding[]
}

export interface ApplyOptions {
  readonly structure: Structure
  readonly lease: Lease
  readonly entry: EntryHead
  /** Called once before anything is touched when a step retires something or needs data. */
  readonly backup: () => Promise<void>
  readonly signal: AbortSignal
  readonly clock?: Clock
  readonly progress?: (progress: Progress) => void
  readonly pace?: number
  readonly pause?: () => Promise<void>
  readonly atSwitch?: (body: () => Promise<void>) => Promise<void>
}

/** What the journal is to say of a migration besides its steps. */
export type EntryHead = Pick<JournalEntry, 'name' | 'checksum' | 'kind' | 'undoes'>

/** Where a database stands against the files and schema.ts. */
export interface MigrationState {
  readonly journal: readonly JournalEntry[]
  readonly files: readonly (MigrationFile & { readonly state: FileState })[]
  /** What differs between the last declared structure and the database: somebody else's changes. In words. */
  readonly drift: readonly string[]
  /** Files that can't be put in one order, journal entries without a file, edited files: each with its remedy. */
  readonly conflicts: readonly { readonly message: string; readonly hint: string }[]
  readonly retired: readonly RetiredState[]
}

/**
 * `undone`: a person took it back; only `pilar migrate apply` applies it again. `present`: the database has its outcome, though the journal does not know
 * it. `conflict`: it can't be told how to apply it.
 */
export type FileState = 'applied' | 'pending' | 'undone' | 'present' | 'conflict'

export interface RetiredState {
  /** `posts.subtitle`, or `drafts` for a table. */
  readonly what: string
  readonly retiredAt: string
  /** When it may be purged: after the grace period. */
  readonly purgeableAt: string
  readonly rows: number
}
