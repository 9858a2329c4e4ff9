import type { ErrorCode } from '../../errors/table.ts'
import type { GuardedPlan } from '../../policy/guarded-plan.ts'
import type { Expr } from '../../query/expr.ts'
import type { Catalog, Table } from '../../schema/catalog.ts'
import type { Slot } from './slots.ts'

/**
 * A write as statements that the writer runs in order inside one savepoint. `refuse`: a row means the write is not allowed; `count`: gives a
 * number of rows that will be updated rather than inserted; `keys` and `change` give the keys of rows, for the statements after them;
 * `read`: the representation.
 */
export interface WriteStep {
  readonly kind: 'refuse' | 'count' | 'keys' | 'change' | 'read'
  readonly sql: string
  readonly slots: readonly Slot[]
  /** Index of the slot that takes the keys, or -1. */
  readonly keysAt: number
  /** `change` and `keys`: rows are `[key, primary key texts…]`. A change without is counted only. */
  readonly returnsKeys: boolean
  /** `refuse` only. */
  readonly refusal: Refusal | null
}

export type MayName = GuardedPlan['mayName']

export interface Refusal {
  readonly code: ErrorCode
  /** Instead of the code's own message and `values`, where that one would name what is hidden from the role. */
  readonly message?: string
  readonly values: Readonly<Record<string, string>>
  readonly hint?: string
}

export interface WritePlan {
  readonly action: 'insert' | 'update' | 'delete'
  readonly table: Table
  readonly catalog: Catalog
  readonly steps: readonly WriteStep[]
  /** What errors may speak of. */
  readonly mayName: MayName
  /** Columns of the primary key whose texts follow the key in a returned row; empty when nobody asks for them. */
  readonly keyColumns: readonly string[]
  /** Upserts tell inserted rows from updated ones: by counting the conflicts before (merge) or because only new rows come back (ignore). */
  readonly inserted: 'merge' | 'ignore' | null
  /** `return=representation`: the last `read` gives the rows. */
  readonly representation: boolean
  /** `count=exact` and the like: the affected rows are the total. */
  readonly counts: boolean
  /** Makes the statement that finds out which row broke which constraint, after the fact. */
  readonly diagnose: Diagnose
}

/** Columns of the row before it is written, for looking up what broke a unique or foreign key. */
export interface Diagnosis {
  readonly sql: string
  readonly slots: readonly Slot[]
}
export type Diagnose = (question: Question) => Diagnosis | null
export type Question =
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  | { readonly kind: 'missing-parent'; readonly key: Table['foreignKeys'][number] }
  | { readonly kind: 'child-left'; readonly child: Table; readonly key: Table['foreignKeys'][number] }

/** A condition over a row source, printed when its statement is. */
export interface RowCheck {
  readonly condition: Expr
  readonly refusal: Refusal
}
