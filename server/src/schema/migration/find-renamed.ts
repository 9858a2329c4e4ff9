import type { Column, Table, TableKey } from '../catalog.ts'
import { tableKey } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import { makeTable } from '../make-catalog.ts'
import { applyStep } from './apply-steps.ts'
import { isAdoptedTable, ownsColumn, ownsTable, pairs, take, type Work } from './difference-work.ts'
import { sharedColumns } from './probable-renames.ts'
import type { MigrationStep } from './step.ts'

/** Renames and restores tables, so that each wanted one that is there has its name. */
export function renameTables(work: Work): void {
  for (const wanted of work.to.tables.values()) {
    if (wanted.kind !== 'table') continue
    const was = wanted.was === undefined ? null : tableKey(wanted.schema, wanted.was)
    if (was !== null && isFormerTable(work, was, wanted.key)) renameTable(work, was, wanted)
    else if (!work.draft.tables.has(wanted.key)) restoreTable(work, wanted, was)
  }
}

/** A `.was()` stays in a schema.ts long after: it counts as long as the former table is there and nobody wants it, and its new name is free. */
function isFormerTable(work: Work, was: TableKey, key: TableKey): boolean {
  if (work.draft.tables.get(was)?.kind !== 'table' || work.to.tables.has(was) || work.existing.has(was)) return false
  return !work.draft.tables.has(key) || bothKnown(work, was, key)
}

/** Both were declared last: one goes, and the other takes its name. */
function bothKnown({ known }: Work, was: TableKey, key: TableKey): boolean {
  return known?.tables.has(was) === true && known.tables.has(key)
}

function renameTable(work: Work, was: TableKey, wanted: Table): void {
  const occupant = work.draft.tables.get(wanted.key)
  if (occupant?.kind === 'table' && ownsTable(work, occupant)) {
    takeBoth(work, { kind: 'retire-table', table: occupant.key })
  }
  takeBoth(work, { kind: 'rename-table', table: was, to: wanted.key })
}

/** What was known under its former name is known under the new one. */
function takeBoth(work: Work, step: MigrationStep & { readonly table: TableKey; readonly column?: string }): void {
  take(work, step)
  const known = work.known?.tables.get(step.table)
  if (work.known === null || known === undefined) return
  if (step.column === undefined || known.column.has(step.column)) applyStep(work.known, step)
}

function restoreTable(work: Work, wanted: Table, was: TableKey | null): void {
  const { tables } = work.draft.retired
  const retired =
    tables.findLast((each) => each.table.key === wanted.key) ?? tables.findLast((each) => each.table.key === was)
  if (retired === undefined) return
  const name = shortKey(retired.table.key)
  if (sharedColumns(retired.table, wanted) * 2 < wanted.columns.length) {
    const message = `a retired table "${name}" is kept whose columns are others: this one begins empty`
    const hint = 'To get its rows back, declare the columns it had.'
    work.warnings.push({ kind: 'retired-type-differs', table: wanted.key, message, hint })
    return
  }
  if (work.draft.tables.has(retired.table.key)) return
  take(work, { kind: 'restore-table', retired })
  // From now on what it has beyond the wanted is a former wish again.
  if (work.known !== null) work.known.tables.set(retired.table.key, formerWish(retired.table, wanted))
  if (retired.table.key !== wanted.key) {
    takeBoth(work, { kind: 'rename-table', table: retired.table.key, to: wanted.key })
  }
}

/** Of somebody else's table, what was declared is not known any more: all that is not wanted is left alone. */
function formerWish(table: Table, wanted: Table): Table {
  if (!isAdoptedTable(table)) return table
  const columns = table.columns.filter(({ name }) => wanted.column.has(name))
  return makeTable({ ...table, columns, uniques: [], foreignKeys: [], checks: [], indexes: [] })
}

/** Renames columns, so that each wanted one that is there has its name. */
export function renameColumns(work: Work): void {
  for (const { wanted } of pairs(work)) {
    for (const column of wanted.columns) renameColumn(work, wanted, column)
  }
}

function renameColumn(work: Work, wanted: Table, { name, was }: Column): void {
  const found = work.draft.tables.get(wanted.key)
  if (found === undefined || was === undefined || !found.column.has(was) || wanted.column.has(was)) return
  const occupant = found.column.get(name)
  if (occupant !== undefined) {
    const known = work.known?.tables.get(wanted.key)
    const isFresh = known?.column.has(was) === true && known.column.has(name)
    if (!isFresh || !ownsColumn(work, found, occupant)) return
    takeBoth(work, { kind: 'retire-column', table: wanted.key, column: name })
  }
  takeBoth(work, { kind: 'rename-column', table: wanted.key, column: was, to: name })
}
