import { failure, PilarError } from '../../../errors/error.ts'
import type { Catalog, Table } from '../../../schema/catalog.ts'
import { tableName } from '../tables.ts'

/** The error of a duplicate in a copy, named after the key it breaks: the copy's own keys have no names that mean anything. */
export function nameConstraint(error: unknown, name: string | undefined, expected: Catalog): unknown {
  if (!(error instanceof PilarError) || error.code !== '23505') return error
  const table = [...expected.tables.values()].find((each) => tableName(each) === name)
  const constraint = table === undefined ? null : keyOver(table, columnsOf(error.details))
  return constraint === null ? error : failure('23505', { constraint }, { details: error.details, cause: error })
}

function columnsOf(details: unknown): readonly string[] {
  if (typeof details !== 'object' || details === null || !('columns' in details)) return []
  return Array.isArray(details.columns) ? details.columns.map(String) : []
}

function keyOver(table: Table, columns: readonly string[]): string | null {
  const isSame = (names: readonly string[]): boolean =>
    names.length === columns.length && names.every((name) => columns.includes(name))
  if (isSame(table.primaryKey)) return table.primaryKeyName
  const unique = table.uniques.find((each) => isSame(each.columns))
  const index = table.indexes.find((each) => each.unique && isSame(each.columns.map(({ name }) => name)))
  return unique?.name ?? index?.name ?? null
}
