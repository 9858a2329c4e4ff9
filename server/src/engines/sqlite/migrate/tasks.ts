import type { Catalog } from '../../../schema/catalog.ts'
import type { SqlValue } from '../codecs.ts'
import type { RuleCheck, SchemaRewrite, SqliteMigration, TableCopy } from './migration.ts'

/**
 * What the writer does to the structure: plain data, each task in one transaction of its own, so that writes of requests run between them. `version`
 * is the structure the task was made for: another one makes the outcome `stale`, and nothing is done.
 */
export type StructureTask =
  /** A whole migration of small tables that no program sees: Pilar's own. */
  | { readonly kind: 'at-once'; readonly version: number; readonly plan: SqliteMigration }
  | ({ readonly kind: 'take-lease' } & Wish)
  | { readonly kind: 'renew-lease'; readonly claim: Claim }
  | { readonly kind: 'release-lease'; readonly fence: number }
  /** Makes the copy and its log; does nothing where they are there already. */
  | { readonly kind: 'prepare-copy'; readonly version: number; readonly copy: TableCopy; readonly claim: Claim }
  | {
      readonly kind: 'copy-rows'
      readonly copy: TableCopy
      readonly claim: Claim
      readonly after: Key | null
      readonly rows: number
    }
  | { readonly kind: 'catch-up'; readonly copy: TableCopy; readonly claim: Claim; readonly rows: number }
  /** Compares rows that were copied when other tables, which the values come from, were different. */
  | {
      readonly kind: 'compare-rows'
      readonly copy: TableCopy
      readonly claim: Claim
      readonly after: Key | null
      readonly rows: number
    }
  | { readonly kind: 'switch'; readonly switch: SwitchTask }
  | { readonly kind: 'sweep'; readonly claim: Claim; readonly keep: string | null; readonly rows: number }
  | { readonly kind: 'record'; readonly claim: Claim; readonly entry: EntryRow }

export interface Wish {
  readonly holder: string
  readonly nowMs: number
  readonly untilMs: number
  /** The mark of a holder who is gone, whatever its lease says. */
  readonly gone?: string | null
}

/** Proof of the lease, which every transaction of a migration checks and renews. */
export interface Claim {
  readonly fence: number
  readonly untilMs: number
}

/** What finds a row of the source, in the order of `TableCopy.key`. */
export type Key = readonly SqlValue[]

export interface SwitchTask {
  readonly version: number
  readonly claim: Claim | null
  readonly copies: readonly TableCopy[]
  /** Rows that may still be behind; more, and the switch is put off. */
  readonly behindMax: number
  readonly first: readonly string[]
  readonly names: readonly { readonly target: string; readonly name: string }[]
  readonly rewrites: readonly SchemaRewrite[]
  readonly checks: readonly RuleCheck[]
  readonly last: readonly string[]
  /** What the structure has to be afterwards; null for Pilar's own tables. */
  readonly expected: Catalog | null
  readonly entry: EntryRow | null
}

/** A journal entry as it is stored. */
export interface EntryRow {
  readonly name: string | null
  readonly checksum: string | null
  readonly kind: string
  readonly undoes: number | null
  readonly steps: string
  readonly before: string
  readonly after: string
  readonly at: string
  readonly durationMs: number
}

/** What each task gives. `version` is the structure's number after it. */
export interface StructureOutcomes {
  'at-once': Changed | Stale
  'take-lease': { readonly fence: number; readonly holder: null } | Held
  'renew-lease': null
  'release-lease': null
  'prepare-copy': (Changed & { readonly after: Key | null; readonly rowsDone: number }) | Stale
  'copy-rows': Copied
  'catch-up': { readonly behind: number; readonly compare: boolean; readonly tookMs: number }
  'compare-rows': Copied
  switch: Changed | Stale | Behind
  sweep: { readonly done: boolean; readonly version: number; readonly tookMs: number }
  record: null
}

/** Somebody else has the lease; the mark is another one with each renewal. */
type Held = { readonly fence: null; readonly holder: string; readonly mark: string }
export type Changed = { readonly kind: 'changed'; readonly version: number }
/** The structure is not the one that the task was made for; `version` is the one there is. */
type Stale = { readonly kind: 'stale'; readonly version: number }
type Behind = { readonly kind: 'behind' }

export interface Copied {
  readonly rows: number
  /** Where to go on; null at the end. */
  readonly after: Key | null
  readonly tookMs: number
}
