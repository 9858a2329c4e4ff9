import type { Catalog, Table } from '../schema/catalog.ts'
import { makeCatalog, makeTable } from '../schema/make-catalog.ts'

/**
 * What is served: the declared tables, each column with the storage it really has, and every other table of the database as it was
 * found. The declaration wins over what the engine can only guess (jsonb in a text column, an enum, comments).
 */
export function adoptCatalog(declared: Catalog, found: Catalog, version: number): Catalog {
  const tables = [...declared.tables.values()].map((table) => adoptTable(table, found.tables.get(table.key)))
  const others = [...found.tables.values()].filter((table) => !declared.tables.has(table.key))
  return makeCatalog({
    version,
    schemas: declared.schemas,
    tables: [...tables, ...others],
    functions: [...declared.functions.values()],
  })
}

function adoptTable(declared: Table, found: Table | undefined): Table {
  if (found === undefined) return declared
  return makeTable({
    ...declared,
    ...(found.storage === undefined ? {} : { storage: found.storage }),
    columns: declared.columns.map((column) => {
      const storage = found.column.get(column.name)?.storage
      return storage === undefined ? column : { ...column, storage }
    }),
  })
}
