import type { Catalog, Table } from '../schema/catalog.ts'
import type { Params, Program } from './engine.ts'

/** Everything out of a database and into one, for dumps and for people at a prompt. No policy applies; never used by requests. */
export interface Transfer {
  /** The database at one moment, however long the reading takes. Close it. */
  snapshot(): Promise<Snapshot>

  /**
   * Runs `body` in one transaction in which foreign keys are looked at in the end only, so that rows may come in any order. Other writers wait.
   * `onlyInserts` promises that no row is changed: then they are looked at all together, which is faster where rows refer to later ones. Throws what
   * `body` throws, and 23503 for a row whose parent never came; then nothing has happened.
   */
  load<T>(options: { readonly onlyInserts: boolean }, body: (loading: Loading) => Promise<T>): Promise<T>

  /**
   * Runs a script of the engine's own SQL, statement by statement, in one transaction; what the script says of transactions is left out. Throws with
   * the line that the failing statement begins on, and nothing has happened.
   */
  runScript(lines: AsyncIterable<string>, progress: (statements: number) => void): Promise<void>

  /** A prompt's connection. Close it. */
  openConsole(options: { readonly write: boolean }): Promise<Console>
}

export interface Snapshot {
  /** As introspection gives it. */
  readonly catalog: Catalog
  /** Every row as a JSON object in wire form, in the order in which it is stored; generated columns are left out. */
  rows(table: Table): Iterable<string>
  /** The number that an identity column gave last, by table. */
  sequences(): ReadonlyMap<Table, string>
  /** A script of the engine's own SQL that makes the same database in an empty one, retired things and all, one statement or several at a time. */
  script(options: ScriptOptions): Iterable<string>
  close(): void
}

export interface ScriptOptions {
  readonly structure: boolean
  readonly rows: boolean
  /** Null is everything. */
  readonly tables: readonly Table[] | null
}

export interface Loading {
  /** One compiled write; undone alone when it throws. Gives the number of rows written. */
  write(program: Program, params: Params): number
  /** The next number of the table's identity column is larger than `last`. */
  raiseSequence(table: Table, last: string): void
}

export interface Console {
  readonly catalog: Catalog
  /** Runs one statement. Values of columns are shown in wire form where the statement gives them as they are stored, unless `raw`. */
  run(sql: string, options: { readonly raw: boolean; readonly rowsMax: number }): ConsoleResult
  /** True when the text ends a statement, so that it can be run. */
  isComplete(sql: string): boolean
  /** The statements of a text, in order; the last may lack its semicolon. */
  split(sql: string): readonly string[]
  /** The statements that made a table or view and its indexes and triggers. */
  definitionOf(table: Table): readonly string[]
  close(): void
}

export interface ConsoleResult {
  readonly columns: readonly string[]
  /** Texts in wire form; null is null. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** True when there were more rows than `rowsMax`. */
  readonly cut: boolean
  /** Rows changed, for a statement that changes some; else null. */
  readonly changed: number | null
}
