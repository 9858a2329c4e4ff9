import type { Table } from '../../schema/catalog.ts'

const WHAT = {
  '23502': ['null value in a column of relation', 'violates not-null constraint'],
  '23503': ['insert or update on table', 'violates a foreign key constraint'],
  '23505': ['duplicate key value violates a unique constraint of table', ''],
  '23514': ['new row for relation', 'violates a check constraint'],
} as const

/** A constraint's error for who may not know of its columns: PostgreSQL's words without the names. */
export function unnamed(code: keyof typeof WHAT, table: Pick<Table, 'name'>): string {
  const [before, after] = WHAT[code]
  return `${before} "${table.name}" ${after}`.trimEnd()
}
