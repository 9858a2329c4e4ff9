import type { Catalog, Column, ExprFunction, Table, TableKey } from './catalog.ts'
import { DEFAULT_SCHEMA, tableKey } from './catalog.ts'
import { deriveRelations } from './relations.ts'

/** What a Table needs to be told; the rest has the value of a plain, closed, writable table without keys. */
export type TableInput = Pick<Table, 'name' | 'columns'> & Partial<Omit<Table, 'name' | 'columns' | 'key' | 'column'>>

/**
 * A deeply frozen Table, its column map and key included.
 *
 * ```ts
 * makeTable({ name: 'tags', columns: [makeColumn({ name: 'id', type: INTEGER })], primaryKey: ['id'] })
 * makeTable({ ...table, comment: 'changed' })
 * ```
 */
export function makeTable(input: TableInput): Table {
  const schema = input.schema ?? DEFAULT_SCHEMA
  const kind = input.kind ?? 'table'
  const columns = input.columns.map((column) => deepFreeze(column))
  return Object.freeze({
    key: tableKey(schema, input.name),
    schema,
    name: input.name,
    kind,
    columns: Object.freeze(columns),
    column: new Map(columns.map((column) => [column.name, column])),
    primaryKey: deepFreeze(input.primaryKey ?? []),
    primaryKeyName: input.primaryKeyName ?? null,
    uniques: deepFreeze(input.uniques ?? []),
    foreignKeys: deepFreeze(input.foreignKeys ?? []),
    checks: deepFreeze(input.checks ?? []),
    indexes: deepFreeze(input.indexes ?? []),
    comment: input.comment ?? null,
    openColumn: input.openColumn ?? null,
    system: input.system ?? false,
    definition: input.definition ?? null,
    writable: input.writable ?? kind === 'table',
    ...(input.was === undefined ? {} : { was: input.was }),
    ...(input.using === undefined ? {} : { using: input.using }),
    ...(input.storage === undefined ? {} : { storage: input.storage }),
  })
}

/** A frozen Column; what is not told is null, and the column is not nullable. */
export function makeColumn(input: Pick<Column, 'name' | 'type'> & Partial<Column>): Column {
  return deepFreeze({ nullable: false, default: null, generated: null, identity: null, comment: null, ...input })
}

export interface CatalogInput {
  readonly version: number
  /** Schemas served over the wire, the first being the default; `public` alone when absent. */
  readonly schemas?: readonly string[]
  readonly tables: readonly Table[]
  readonly functions?: readonly ExprFunction[]
  readonly retired?: Partial<Catalog['retired']>
  readonly opaque?: Catalog['opaque']
}

/** A frozen Catalog with the relations derived from the tables' foreign keys. A later table replaces an earlier one of the same key. */
export function makeCatalog(input: CatalogInput): Catalog {
  const tables = new Map<TableKey, Table>(input.tables.map((table) => [table.key, table]))
  const functions = (input.functions ?? []).map((fn) => deepFreeze(fn))
  return Object.freeze({
    version: input.version,
    schemas: Object.freeze([...(input.schemas ?? [DEFAULT_SCHEMA])]),
    tables,
    relations: deriveRelations([...tables.values()]),
    functions: new Map(functions.map((fn) => [`${fn.schema}.${fn.name}`, fn])),
    retired: Object.freeze({
      columns: Object.freeze([...(input.retired?.columns ?? [])]),
      tables: Object.freeze([...(input.retired?.tables ?? [])]),
    }),
    opaque: Object.freeze([...(input.opaque ?? [])]),
  })
}

/** Freezes plain data all the way down. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
