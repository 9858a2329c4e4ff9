import type { Catalog, Column, Table, TableKey } from '../schema/catalog.ts'

/**
 * Tables of `before` for which programs that were compiled then would be refused, or would read or write something else now. Fitting is what was
 * only added to: new tables, indexes, foreign keys, and columns that are null where nothing is said. A table that was only read through a view is
 * told of, too, since programs name every table they read.
 */
export function unfitTables(before: Catalog, now: Catalog): ReadonlySet<TableKey> {
  const unfit = [...before.tables.values()].filter((table) => {
    const present = now.tables.get(table.key)
    return present === undefined || !fits(table, present)
  })
  return new Set(unfit.map((table) => table.key))
}

function fits(before: Table, now: Table): boolean {
  const added = now.columns.filter((column) => !before.column.has(column.name))
  const kept = now.columns.filter((column) => before.column.has(column.name))
  return added.every(isPlain) && relevant(before, before.columns) === relevant(now, kept)
}

/** What an insert that does not know the column leaves as it ought to be. */
function isPlain({ nullable, default: preset, generated, identity }: Column): boolean {
  return nullable && preset === null && generated === null && identity === null
}

/** What programs depend on, in one text. The order of the columns is no part of it. */
function relevant(table: Table, columns: readonly Column[]): string {
  const { kind, primaryKey, uniques, checks, openColumn, system, definition, storage } = table
  const sorted = columns
    .map(({ comment: _, was: __, using: ___, ...column }) => column)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return JSON.stringify([kind, primaryKey, uniques, checks, openColumn, system, definition, storage ?? null, sorted])
}
