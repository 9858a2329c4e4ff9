import type { Catalog, Column, Table, TableKey } from '../../../schema/catalog.ts'
import { applyStep } from '../../../schema/migration/apply-steps.ts'
import { catalogOf, type Draft, draftOf } from '../../../schema/migration/draft.ts'
import { findRetiredColumn, findRetiredTable, formerColumn } from '../../../schema/migration/retired-names.ts'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import { tableName } from '../tables.ts'
import type { ColumnValue } from './convert.ts'

/** A column of the migrated table, where its value comes from, and which steps make it so. */
export interface ChangedColumn extends ColumnValue {
  /** Index of the step that makes its value another one: add-column, restore-column, change-type, set-generated. Null where it stays. */
  readonly valueStep: number | null
  /** Index of set-not-null. */
  readonly notNullStep: number | null
}

/** A table as the steps leave it, and where its rows come from. */
export interface ChangedTable {
  readonly after: Table
  /** The table whose rows it has; null for a new one. `storedAs` is its name in the file. */
  readonly origin: { readonly table: Table; readonly storedAs: string } | null
  /** Of create-table and restore-table: index and select. */
  readonly made: { readonly step: number; readonly using: string | null } | null
  readonly columns: ReadonlyMap<string, ChangedColumn>
  /** Index of the step that brought a constraint, by `constraintKey`. */
  readonly constraintSteps: ReadonlyMap<string, number>
}

export interface ChangedTables {
  readonly after: Catalog
  readonly tables: ReadonlyMap<TableKey, ChangedTable>
  /** What a step retires or purges, by the step's index. */
  readonly taken: ReadonlyMap<number, Taken>
}

/** What is taken out of sight or away, by the names that the file has for it before the first step. */
export interface Taken {
  readonly storedAs: string
  /** Null for a whole table. */
  readonly column: { readonly storedAs: string; readonly column: Column } | null
}

export const constraintKey = (kind: 'key' | 'unique' | 'check' | 'foreign' | 'index', name: string): string =>
  `${kind} ${name}`

type Value = Omit<ChangedColumn, 'column'>

interface Following {
  origin: ChangedTable['origin']
  made: ChangedTable['made']
  readonly columns: Map<string, Value>
  readonly constraintSteps: Map<string, number>
}

const KEPT: Value = { from: null, using: null, fill: null, restores: null, valueStep: null, notNullStep: null }

/** Follows every table and column through the steps. Throws StepFault for steps that do not fit the structure. */
export function changedTables(steps: readonly MigrationStep[], found: Catalog): ChangedTables {
  const draft = draftOf(found)
  const following = new Map<TableKey, Following>()
  for (const table of found.tables.values()) {
    if (table.kind === 'table') following.set(table.key, kept(table, tableName(table)))
  }
  const taken = new Map<number, Taken>()
  for (const [index, step] of steps.entries()) {
    const gone = takenBy(step, { draft, following })
    if (gone !== null) taken.set(index, gone)
    followTable(step, index, { draft, following })
    const table = 'table' in step && typeof step.table === 'string' ? following.get(step.table) : undefined
    if (table !== undefined) followColumn(step, index, { table, draft })
    applyStep(draft, step)
  }
  const after = catalogOf(draft)
  const tables = new Map<TableKey, ChangedTable>()
  for (const [key, each] of following) {
    const table = after.tables.get(key)
    if (table !== undefined) tables.set(key, { ...each, after: table, columns: columnsOf(table, each) })
  }
  return { after, tables, taken }
}

function columnsOf(table: Table, { columns }: Following): Map<string, ChangedColumn> {
  return new Map(table.columns.map((column) => [column.name, { ...(columns.get(column.name) ?? KEPT), column }]))
}

function kept(table: Table, storedAs: string): Following {
  const columns = new Map(table.columns.map((column): [string, Value] => [column.name, { ...KEPT, from: column }]))
  return { origin: { table, storedAs }, made: null, columns, constraintSteps: new Map() }
}

