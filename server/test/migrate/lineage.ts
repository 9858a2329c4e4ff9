/** What in a structure was which thing in the one before: by what its definition says alone. */
import type { ColumnDefinition, SchemaDefinition, TableDefinition } from '../../src/schema/definition.ts'
import type { ColumnType } from '../../src/schema/types.ts'

export interface TableLineage {
  readonly before: TableDefinition
  /** Null where the table is taken out. */
  readonly after: TableDefinition | null
  /** The former columns, each with what became of it. */
  readonly columns: readonly ColumnLineage[]
}

export interface ColumnLineage {
  readonly before: ColumnDefinition
  /** Null where it is taken out, be it that another one has its name. */
  readonly after: ColumnDefinition | null
}

export function lineageOf(before: SchemaDefinition, after: SchemaDefinition): readonly TableLineage[] {
  return before.tables.map((table) => {
    const next = after.tables.find(({ schema, name, was }) => schema === table.schema && (was ?? name) === table.name)
    const columns = table.columns.map((column) => ({ before: column, after: successor(column, next) }))
    return { before: table, after: next ?? null, columns }
  })
}

function successor(column: ColumnDefinition, table: TableDefinition | undefined): ColumnDefinition | null {
  const next = table?.columns.find(({ name, was }) => (was ?? name) === column.name)
  if (next === undefined) return null
  // What was written makes room for what is computed.
  return column.generated === null && next.generated !== null ? null : next
}

export function isSameType(a: ColumnType, b: ColumnType): boolean {
  return JSON.stringify(withoutName(a)) === JSON.stringify(withoutName(b))
}

function withoutName(type: ColumnType): ColumnType {
  if (type.name === 'array') return { ...type, element: withoutName(type.element) as typeof type.element }
  return type.name === 'enum' ? { name: 'enum', values: type.values ?? [] } : type
}

/** The definition as it stands afterwards: without what it says of the way there. */
export function settled(definition: SchemaDefinition): SchemaDefinition {
  const tables = definition.tables.map((table) => ({
    ...table,
    ...{ was: null, using: null },
    columns: table.columns.map((column) => ({ ...column, was: null, using: null })),
  }))
  return { ...definition, tables }
}
