import type { Catalog, ForeignKey, Relation, Table, TableKey } from '../schema/catalog.ts'
import { makeTable } from '../schema/make-catalog.ts'
import { hiddenColumns, type PolicySet, PUBLIC_ROLE } from './policy-set.ts'

/**
 * The catalog as `role` sees it: without system tables, without tables it has no policy on, without its hidden columns and whatever needs them
 * (keys, uniques, foreign keys, relations). A plan made against it answers for a hidden thing exactly as for a missing one, hints included.
 * Costs a pass over all tables: keep the result per (catalog version, policy version, role).
 */
export function visibleCatalog(catalog: Catalog, policies: PolicySet, role: string): Catalog {
  const open = openTables(policies, role)
  const tables = new Map<TableKey, Table>()
  for (const table of catalog.tables.values()) {
    if (table.system || (open !== null && !open.has(table.key))) continue
    tables.set(table.key, withoutColumns(table, hiddenColumns(policies, role, table.key)))
  }
  for (const table of tables.values()) tables.set(table.key, withoutForeignKeys(table, tables))
  return Object.freeze({ ...catalog, tables, relations: visibleRelations(catalog, tables) })
}

/** Tables on which some policy names the role; null for a role that policies do not bind. */
function openTables(policies: PolicySet, role: string): ReadonlySet<TableKey> | null {
  if (policies.bypass.has(role)) return null
  const bound = policies.policies.filter((policy) => policy.role === role || policy.role === PUBLIC_ROLE)
  return new Set(bound.map((policy) => policy.table))
}

function withoutColumns(table: Table, hidden: ReadonlySet<string>): Table {
  if (hidden.size === 0) return table
  const visible = (names: readonly string[]): boolean => names.every((name) => !hidden.has(name))
  return makeTable({
    ...table,
    columns: table.columns.filter((column) => !hidden.has(column.name)),
    primaryKey: visible(table.primaryKey) ? table.primaryKey : [],
    primaryKeyName: visible(table.primaryKey) ? table.primaryKeyName : null,
    uniques: table.uniques.filter((unique) => visible(unique.columns)),
    foreignKeys: table.foreignKeys.filter((key) => visible(key.columns)),
    checks: [],
    indexes: table.indexes.filter(
      (index) => index.where === null && visible(index.columns.map((column) => column.name)),
    ),
    openColumn: table.openColumn !== null && visible([table.openColumn]) ? table.openColumn : null,
  })
}

function withoutForeignKeys(table: Table, tables: ReadonlyMap<TableKey, Table>): Table {
  const kept = table.foreignKeys.filter((key) => isVisible(key, tables))
  return kept.length === table.foreignKeys.length ? table : makeTable({ ...table, foreignKeys: kept })
}

function isVisible(key: ForeignKey, tables: ReadonlyMap<TableKey, Table>): boolean {
  return hasColumns(tables, key.references.table, key.references.columns)
}

function hasColumns(tables: ReadonlyMap<TableKey, Table>, key: TableKey, columns: readonly string[]): boolean {
  const table = tables.get(key)
  return table !== undefined && columns.every((column) => table.column.has(column))
}

function visibleRelations(catalog: Catalog, tables: ReadonlyMap<TableKey, Table>): Catalog['relations'] {
  const relations = new Map<TableKey, readonly Relation[]>()
  for (const key of tables.keys()) {
    const kept = (catalog.relations.get(key) ?? []).filter((relation) => hasRelation(tables, relation))
    relations.set(key, Object.freeze(kept))
  }
  return relations
}

function hasRelation(tables: ReadonlyMap<TableKey, Table>, relation: Relation): boolean {
  const { junction } = relation
  return (
    hasColumns(tables, relation.source, relation.sourceColumns) &&
    hasColumns(tables, relation.target, relation.targetColumns) &&
    (junction === null || hasColumns(tables, junction.table, [...junction.sourceColumns, ...junction.targetColumns]))
  )
}
