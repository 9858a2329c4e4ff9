import type { Actor } from '../policy/actor.ts'
import type { GuardedPlan } from '../policy/guarded-plan.ts'
import type { ContextName } from '../query/expr.ts'
import type { Catalog, TableKey } from '../schema/catalog.ts'
import type { ColumnType } from '../schema/types.ts'
import type { Clock } from '../std/clock.ts'
import type { Json } from '../std/json.ts'
import type { Capabilities } from './capabilities.ts'
import type { Structure } from './structure.ts'
import type { Transfer } from './transfer.ts'

export type EngineName = 'sqlite' | 'memory'

/**
 * A database family. Six verbs on its pool and one pure function; it knows no feature, no HTTP and no request text. What an engine
 * lacks is said in `capabilities`, with the reason, and handled by lowering passes, never by its name outside `engines/`.
 */
export interface Engine {
  readonly name: EngineName
  readonly capabilities: Capabilities
  /** Pure and synchronous. Throws 0A000 with the reason for what the engine can't do. Asserts that the plan was authorized. */
  compile(plan: GuardedPlan, catalog: Catalog): Program
  open(settings: EngineSettings, env: EngineEnv): Promise<EnginePool>
  /** Dumps, loads and prompts; null where the engine has none. */
  readonly transfer: ((settings: EngineSettings) => Transfer) | null
  /** Reads the structure of a database that is there, and writes nothing at all, not even what opening it for work would. */
  inspect(settings: EngineSettings): Promise<Inspected>
}

export interface Inspected {
  /** As `EnginePool.introspect` gives it. */
  readonly found: Catalog
  /** The same in PostgreSQL's expressions, where those of the database have the same meaning; the others are listed as opaque. */
  readonly translated: Catalog
}

export interface EngineSettings {
  /** `sqlite:FILE`, `postgres://…` */
  readonly url: string
  readonly statementTimeoutMs: number
  readonly transactionMs: number
  /** Only looked at: nothing of the file changes, not even how its engine keeps it. */
  readonly keepFile?: boolean
  readonly [name: string]: unknown
}

export interface EngineEnv {
  readonly observe: (observation: { readonly kind: string; readonly [key: string]: unknown }) => void
  readonly clock: Clock
}

export interface EnginePool {
  /** Runs one Program. A write is atomic on its own (a savepoint of its group) and is answered only after COMMIT. */
  execute(program: Program, params: Params, options: ExecuteOptions): Batches
  /** Runs `body` in one exclusive transaction; rolled back when it throws or exceeds `transactionMs`. */
  transaction<T>(session: Session, body: (tx: Session) => Promise<T>): Promise<T>
  /** Reading and changing the structure with migrations. */
  readonly structure: Structure
  /** The number of the structure that the database has at this moment, whoever made it. Differs whenever the structure may differ. */
  structureVersion(): number
  /**
   * From now on programs are compiled for the structure of this number, as `structureVersion` gave it before that structure was read. A program
   * asked for while the database has another one fails with StaleStructure, and nothing has happened. Until the first call nothing is checked. What
   * the pool itself does without changing the Catalog (copies of a running migration, its own tables) does not count.
   */
  acceptStructure(version: number): void
  /** Every commit as one ChangeSet, in order, from the moment of the call. Returns the function that stops it. */
  subscribe(listener: (changes: ChangeSet) => void): () => void
  close(): Promise<void>
}

/**
 * The database has another structure than the one the program was compiled for: nothing was read or written. Who asked loads the model anew (or
 * takes the one that is there by now) and asks again. Never an answer to a request.
 */
export class StaleStructure extends Error {
  override readonly name = 'StaleStructure'

  constructor() {
    super('the structure of the database has changed')
  }
}

export type Batches = Iterable<Batch> | AsyncIterable<Batch>

/**
 * Part of a result: `json` is zero or more JSON values joined by commas (without the outer brackets), exactly as they go on the wire.
 * The last Batch carries the summary.
 */
export interface Batch {
  readonly json: string
  readonly rows: number
  readonly summary?: Summary
}

export interface Summary {
  /** Rows in all matching the filters, when the program counts; else null. */
  readonly total: number | null
  /** Rows written: inserted + updated, or updated, or deleted; null for reads. */
  readonly affected: number | null
  /** Rows newly inserted by an upsert, to tell 201 from 200; null otherwise. */
  readonly inserted: number | null
  /** Primary key of the only written row, in wire text, for `Location`; null when there is none or several. */
  readonly key: readonly { readonly column: string; readonly value: string | null }[] | null
}

/** A compiled request: immutable, shared by all requests of its shape and role. */
export interface Program {
  readonly kind: 'read' | 'write'
  readonly engine: EngineName
  /** Members of a result row, in order, for CSV and for the OpenAPI of a view; null type for an embed (JSON). */
  readonly output: readonly { readonly name: string; readonly type: ColumnType | null }[]
  /** Every table the program may read, policies included; with `key` when it reads only rows whose key is a parameter. */
  readonly reads: readonly TableRead[]
  readonly writes: readonly TableKey[]
  /** Which part of the actor the result depends on: nothing else of it may be bound. */
  readonly claims: readonly ContextName[]
  /** Human-readable statements, for `policy explain`, golden cases and logs. Never a value. */
  readonly text: readonly string[]
}

export interface TableRead {
  readonly table: TableKey
  /** Equality on these columns to request values (indexes into `values`), when every read row must satisfy it; else null. */
  readonly key: readonly { readonly column: string; readonly index: number }[] | null
}

/** What is bound when a Program runs: the only place where values and programs meet. */
export interface Params {
  readonly values: readonly (string | readonly string[])[]
  /** Cells of the payload, as in `ApiRequest.payload.cells`. Empty for reads and deletes. */
  readonly cells: readonly (readonly (Json | undefined)[])[]
  readonly actor: Actor
}

export interface ExecuteOptions {
  readonly session: Session
  readonly signal: AbortSignal
  /** Checks on the outcome that must undo a write: run inside its savepoint. */
  readonly expect?: Expectation | null
}

export interface Expectation {
  /** `Prefer: max-affected`: more rows → PGRST124 and nothing happened. */
  readonly affectedMax?: number
  /** Singular media type: any other row count → PGRST116 and nothing happened. */
  readonly affectedExactly?: number
  /** `Prefer: tx=rollback`: answer as usual, then undo. */
  readonly rollback?: boolean
}

/** One unit of work: a request, or a transaction's inside. */
export interface Session {
  /** Moment of the unit's start, microseconds since the epoch: what now() returns everywhere in it. */
  readonly nowMicros: bigint
  /** Set inside `EnginePool.transaction` only; names the transaction to the pool. */
  readonly transaction: number | null
}

export interface Change {
  readonly table: TableKey
  readonly kind: 'insert' | 'update' | 'delete'
  /** Rows by column name, values as in JSON on the wire; null where there is none. */
  readonly before: Readonly<Record<string, Json>> | null
  readonly after: Readonly<Record<string, Json>> | null
}

/** All rows one commit changed, cascades and triggers included. `sequence` grows by one with each commit of this process. */
export interface ChangeSet {
  readonly sequence: number
  readonly atMicros: bigint
  readonly changes: readonly Change[]
}