interface All {
  readonly draft: Draft
  readonly following: Map<TableKey, Following>
}

function takenBy(step: MigrationStep, { draft, following }: All): Taken | null {
  switch (step.kind) {
    case 'retire-table': {
      const storedAs = following.get(step.table)?.origin?.storedAs
      return storedAs === undefined ? null : { storedAs, column: null }
    }
    case 'retire-column': {
      const table = following.get(step.table)
      const column = table?.columns.get(step.column)?.from ?? null
      if (column === null || column.generated !== null || table?.origin == null) return null
      return { storedAs: table.origin.storedAs, column: { storedAs: column.name, column } }
    }
    case 'purge-table': {
      const retired = findRetiredTable(draft.retired, step.retired)
      return retired === null ? null : { storedAs: retired.storedAs, column: null }
    }
    case 'purge-column': {
      const retired = findRetiredColumn(draft.retired, step.retired)
      if (retired === null) return null
      const storedAs = following.get(retired.table)?.origin?.storedAs ?? retired.table
      return { storedAs, column: { storedAs: retired.storedAs, column: retired.column } }
    }
    default:
      return null
  }
}

function followTable(step: MigrationStep, index: number, { draft, following }: All): void {
  switch (step.kind) {
    case 'create-table': {
      const columns = new Map(
        step.table.columns.map(({ name }): [string, Value] => [name, { ...KEPT, valueStep: index }]),
      )
      const made = { step: index, using: step.using }
      following.set(step.table.key, { origin: null, made, columns, constraintSteps: new Map() })
      break
    }
    case 'rename-table': {
      const table = following.get(step.table)
      following.delete(step.table)
      if (table !== undefined) following.set(step.to, table)
      break
    }
    case 'retire-table':
      following.delete(step.table)
      break
    case 'restore-table': {
      const retired = findRetiredTable(draft.retired, step.retired)
      if (retired === null) break
      const restored = kept(retired.table, retired.storedAs)
      restored.made = { step: index, using: null }
      following.set(retired.table.key, restored)
      break
    }
    default:
  }
}

interface One {
  readonly table: Following
  readonly draft: Draft
}

function followColumn(step: MigrationStep, index: number, { table, draft }: One): void {
  const { columns, constraintSteps } = table
  switch (step.kind) {
    case 'add-column':
      columns.set(step.column.name, { ...KEPT, using: step.using, valueStep: index })
      break
    case 'rename-column': {
      const value = columns.get(step.column) ?? KEPT
      columns.delete(step.column)
      columns.set(step.to, value)
      break
    }
    case 'retire-column':
      columns.delete(step.column)
      break
    case 'restore-column': {
      const restores = findRetiredColumn(draft.retired, { ...step.retired, table: step.table })
      columns.set(step.column.name, { ...KEPT, restores, fill: step.using, valueStep: index })
      break
    }
    case 'change-type': {
      const { restores: meant, using } = step
      const kept = meant === null ? null : findRetiredColumn(draft.retired, { ...meant, table: step.table })
      const restores = meant === null ? null : formerColumn(kept, meant)
      columns.set(step.column, { ...(columns.get(step.column) ?? KEPT), using, restores, valueStep: index })
      break
    }
    case 'set-not-null':
      columns.set(step.column, { ...(columns.get(step.column) ?? KEPT), fill: step.using, notNullStep: index })
      break
    case 'set-generated':
      columns.set(step.column, { ...(columns.get(step.column) ?? KEPT), valueStep: index })
      break
    case 'set-primary-key':
      constraintSteps.set(constraintKey('key', ''), index)
      break
    case 'add-unique':
      constraintSteps.set(constraintKey('unique', step.unique.name), index)
      break
    case 'add-check':
      constraintSteps.set(constraintKey('check', step.check.name), index)
      break
    case 'add-foreign-key':
      constraintSteps.set(constraintKey('foreign', step.foreignKey.name), index)
      break
    case 'create-index':
      constraintSteps.set(constraintKey('index', step.index.name), index)
      break
    default:
  }
}
