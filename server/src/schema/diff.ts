import type { Catalog, Check, Column, ForeignKey, Index, Table, TableKey } from './catalog.ts'
import { shortKey } from './check-keys.ts'
import { compareTables } from './compare-tables.ts'

/** One engine-neutral change of structure, ordered so that each finds what it needs. Additive only, for now. */
export type MigrationStep =
  /** The table with its keys and checks, without its indexes: those are steps of their own. */
  | { readonly kind: 'create-table'; readonly table: Table }
  | { readonly kind: 'create-view'; readonly table: Table }
  | { readonly kind: 'replace-view'; readonly table: Table }
  | {
      readonly kind: 'add-column'
      readonly table: TableKey
      readonly column: Column
      readonly foreignKey: ForeignKey | null
      /** The column's own check. */
      readonly check: Check | null
    }
  | { readonly kind: 'create-index'; readonly table: TableKey; readonly index: Index }

/** A difference that `diff` found and that no step can make yet. It is reported and nothing is touched. */
export interface Obstacle {
  readonly table: TableKey
  readonly message: string
  readonly hint: string
}

export interface Difference {
  readonly steps: readonly MigrationStep[]
  readonly obstacles: readonly Obstacle[]
}

/**
 * What turns a database as it is (`from`) into what a schema.ts says (`to`): steps that only add, and obstacles for everything that would
 * change or remove something. Tables that only the database has are nobody's business here. Defaults and comments are not compared: the
 * declaration's count.
 */
export function diff(from: Catalog, to: Catalog): Difference {
  const missing = creationOrder([...to.tables.values()].filter((table) => !from.tables.has(table.key)))
  const steps: MigrationStep[] = []
  const obstacles: Obstacle[] = missing.flatMap((table) => renameObstacle(table, from))
  const views: MigrationStep[] = []
  for (const table of missing) {
    if (table.kind === 'view') views.push({ kind: 'create-view', table })
    else steps.push({ kind: 'create-table', table })
  }
  for (const table of missing) steps.push(...createIndexes(table))
  for (const table of to.tables.values()) {
    const found = from.tables.get(table.key)
    if (found === undefined) continue
    const compared = compareTables(found, table)
    obstacles.push(...compared.obstacles)
    for (const step of compared.steps) (step.kind === 'replace-view' ? views : steps).push(step)
  }
  return { steps: [...steps, ...views], obstacles }
}

function createIndexes(table: Table): MigrationStep[] {
  return table.indexes.map((index) => ({ kind: 'create-index', table: table.key, index }))
}

function renameObstacle(table: Table, from: Catalog): Obstacle[] {
  const was = table.was === undefined ? undefined : `${table.schema}.${table.was}`
  if (was === undefined || !from.tables.has(was)) return []
  const message = `it was called "${shortKey(was)}"; tables are not renamed automatically yet`
  return [{ table: table.key, message, hint: `Rename the table in the database, or take .was('${table.was}') away.` }]
}

/** Tables after those that their foreign keys point to, as far as circles allow; otherwise as declared. */
function creationOrder(tables: readonly Table[]): Table[] {
  const byKey = new Map(tables.map((table) => [table.key, table]))
  const ordered = new Set<Table>()
  const onPath = new Set<Table>()
  const visit = (table: Table) => {
    if (ordered.has(table) || onPath.has(table)) return
    onPath.add(table)
    for (const key of table.foreignKeys) {
      const target = byKey.get(key.references.table)
      if (target !== undefined) visit(target)
    }
    ordered.add(table)
  }
  for (const table of tables) visit(table)
  return [...ordered]
}
