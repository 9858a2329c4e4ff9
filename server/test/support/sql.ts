/** Plain SQL beside the server, to compare its answers with. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

export interface Sql {
  /** Rows as plain objects. */
  all(query: string, ...values: SQLInputValue[]): Record<string, unknown>[]
  /** The first column of the first row; undefined when there is no row. */
  value(query: string, ...values: SQLInputValue[]): unknown
  /** Statements without an answer. */
  run(statements: string): void
  close(): void
}

/** Opens the file beside the server, with a patience of 5 s for its locks. */
export function sql(file: string): Sql {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA busy_timeout = 5000')
  const all = (query: string, ...values: SQLInputValue[]) =>
    database
      .prepare(query)
      .all(...values)
      .map((row) => ({ ...row }))
  return {
    all,
    value: (query, ...values) => Object.values(all(query, ...values)[0] ?? {})[0],
    run: (statements) => database.exec(statements),
    close: () => database.close(),
  }
}
