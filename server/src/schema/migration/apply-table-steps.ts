import type { ForeignKey, Table, TableKey } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import { makeTable } from '../make-catalog.ts'
import { type Draft, fault, plainColumn, putTable, tableOf } from './draft.ts'
import { followNames } from './follow-names.ts'
import { renameInExpression } from './pg-text.ts'
import { findRetiredTable, retiredTableKey } from './retired-names.ts'
import type { MigrationStep, TableStep, ViewStep } from './step.ts'

export function createTable(draft: Draft, { table }: { readonly table: Table }): void {
  if (draft.tables.has(table.key))
    fault(`there is a ${draft.tables.get(table.key)?.kind} "${shortKey(table.key)}" already`)
  const { was: _was, using: _using, ...plain } = table
  putTable(draft, { ...plain, columns: table.columns.map(plainColumn) })
}

export function renameTable(draft: Draft, step: Extract<TableStep, { kind: 'rename-table' }>): void {
  const before = tableOf(draft, step.table)
  if (draft.tables.has(step.to)) fault(`there is a table "${shortKey(step.to)}" already`)
  const dot = step.to.indexOf('.')
  const [schema, name] = [step.to.slice(0, dot), step.to.slice(dot + 1)]
  const text = (expression: string) => renameInExpression(expression, { table: before.name, tableTo: name })
  const renamed = makeTable({
    ...before,
    schema,
    name,
    columns: before.columns.map((column) =>
      column.generated === null
        ? column
        : { ...column, generated: { ...column.generated, expression: text(column.generated.expression) } },
    ),
    checks: before.checks.map((check) => ({ ...check, expression: text(check.expression) })),
    indexes: before.indexes.map((index) => ({ ...index, where: index.where === null ? null : text(index.where) })),
  })
  // The table keeps its place in the order of creation.
  const tables = [...draft.tables.values()].map((table) =>
    table === before ? makeTable({ ...renamed, ...followNames({ before, after: renamed }) }) : table,
  )
  draft.tables.clear()
  for (const table of tables) draft.tables.set(table.key, table)
  pointElsewhere(draft, step.table, step.to)
  draft.retired = {
    tables: draft.retired.tables,
    columns: draft.retired.columns.map((one) => (one.table === step.table ? { ...one, table: step.to } : one)),
  }
}

function pointElsewhere(draft: Draft, from: TableKey, to: TableKey): void {
  changeForeignKeys(draft, (keys) =>
    keys.map((key) => (key.references.table === from ? { ...key, references: { ...key.references, table: to } } : key)),
  )
}

/** Puts the tables whose foreign keys `change` alters. */
export function changeForeignKeys(draft: Draft, change: (keys: readonly ForeignKey[]) => readonly ForeignKey[]): void {
  for (const table of draft.tables.values()) {
    const foreignKeys = change(table.foreignKeys)
    const isSame = foreignKeys.length === table.foreignKeys.length
    if (isSame && foreignKeys.every((key, at) => key === table.foreignKeys[at])) continue
    putTable(draft, table, { foreignKeys })
  }
}

export function retireTable(draft: Draft, step: Extract<TableStep, { kind: 'retire-table' }>): void {
  const table = tableOf(draft, step.table)
  if (table.kind === 'view') fault(`"${shortKey(step.table)}" is a view`)
  const storedAs = retiredTableKey(table, draft.retired)
  draft.tables.delete(table.key)
  changeForeignKeys(draft, (keys) => keys.filter((key) => key.references.table !== table.key))
  draft.retired = {
    tables: [...draft.retired.tables, { table, storedAs, retiredAt: draft.at }],
    columns: draft.retired.columns.map((one) => (one.table === table.key ? { ...one, table: storedAs } : one)),
  }
}

export function restoreTable(draft: Draft, step: Extract<TableStep, { kind: 'restore-table' }>): void {
  const { table } = step.retired
  const retired = findRetiredTable(draft.retired, step.retired)
  if (retired === null) fault(`no retired table "${shortKey(table.key)}" is kept`)
  if (draft.tables.has(table.key)) fault(`there is a table "${shortKey(table.key)}" already`)
  const points = (key: ForeignKey) => {
    const target = key.references.table === table.key ? retired.table : draft.tables.get(key.references.table)
    return key.references.columns.every((name) => target?.column.has(name) ?? false)
  }
  putTable(draft, retired.table, { foreignKeys: retired.table.foreignKeys.filter(points) })
  draft.retired = {
    tables: draft.retired.tables.filter((each) => each !== retired),
    columns: draft.retired.columns.map((one) => (one.table === retired.storedAs ? { ...one, table: table.key } : one)),
  }
}

export function purgeTable(draft: Draft, step: Extract<MigrationStep, { kind: 'purge-table' }>): void {
  const retired = findRetiredTable(draft.retired, step.retired)
  if (retired === null) fault(`no retired table "${shortKey(step.retired.table.key)}" is kept`)
  draft.retired = {
    tables: draft.retired.tables.filter((each) => each !== retired),
    columns: draft.retired.columns.filter((one) => one.table !== retired.storedAs),
  }
}

export function replaceView(draft: Draft, step: Extract<ViewStep, { kind: 'replace-view' }>): void {
  if (tableOf(draft, step.table.key).kind !== 'view') fault(`"${shortKey(step.table.key)}" is no view`)
  putTable(draft, { ...step.table, columns: step.table.columns.map(plainColumn) })
}

export function dropView(draft: Draft, step: Extract<ViewStep, { kind: 'drop-view' }>): void {
  if (tableOf(draft, step.table.key).kind !== 'view') fault(`"${shortKey(step.table.key)}" is no view`)
  draft.tables.delete(step.table.key)
}
