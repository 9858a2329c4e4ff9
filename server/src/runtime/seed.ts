/** What a project's `seed.ts` is handed. Tables are named as in schema.ts: `posts`, `audit.entries`. */
export interface SeedContext {
  /**
   * Inserts rows as service_role, through the same pipeline as a request: types, constraints and defaults hold, policies do not. Rows may have
   * different keys; one that is absent takes the column's default. 500 rows at a time are one transaction. For tables that are empty before: `pilar
   * db seed` refuses to insert into one that has rows. Throws with the database's error.
   */
  readonly insert: (table: string, rows: readonly object[]) => Promise<void>
  /**
   * Inserts the rows that are not there yet and updates the others, so that a seed may be run again and again. A row is there when one with the same
   * primary key is, or with the same values in the columns `on`, which must be unique together. An update sets the columns that the row gives and
   * leaves the others as they are. Otherwise as `insert`.
   */
  readonly upsert: (table: string, rows: readonly object[], options?: UpsertOptions) => Promise<void>
  /** A number from 0 (inclusive) to 1; the same sequence on every run. */
  readonly random: () => number
}

export interface UpsertOptions {
  /** Unique columns that tell the rows apart, instead of the primary key: `['slug']`. */
  readonly on?: readonly string[]
}

/** The default export of a project's `seed.ts`: fills a database that `pilar start` has just created, and again by `pilar db seed`. */
export type Seed = (context: SeedContext) => Promise<void>
