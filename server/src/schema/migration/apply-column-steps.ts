import type { Column, Table } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import { makeTable } from '../make-catalog.ts'
import type { RetiredColumn, Suspended } from '../retired.ts'
import { changeForeignKeys } from './apply-table-steps.ts'
import { columnOf, type Draft, fault, plainColumn, putColumn, putTable, tableOf } from './draft.ts'
import { followNames } from './follow-names.ts'
import { mentionsColumn, mentionsNative, renameInExpression } from './pg-text.ts'
import { findRetiredColumn, retiredColumnName } from './retired-names.ts'
import type { ColumnStep, MigrationStep } from './step.ts'
import { keepsValues, sameType } from './type-change.ts'

type StepOf<Kind extends ColumnStep['kind']> = Extract<ColumnStep, { kind: Kind }>

export function addColumn(draft: Draft, step: StepOf<'add-column'>): void {
  const table = tableOf(draft, step.table)
  if (table.column.has(step.column.name)) fault(`${shortKey(table.key)} has a column "${step.column.name}" already`)
  putTable(draft, table, { columns: [...table.columns, plainColumn(step.column)] })
}

export function renameColumn(draft: Draft, { table: key, column: from, to }: StepOf<'rename-column'>): void {
  const before = tableOf(draft, key)
  columnOf(before, from)
  if (before.column.has(to)) fault(`${shortKey(key)} has a column "${to}" already`)
  const name = (each: string): string => (each === from ? to : each)
  const text = (expression: string): string =>
    renameInExpression(expression, { table: before.name, column: { from, to } })
  const renamed = makeTable({
    ...before,
    columns: before.columns.map((column) => ({
      ...column,
      name: name(column.name),
      generated:
        column.generated === null ? null : { ...column.generated, expression: text(column.generated.expression) },
    })),
    primaryKey: before.primaryKey.map(name),
    uniques: before.uniques.map((one) => ({ ...one, columns: one.columns.map(name) })),
    foreignKeys: before.foreignKeys.map((one) => ({ ...one, columns: one.columns.map(name) })),
    checks: before.checks.map((one) => ({ ...one, expression: text(one.expression) })),
    indexes: before.indexes.map((one) => ({
      ...one,
      columns: one.columns.map((column) => ({ ...column, name: name(column.name) })),
      where: one.where === null ? null : text(one.where),
    })),
    openColumn: before.openColumn === from ? to : before.openColumn,
  })
  putTable(draft, renamed, followNames({ before, after: renamed }))
  changeForeignKeys(draft, (keys) =>
    keys.map((one) =>
      one.references.table === key && one.references.columns.includes(from)
        ? { ...one, references: { table: key, columns: one.references.columns.map(name) } }
        : one,
    ),
  )
}

/** A computed column has no values of its own: it is taken away, and can be computed again. All others are kept. */
export function retireColumn(draft: Draft, step: StepOf<'retire-column'>): void {
  const table = tableOf(draft, step.table)
  const column = columnOf(table, step.column)
  const suspended = constraintsOf(column.name, table)
  const out = (kept: readonly unknown[]) => (one: unknown) => !kept.includes(one)
  putTable(draft, table, {
    columns: table.columns.filter((each) => each !== column),
    ...(suspended.primaryKey ? { primaryKey: [], primaryKeyName: null } : {}),
    uniques: table.uniques.filter(out(suspended.uniques)),
    foreignKeys: table.foreignKeys.filter(out(suspended.foreignKeys)),
    checks: table.checks.filter(out(suspended.checks)),
    indexes: table.indexes.filter(out(suspended.indexes)),
  })
  changeForeignKeys(draft, (keys) =>
    keys.filter((key) => key.references.table !== table.key || !key.references.columns.includes(column.name)),
  )
  if (column.generated === null) keep(draft, table, { column, suspended })
}

/** The constraints of its table that can't be without the column. */
export function constraintsOf(column: string, table: Table): Suspended {
  return {
    primaryKey: table.primaryKey.includes(column),
    uniques: table.uniques.filter((one) => one.columns.includes(column)),
    foreignKeys: table.foreignKeys.filter((one) => one.columns.includes(column)),
    checks: table.checks.filter((one) =>
      one.native === true ? mentionsNative(one.expression, column) : mentionsColumn(one.expression, column),
    ),
    indexes: table.indexes.filter(
      (one) =>
        one.columns.some((each) => each.name === column) || (one.where !== null && mentionsColumn(one.where, column)),
    ),
  }
}

const NOTHING: Suspended = { primaryKey: false, uniques: [], foreignKeys: [], checks: [], indexes: [] }

function keep(
  draft: Draft,
  table: Table,
  retired: Pick<RetiredColumn, 'column' | 'converted'> & { readonly suspended?: Suspended },
): void {
  const storedAs = retiredColumnName(retired.column.name, table, draft.retired)
  const entry = { table: table.key, storedAs, retiredAt: draft.at, suspended: NOTHING, ...retired }
  draft.retired = { ...draft.retired, columns: [...draft.retired.columns, entry] }
}

export function restoreColumn(draft: Draft, step: StepOf<'restore-column'>): void {
  const table = tableOf(draft, step.table)
  if (table.column.has(step.column.name)) fault(`${shortKey(table.key)} has a column "${step.column.name}" already`)
  const retired = takeRetired(draft, { ...step.retired, table: table.key })
  const { storage } = retired.column
  const column = { ...plainColumn(step.column), ...(storage === undefined ? {} : { storage }) }
  putTable(draft, table, { columns: [...table.columns, column] })
}

function takeRetired(draft: Draft, meant: RetiredColumn): RetiredColumn {
  const retired = findRetiredColumn(draft.retired, meant)
  if (retired === null) fault(`no retired column "${meant.column.name}" of ${shortKey(meant.table)} is kept`)
  draft.retired = { ...draft.retired, columns: draft.retired.columns.filter((each) => each !== retired) }
  return retired
}

/**
 * The new column has the constraints, the default and the place of the old one, which is kept beside it unless it says nothing that the new one does
 * not say (`retiresValues`). What it `restores` is what it was made of: it is kept no longer.
 */
export function changeType(draft: Draft, step: StepOf<'change-type'>): void {
  const table = tableOf(draft, step.table)
  const column = columnOf(table, step.column)
  if (!sameType(column.type, step.from)) fault(`${shortKey(table.key)}.${column.name} is of another type`)
  if (step.restores !== null) takeRetired(draft, { ...step.restores, table: table.key })
  if (retiresValues(step, column)) keep(draft, table, { column, converted: { using: step.using } })
  const { storage: _, ...rest } = column
  putColumn(draft, table, { ...rest, type: step.to })
}

/** True when a change of type keeps the former values as a retired column. */
export function retiresValues(step: StepOf<'change-type'>, column: Pick<Column, 'generated'>): boolean {
  if (column.generated !== null) return false
  return step.using !== null || step.restores !== null || !keepsValues(step.from, step.to)
}

export function purgeColumn(draft: Draft, step: Extract<MigrationStep, { kind: 'purge-column' }>): void {
  takeRetired(draft, step.retired)
}
