import type { Catalog, Column, Table, TableKey } from '../../../schema/catalog.ts'
import { applyStep } from '../../../schema/migration/apply-steps.ts'
import { catalogOf, type Draft, draftOf } from '../../../schema/migration/draft.ts'
import { findRetiredTable, formerColumn } from '../../../schema/migration/retired-names.ts'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import type { RetiredColumn } from '../../../schema/retired.ts'
import { assert } from '../../../std/assert.ts'
import { tableName } from '../tables.ts'

/** Where a column of the migrated file comes from. */
export interface ColumnTrace {
  /** Its name in the file before the first step, where its values are there already. */
  readonly origin: string | null
  /** As `found` has it; null for one that is new, or was out of sight. */
  readonly from: Column | null
  readonly using: string | null
  readonly fill: string | null
  readonly restores: RetiredColumn | null
  /** The step that gives it new values; null where it keeps its own. */
  readonly converted: number | null
  /** The same without values for rows that have none: add-column, restore-column, change-type, set-generated. */
  readonly valued: number | null
  readonly notNull: number | null
  /** A second step that gives it new values: no one expression can say both. */
  readonly twice: number | null
  /** The step that changed how it is computed. */
  readonly generated: number | null
  /** The last step that named it. */
  readonly step: number | null
}

/** Where a check, a unique key, a foreign key or an index comes from. */
export interface NamedTrace {
  readonly name: string
  /** Its place among those of the found table; null for a new one. */
  readonly origin: number | null
  /** The step that made it new. */
  readonly step: number | null
}

export type NamedKind = 'checks' | 'uniques' | 'foreignKeys' | 'indexes'

export interface TableTrace {
  /** The table's name in the file before the first step; null for a new one. */
  readonly origin: string | null
  /** As `found` has it. */
  readonly from: Table | null
  /** By present name. */
  readonly columns: Map<string, ColumnTrace>
  /** Retired columns, by the reserved name. */
  readonly stored: Map<string, ColumnTrace>
  /** Names in the file of columns that are purged. */
  readonly purged: string[]
  named: Readonly<Record<NamedKind, readonly NamedTrace[]>>
  /** The step that made the table, put it away or back. */
  step: number | null
  /** The primary key was set by this step. */
  keyStep: number | null
}

/** What a step retires or purges, by the names that the file has for it before the first step. */
export interface Taken {
  readonly storedAs: string
  /** Null for a whole table. */
  readonly column: { readonly storedAs: string; readonly column: Column } | null
}

export interface Trace {
  readonly after: Catalog
  /** By present key; retired tables by their reserved one. */
  readonly tables: ReadonlyMap<TableKey, TableTrace>
  /** Names in the file of tables that are purged. */
  readonly purged: readonly string[]
  /** By the step's index. */
  readonly taken: ReadonlyMap<number, Taken>
}

/** Follows every table, column and constraint through the steps. `at` is when they are run. */
export function traceSteps(steps: readonly MigrationStep[], found: Catalog, at: string): Trace {
  const draft = draftOf(found, at)
  const tables = new Map<TableKey, TableTrace>()
  for (const table of found.tables.values()) {
    if (table.kind === 'table') tables.set(table.key, begun(table, tableName(table), found))
  }
  for (const { table, storedAs } of found.retired.tables) tables.set(storedAs, begun(table, storedAs, found))
  const purged: string[] = []
  const taken = new Map<number, Taken>()
  for (const [index, step] of steps.entries()) {
    const before = { tables: new Map(draft.tables), retired: draft.retired }
    applyStep(draft, step)
    follow(step, { index, tables, before, draft, purged, taken })
  }
  return { after: catalogOf(draft), tables, purged, taken }
}

