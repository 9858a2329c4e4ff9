import { failure, type PilarError } from '../../errors/error.ts'
import { type Catalog, type Column, type Table, tableKey } from '../../schema/catalog.ts'
import { nearest, SIMILARITY_MIN } from '../../std/nearest.ts'

/** The table a request names. PGRST205 with the nearest name of the same schema. */
export function findTable(catalog: Catalog, schema: string, name: string): Table {
  const table = catalog.tables.get(tableKey(schema, name))
  if (table !== undefined) return table
  const known = [...catalog.tables.values()].filter((other) => other.schema === schema).map((other) => other.name)
  const similar = nearest(name, known, SIMILARITY_MIN)
  const extra = similar === null ? {} : { hint: `Perhaps you meant the table '${schema}.${similar}'` }
  throw failure('PGRST205', { name: tableKey(schema, name) }, extra)
}

/** A declared column that requests may name; undefined for an open table's column of undeclared keys. */
export function declaredColumn(table: Table, name: string): Column | undefined {
  return name === table.openColumn ? undefined : table.column.get(name)
}

/** 42703 for a column that is not there, as PostgreSQL says it, with the nearest name. */
export function columnMissing(table: Table, name: string): PilarError {
  const similar = nearest(name, columnNames(table))
  const extra =
    similar === null ? {} : { hint: `Perhaps you meant to reference the column "${table.name}.${similar}".` }
  return failure('42703', { column: `${table.name}.${name}` }, extra)
}

/** PGRST204 for a column of a payload that is not there. */
export function payloadColumnMissing(table: Table, name: string): PilarError {
  const similar = nearest(name, columnNames(table), SIMILARITY_MIN)
  const extra = similar === null ? {} : { hint: `Perhaps you meant the column '${similar}'` }
  return failure('PGRST204', { column: name, table: table.name }, extra)
}

function columnNames(table: Table): readonly string[] {
  return table.columns.map((column) => column.name).filter((name) => name !== table.openColumn)
}
