import type { ForeignKey, Relation, Table, TableKey } from './catalog.ts'

/**
 * Every way to embed one table in another (protocol.md §1.5). A foreign key gives m2o (o2o where its columns are the primary key or a unique
 * key) on its own side and o2m (o2o) on the other; two foreign keys whose columns are all part of the primary key make their table a junction.
 * Foreign keys to tables that are not given are left out.
 */
export function deriveRelations(tables: readonly Table[]): ReadonlyMap<TableKey, readonly Relation[]> {
  const relations = new Map<TableKey, Relation[]>(tables.map((table) => [table.key, []]))
  const add = (relation: Relation) => relations.get(relation.source)?.push(relation)
  const eachKey = (visit: (table: Table, key: ForeignKey) => void) => {
    for (const table of tables) {
      for (const key of table.foreignKeys) if (relations.has(key.references.table)) visit(table, key)
    }
  }
  eachKey((table, key) => add(forward(table, key)))
  eachKey((table, key) => add(backward(table, key)))
  for (const table of tables) for (const relation of throughJunction(table, relations)) add(relation)
  for (const list of relations.values()) Object.freeze(list)
  return relations
}

function forward(table: Table, key: ForeignKey): Relation {
  return freeze({
    name: key.name,
    cardinality: isUnique(table, key.columns) ? 'o2o' : 'm2o',
    source: table.key,
    target: key.references.table,
    sourceColumns: key.columns,
    targetColumns: key.references.columns,
    sourceHoldsKey: true,
    junction: null,
  })
}

function backward(table: Table, key: ForeignKey): Relation {
  return freeze({
    name: key.name,
    cardinality: isUnique(table, key.columns) ? 'o2o' : 'o2m',
    source: key.references.table,
    target: table.key,
    sourceColumns: key.references.columns,
    targetColumns: key.columns,
    sourceHoldsKey: false,
    junction: null,
  })
}

function throughJunction(table: Table, known: ReadonlyMap<TableKey, unknown>): Relation[] {
  const inKey = (key: ForeignKey) => key.columns.every((column) => table.primaryKey.includes(column))
  const keys = table.foreignKeys.filter((key) => known.has(key.references.table) && inKey(key))
  return keys.flatMap((near) => keys.filter((far) => far !== near).map((far) => junctionRelation(table, near, far)))
}

function junctionRelation(table: Table, near: ForeignKey, far: ForeignKey): Relation {
  return freeze({
    name: `${near.name}+${far.name}`,
    cardinality: 'm2m',
    source: near.references.table,
    target: far.references.table,
    sourceColumns: near.references.columns,
    targetColumns: far.references.columns,
    sourceHoldsKey: false,
    junction: Object.freeze({
      table: table.key,
      sourceColumns: near.columns,
      targetColumns: far.columns,
      sourceConstraint: near.name,
      targetConstraint: far.name,
    }),
  })
}

/** True when the columns are exactly the primary key or a unique key, in any order. */
function isUnique(table: Table, columns: readonly string[]): boolean {
  const keys = [table.primaryKey, ...table.uniques.map((unique) => unique.columns)]
  return keys.some((key) => key.length === columns.length && key.every((column) => columns.includes(column)))
}

function freeze(relation: Relation): Relation {
  return Object.freeze(relation)
}