function begun(table: Table, origin: string, found: Catalog): TableTrace {
  const isRetired = origin.startsWith('pilar.retired_')
  const key = isRetired ? origin : table.key
  const kept = (from: Column, name: string): ColumnTrace => ({ ...NEW, origin: name, from })
  const stored = found.retired.columns.filter((each) => each.table === key)
  return {
    origin,
    from: table,
    columns: new Map(table.columns.map((column) => [column.name, kept(column, column.name)])),
    stored: new Map(stored.map(({ column, storedAs }) => [storedAs, kept(column, storedAs)])),
    purged: [],
    named: named(table, (_, origin) => ({ origin, step: null })),
    step: null,
    keyStep: null,
  }
}

function named(
  table: Table,
  trace: (name: string, at: number, kind: NamedKind) => Omit<NamedTrace, 'name'>,
): TableTrace['named'] {
  const list = (kind: NamedKind): NamedTrace[] =>
    table[kind].map(({ name }, at) => ({ name, ...trace(name, at, kind) }))
  return {
    checks: list('checks'),
    uniques: list('uniques'),
    foreignKeys: list('foreignKeys'),
    indexes: list('indexes'),
  }
}

interface Way {
  readonly index: number
  readonly tables: Map<TableKey, TableTrace>
  readonly before: Pick<Draft, 'retired'> & { readonly tables: ReadonlyMap<TableKey, Table> }
  readonly draft: Draft
  readonly purged: string[]
  readonly taken: Map<number, Taken>
}

function follow(step: MigrationStep, way: Way): void {
  const { index, tables, before, draft, purged, taken } = way
  switch (step.kind) {
    case 'create-view':
    case 'replace-view':
    case 'drop-view':
      return
    case 'create-table':
      tables.set(step.table.key, created(step.table, index))
      return
    case 'rename-table':
      move(tables, step.table, step.to)
      break
    case 'retire-table': {
      const table = move(tables, step.table, newest(draft.retired.tables, before.retired.tables).storedAs)
      table.step = index
      if (table.origin !== null) taken.set(index, { storedAs: table.origin, column: null })
      break
    }
    case 'restore-table': {
      const kept = findRetiredTable(before.retired, step.retired)
      move(tables, kept?.storedAs ?? '', step.retired.table.key).step = index
      break
    }
    case 'purge-table': {
      const kept = findRetiredTable(before.retired, step.retired)?.storedAs ?? ''
      taken.set(index, { storedAs: tables.get(kept)?.origin ?? kept, column: null })
      purged.push(kept)
      tables.delete(kept)
      return
    }
    case 'purge-column': {
      const gone = before.retired.columns.find((each) => !draft.retired.columns.includes(each))
      const table = tables.get(gone?.table ?? '')
      const origin = table?.stored.get(gone?.storedAs ?? '')?.origin ?? null
      table?.stored.delete(gone?.storedAs ?? '')
      if (origin !== null) table?.purged.push(origin)
      if (gone !== undefined && table?.origin != null && origin !== null)
        taken.set(index, { storedAs: table.origin, column: { storedAs: origin, column: gone.column } })
      return
    }
    default:
      followInTable(step, way)
  }
  followNamed(step, way)
}

function created(table: Table, step: number): TableTrace {
  const columns = table.columns.map((column): [string, ColumnTrace] => [column.name, { ...NEW, valued: step, step }])
  const parts = named(table, () => ({ origin: null, step }))
  return {
    origin: null,
    from: null,
    columns: new Map(columns),
    stored: new Map(),
    purged: [],
    named: parts,
    step,
    keyStep: null,
  }
}

const NEW: ColumnTrace = {
  origin: null,
  from: null,
  using: null,
  fill: null,
  restores: null,
  converted: null,
  valued: null,
  notNull: null,
  twice: null,
  generated: null,
  step: null,
}

function move(tables: Map<TableKey, TableTrace>, from: TableKey, to: TableKey): TableTrace {
  const table = tables.get(from)
  assert(table !== undefined, `${from} is followed`)
  tables.delete(from)
  tables.set(to, table)
  return table
}

