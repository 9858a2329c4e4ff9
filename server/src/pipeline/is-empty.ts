import type { Catalog } from '../schema/catalog.ts'

/** True for a database that has no table of the user's. */
export function isEmpty(found: Catalog): boolean {
  return [...found.tables.values()].every((table) => table.system)
}
