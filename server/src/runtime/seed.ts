/** What a project's `seed.ts` is handed. */
export interface SeedContext {
  /**
   * Inserts rows as service_role, through the same pipeline as a request: types, constraints and defaults hold, policies do not. Rows may have
   * different keys; one that is absent takes the column's default. Throws with the database's error.
   */
  readonly insert: (table: string, rows: readonly object[]) => Promise<void>
  /** A number from 0 (inclusive) to 1; the same sequence on every run. */
  readonly random: () => number
}

/** The default export of a project's `seed.ts`: fills a database that `pilar start` has just created. */
export type Seed = (context: SeedContext) => Promise<void>
