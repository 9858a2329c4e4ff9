import type { ForeignKey, Table, TableKey } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import { makeTable } from '../make-catalog.ts'
import { take, twinOf, type Work } from './difference-work.ts'
import { plainColumn } from './draft.ts'

/**
 * New tables, each after those that it points to. A foreign key to what is not there yet (in a circle, or to a column that is still to come) is
 * left to a later step, and so are indexes.
 */
export function createTables(work: Work): void {
  const missing = [...work.to.tables.values()].filter(
    (table) => table.kind === 'table' && !work.draft.tables.has(table.key),
  )
  for (const wanted of inOrderOfCreation(missing)) {
    const twin = twinOf(wanted.key, work.draft.tables.keys())
    if (twin !== null) {
      refuseTwin(work, wanted, twin)
      continue
    }
    const { was: _was, using, ...plain } = wanted
    const table = makeTable({
      ...plain,
      columns: wanted.columns.map(plainColumn),
      foreignKeys: wanted.foreignKeys.filter((key) => hasTarget(work, wanted, key)),
      indexes: [],
    })
    take(work, { kind: 'create-table', table, using: using ?? null })
  }
}

function refuseTwin(work: Work, wanted: Table, twin: TableKey): void {
  const name = shortKey(twin)
  const message = `the database has a ${work.draft.tables.get(twin)?.kind} "${name}", which differs by upper and lower case only`
  const hint = `Call it "${name}", or write .was('${name}') behind it.`
  work.obstacles.push({ table: wanted.key, message, hint })
}

function hasTarget(work: Work, table: Table, { references }: ForeignKey): boolean {
  const target = references.table === table.key ? table : work.draft.tables.get(references.table)
  if (target === undefined) return false
  const keys = [target.primaryKey, ...target.uniques.map((unique) => unique.columns)]
  return keys.some(
    (key) => key.length === references.columns.length && key.every((name) => references.columns.includes(name)),
  )
}

/** Tables after those that their foreign keys point to, as far as circles allow; otherwise as declared. */
function inOrderOfCreation(tables: readonly Table[]): readonly Table[] {
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
