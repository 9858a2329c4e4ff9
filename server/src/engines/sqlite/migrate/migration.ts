import type { ErrorCode } from '../../../errors/table.ts'

/**
 * A migration as SQLite runs it, all of it data: tables that are copied beforehand in batches, and one short transaction that puts the copies in
 * place and does the rest. Until that transaction commits, nothing of it shows; after it, only old copies remain to be removed.
 */
export interface SqliteMigration {
  /** The same for the same steps on the same structure: names the copies, so that a killed migration finds what it had made. */
  readonly id: string
  /** Those that `switch.names` puts in no place have served to verify something, and are rubbish then. */
  readonly copies: readonly TableCopy[]
  readonly switch: Switch
}

export interface TableCopy {
  /** The table as the file names it before the switch. */
  readonly source: string
  /** `pilar.copy_{id}_{n}`: names with this beginning are on no surface and in no Catalog. */
  readonly target: string
  /**
   * CREATE TABLE of the copy and CREATE INDEX of all its indexes, with NOT NULL, CHECK and unique keys, so that a row that breaks a rule is found while
   * copying; without foreign keys and triggers, which begin with the switch. Indexes have names of the same beginning.
   */
  readonly create: readonly string[]
  /** What finds a row again: the rowid's name, or the quoted primary key columns of a WITHOUT ROWID table. */
  readonly key: readonly string[]
  /** The same columns as the copy calls them, holding the very values of the source's; absent where they are called alike. */
  readonly targetKey?: readonly string[]
  /** Quoted target columns, the rowid included where it is no column, and for each the SQL that gives it from a row of the source, named `s`. */
  readonly columns: readonly string[]
  readonly values: readonly string[]
  /** Other tables that `values` read: when one of them changes while rows are copied, all rows are compared again at the switch. */
  readonly reads: readonly string[]
  /** Index of the step to blame for a row that can't be copied, by target column where one is known. */
  readonly blame: readonly { readonly column: string; readonly step: number }[]
}

/** In this order, in one IMMEDIATE transaction, with foreign keys off and the protections of the connection lifted. */
export interface Switch {
  /** Views of ours dropped, new tables and their rows, renames by ALTER TABLE, which follows them into triggers and foreign views. */
  readonly first: readonly string[]
  /**
   * Then each copy is put in the place of its source: the source becomes rubbish under a reserved name, the copy gets its name, the triggers of
   * the source (their text as it is by then) are made on it.
   */
  readonly names: readonly { readonly target: string; readonly name: string }[]
  /** Texts that are exchanged in sqlite_schema, `name` as it is by then: what changes no row needs no copy. */
  readonly rewrites: readonly SchemaRewrite[]
  /** Rules that no copy has verified. */
  readonly checks: readonly RuleCheck[]
  /** Indexes, which the checks have shown to be possible, and views of ours. */
  readonly last: readonly string[]
}

/** A query that must give no row: a row refuses the migration in the name of the step. */
export interface RuleCheck {
  readonly sql: string
  readonly step: number
  readonly refusal: { readonly code: ErrorCode; readonly values: Readonly<Record<string, string>> }
}

export interface SchemaRewrite {
  readonly type: 'table' | 'index'
  readonly name: string
  /** Indexes of copies get their real name here. */
  readonly newName?: string
  readonly sql: string
}
