import type { ErrorCode } from '../../errors/table.ts'
import type { SqlValue } from './codecs.ts'
import type { StructureOutcomes, StructureTask } from './migrate/tasks.ts'
import type { Refusal, WriteStep } from './write-plan.ts'

/**
 * The contract between the server's thread and the writer: plain data, answered by id. Nothing else crosses, so that the writer may live in a
 * thread today and serve several processes tomorrow.
 */
export interface BoundStep {
  readonly kind: WriteStep['kind']
  readonly sql: string
  readonly params: SqlValue[]
  readonly keysAt: number
  readonly returnsKeys: boolean
  readonly refusal: Refusal | null
}

/** One write: its steps run in order in a savepoint of its own. */
export interface WriteTask {
  readonly steps: readonly BoundStep[]
  readonly keyCount: number
  readonly affectedMax: number | null
  readonly affectedExactly: number | null
  /** Answer as usual, then undo. */
  readonly rollback: boolean
}

export interface ReadTask {
  readonly sql: string
  readonly params: SqlValue[]
}

export type Request =
  /** `epoch` is that of ExpectedStructure when the request was made. */
  | {
      readonly kind: 'write'
      readonly id: number
      readonly epoch: number
      readonly transaction: number | null
      readonly task: WriteTask
    }
  | { readonly kind: 'read'; readonly id: number; readonly transaction: number; readonly task: ReadTask }
  | { readonly kind: 'begin'; readonly id: number; readonly epoch: number; readonly transaction: number }
  | { readonly kind: 'end'; readonly id: number; readonly transaction: number; readonly commit: boolean }
  /** Work on the structure, outside of requests' transactions. */
  | { readonly kind: 'structure'; readonly id: number; readonly task: StructureTask }
  /** Statements that change structure, in one transaction. */
  /** Begins or ends watching: the statements make or drop temporary triggers that note every changed row. */
  | { readonly kind: 'watch'; readonly id: number; readonly on: boolean; readonly statements: readonly string[] }
  | { readonly kind: 'close'; readonly id: number }

export interface WriteResult {
  readonly affected: number
  /** Rows that a merge updated instead of inserting. */
  readonly conflicts: number
  /** Primary key texts of the only row. */
  readonly key: readonly (string | null)[] | null
  readonly json: string
  readonly rows: number
}

export interface ReadResult {
  readonly json: string
  readonly rows: number
  readonly total: number | null
}

/** An error as data: ours with its code, SQLite's with its number, the deadline, or a bug. */
export type Fault =
  | {
      readonly kind: 'pilar'
      readonly code: ErrorCode
      readonly message: string
      readonly details: unknown
      readonly hint: string | null
    }
  | { readonly kind: 'sqlite'; readonly number: number; readonly message: string }
  | { readonly kind: 'timeout' }
  /** The structure is not the one that the program was compiled for. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string }

export type Outcome = WriteResult | ReadResult | StructureOutcomes[StructureTask['kind']] | null

/** A row that a commit changed, as `pilar_changes` notes it. */
export interface ChangedRow {
  readonly table: string
  readonly kind: 'insert' | 'update' | 'delete'
  readonly before: string | null
  readonly after: string | null
}

export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly fault: Fault }
  /** Answers to several requests at once, after their common COMMIT; `commits` has the changed rows of each commit since the last reply. */
  | {
      readonly kind: 'answers'
      readonly answers: readonly Answer[]
      readonly commits: readonly (readonly ChangedRow[])[]
    }

export interface Answer {
  readonly id: number
  readonly outcome: Outcome
  readonly fault: Fault | null
}

/** What the thread is started with. */
export interface WriterSettings {
  readonly file: string
  readonly readOnly: boolean
  /** The file keeps its journal mode and its statistics. */
  readonly keepFile: boolean
  readonly lockTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly transactionMs: number
  /** Memory of an ExpectedStructure. */
  readonly structure: SharedArrayBuffer
}
