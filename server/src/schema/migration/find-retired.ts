import type { Column, ForeignKey, Table } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import type { RetiredColumn } from '../retired.ts'
import { refuseKind } from './compare-views.ts'
import { isAdopted, isAdoptedTable, ownsColumn, ownsTable, pairs, take, type Work } from './difference-work.ts'
import { warnOfColumns, warnOfTables } from './probable-renames.ts'
import { sameType } from './type-change.ts'

/** Columns that were declared and are not any more; and those that make room for a computed one of their name. */
export function retireColumns(work: Work): void {
  for (const { found, wanted } of pairs(work)) {
    const going = goingColumns(work, found, wanted)
    const coming = wanted.columns.filter(
      (column) => !found.column.has(column.name) && retiredFor(work, wanted, column) === null,
    )
    warnOfColumns(work, wanted, { going: going.filter((column) => !wanted.column.has(column.name)), coming })
    for (const column of going) take(work, { kind: 'retire-column', table: wanted.key, column: column.name })
    warnOfDrift(work, found, wanted)
  }
}

/** Columns of the table that will be retired. */
export function goingColumns(work: Work, found: Table, wanted: Table): readonly Column[] {
  return found.columns.filter((column) => {
    const next = wanted.column.get(column.name)
    if (next === undefined) return ownsColumn(work, found, column)
    return column.generated === null && next.generated !== null && !isAdopted(column)
  })
}

function warnOfDrift(work: Work, found: Table, wanted: Table): void {
  if (work.known === null || isAdoptedTable(found)) return
  for (const column of found.columns) {
    if (wanted.column.has(column.name) || ownsColumn(work, found, column)) continue
    const message = `the database has a column "${column.name}" that no schema.ts ever had: it is left alone`
    const hint = 'Declare it to use it.'
    work.warnings.push({ kind: 'drift', table: wanted.key, message, hint })
  }
}

/**
 * The retired column that a wanted one brings back: of its name or its former name, and of its type, which is only a way of reading where somebody
 * else made the column. Not one that a change of type left behind: its values went into the column in its place, which has newer ones, perhaps under
 * another name.
 */
export function retiredFor(work: Work, table: Table, column: Column): RetiredColumn | null {
  if (column.generated !== null) return null
  const here = work.draft.retired.columns.filter((each) => each.table === table.key && each.converted === undefined)
  const called = (name: string | undefined) =>
    here.findLast(
      (each) => each.column.name === name && (isAdopted(each.column) || sameType(each.column.type, column.type)),
    )
  return called(column.name) ?? called(column.was) ?? null
}

/** Tables that were declared and are not any more; and those that make room for a view. */
export function retireTables(work: Work): void {
  const going = [...work.draft.tables.values()].filter((found) => {
    if (found.kind !== 'table' || work.to.tables.get(found.key)?.kind === 'table') return false
    return ownsTable(work, found)
  })
  const coming = [...work.to.tables.values()].filter(
    (wanted) => wanted.kind === 'table' && !work.draft.tables.has(wanted.key),
  )
  warnOfTables(work, { going, coming })
  for (const table of inOrderOfLeaving(going)) retireTable(work, table)
  for (const wanted of work.to.tables.values()) {
    const found = work.draft.tables.get(wanted.key)
    if (found !== undefined && found.kind !== wanted.kind) refuseKind(work, wanted, found)
  }
}

/** First those that point to others, so that each is kept with the foreign keys it had. */
function inOrderOfLeaving(tables: readonly Table[]): readonly Table[] {
  const left = [...tables]
  const ordered: Table[] = []
  while (left.length > 0) {
    const isFree = (table: Table) => left.every((other) => other === table || !pointsTo(other, table))
    const at = Math.max(0, left.findIndex(isFree))
    ordered.push(...left.splice(at, 1))
  }
  return ordered
}

function pointsTo(table: Table, target: Table): boolean {
  return table.foreignKeys.some((key) => key.references.table === target.key)
}

function retireTable(work: Work, table: Table): void {
  const isPointing = (key: ForeignKey) => key.references.table === table.key
  const holders = [...work.to.tables.values()].filter(
    (wanted) => wanted.kind === 'table' && wanted.key !== table.key && wanted.foreignKeys.some(isPointing),
  )
  if (holders.length > 0) {
    const names = holders.map((holder) => `"${shortKey(holder.key)}"`).join(', ')
    const message = `it is not in schema.ts any more, but ${names} still points to it`
    work.obstacles.push({ table: table.key, message, hint: 'Declare it, or take the reference away.' })
    return
  }
  // Somebody else's tables may point to it, too: said in a step of its own, since it changes what is not ours.
  for (const other of [...work.draft.tables.values()]) {
    if (other.key === table.key) continue
    for (const foreignKey of other.foreignKeys.filter(isPointing)) {
      take(work, { kind: 'drop-foreign-key', table: other.key, foreignKey })
    }
  }
  take(work, { kind: 'retire-table', table: table.key })
}