function newest<T>(after: readonly T[], before: readonly T[]): T {
  const found = after.find((each) => !before.includes(each))
  assert(found !== undefined, 'the step retires something')
  return found
}

type InTable = Extract<MigrationStep, { readonly table: TableKey }>

function followInTable(step: InTable, way: Way): void {
  const { index, tables, before, draft } = way
  const trace = tables.get(step.table)
  assert(trace !== undefined, `${step.table} is followed`)
  const { columns, stored } = trace
  const kept = (): RetiredColumn | undefined =>
    draft.retired.columns.find((each) => !before.retired.columns.includes(each))
  switch (step.kind) {
    case 'add-column':
      columns.set(step.column.name, { ...NEW, using: step.using, step: index, converted: index, valued: index })
      return
    case 'rename-column': {
      const entries = [...columns].map(([name, column]): [string, ColumnTrace] => [
        name === step.column ? step.to : name,
        column,
      ])
      columns.clear()
      for (const [name, column] of entries) columns.set(name, column)
      return
    }
    case 'retire-column': {
      const retired = kept()
      const column = columns.get(step.column)
      if (before.tables.get(step.table)?.primaryKey.includes(step.column) === true) trace.keyStep = index
      columns.delete(step.column)
      if (retired !== undefined && column !== undefined) stored.set(retired.storedAs, column)
      if (trace.origin !== null && column?.from?.generated === null)
        way.taken.set(index, { storedAs: trace.origin, column: { storedAs: column.from.name, column: column.from } })
      return
    }
    case 'restore-column': {
      const retired = before.retired.columns.find((each) => !draft.retired.columns.includes(each))
      assert(retired !== undefined, 'the column was retired')
      const column = stored.get(retired.storedAs) ?? NEW
      stored.delete(retired.storedAs)
      const values = { from: null, fill: step.using, restores: retired, converted: index, valued: index }
      columns.set(step.column.name, { ...column, ...values, step: index })
      return
    }
    case 'change-type': {
      const column = columns.get(step.column) ?? NEW
      const [retired, gone] = [kept(), before.retired.columns.find((each) => !draft.retired.columns.includes(each))]
      if (gone !== undefined && gone.storedAs !== retired?.storedAs) stored.delete(gone.storedAs)
      if (retired !== undefined) stored.set(retired.storedAs, column)
      const restores = step.restores === null ? null : formerColumn(gone ?? null, step.restores)
      const twice = column.converted === null ? null : index
      const values = { using: step.using, restores, converted: index, valued: index, twice }
      columns.set(step.column, { ...column, ...values, step: index })
      return
    }
    case 'set-not-null':
      change(columns, step.column, {
        step: index,
        notNull: index,
        ...(step.using === null ? {} : { fill: step.using, converted: index }),
      })
      return
    case 'set-primary-key':
      trace.keyStep = index
      return
    case 'set-generated':
      change(columns, step.column, { step: index, generated: index, valued: index })
      return
    case 'set-identity':
      change(columns, step.column, { step: index })
      return
    default:
  }
}

function change(columns: Map<string, ColumnTrace>, name: string, changes: Partial<ColumnTrace>): void {
  const column = columns.get(name)
  if (column !== undefined) columns.set(name, { ...column, ...changes })
}

/** Constraints keep their place when names change, and their name otherwise. */
function followNamed(step: MigrationStep, { index, tables, draft }: Way): void {
  const isRename = step.kind === 'rename-table' || step.kind === 'rename-column'
  for (const [key, trace] of tables) {
    const now = draft.tables.get(key)
    if (now === undefined) continue
    const then = trace.named
    const used = new Set<NamedTrace>()
    trace.named = named(now, (name, at, kind) => {
      const known = isRename ? then[kind][at] : then[kind].find((each) => each.name === name && !used.has(each))
      if (known === undefined) return { origin: null, step: index }
      used.add(known)
      return { origin: known.origin, step: known.step }
    })
  }
}
