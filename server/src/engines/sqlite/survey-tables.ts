import type { Catalog, Table, TableKey } from '../../schema/catalog.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import type { ColumnValue } from './migrate/convert.ts'
import { type ColumnTrace, type NamedKind, type TableTrace, type Taken, traceSteps } from './migrate/trace.ts'

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
  /** Index of the step that set the primary key. */
  readonly keyStep: number | null
  /** Index of the step that brought a constraint, by kind and name. */
  readonly steps: Readonly<Record<NamedKind, ReadonlyMap<string, number>>>
}

export interface ChangedTables {
  readonly after: Catalog
  readonly tables: ReadonlyMap<TableKey, ChangedTable>
  readonly taken: ReadonlyMap<number, Taken>
}

/** What the steps make of every table, as rows are asked about it. Throws StepFault for steps that do not fit the structure. */
export function changedTables(steps: readonly MigrationStep[], found: Catalog): ChangedTables {
  const { after, tables, taken } = traceSteps(steps, found, '')
  const changed = [...tables].flatMap(([key, trace]): [TableKey, ChangedTable][] => {
    const table = after.tables.get(key)
    return table === undefined ? [] : [[key, changedTable(table, trace, steps)]]
  })
  return { after, tables: new Map(changed), taken }
}

function changedTable(after: Table, trace: TableTrace, steps: readonly MigrationStep[]): ChangedTable {
  const { origin, from, columns, named, keyStep } = trace
  const stepsOf = (kind: NamedKind): ReadonlyMap<string, number> =>
    new Map(named[kind].flatMap(({ name, step }) => (step === null ? [] : [[name, step]])))
  return {
    after,
    origin: origin === null || from === null ? null : { table: from, storedAs: origin },
    made: madeBy(trace.step, steps),
    columns: new Map(
      after.columns.flatMap((column) => {
        const each = columns.get(column.name)
        return each === undefined ? [] : [[column.name, { ...valuesOf(each), column }]]
      }),
    ),
    keyStep,
    steps: {
      ...{ checks: stepsOf('checks'), uniques: stepsOf('uniques') },
      ...{ foreignKeys: stepsOf('foreignKeys'), indexes: stepsOf('indexes') },
    },
  }
}

function madeBy(at: number | null, steps: readonly MigrationStep[]): ChangedTable['made'] {
  const step = at === null ? undefined : steps[at]
  if (at === null || (step?.kind !== 'create-table' && step?.kind !== 'restore-table')) return null
  return { step: at, using: step.kind === 'create-table' ? step.using : null }
}

function valuesOf({ from, using, fill, restores, valued, notNull }: ColumnTrace): Omit<ChangedColumn, 'column'> {
  return { from, using, fill, restores, valueStep: valued, notNullStep: notNull }
}
