import type { Catalog, Table, TableKey } from '../catalog.ts'
import { makeCatalog, makeTable } from '../make-catalog.ts'
import { applyStep } from './apply-steps.ts'
import { sameForeignKey, sameIndex } from './compare-constraints.ts'
import { diff } from './diff.ts'
import { type Draft, draftOf, tableOf } from './draft.ts'
import type { ColumnStep, ConstraintStep, MigrationStep, TableStep } from './step.ts'
import { sameType } from './type-change.ts'

type StepOf<Kind extends MigrationStep['kind']> = Extract<MigrationStep, { kind: Kind }>

/**
 * The same steps for a database that keeps, retired, what they add: it comes back with its rows and values. A file does not know what was retired where
 * it is applied; after an undo, this is everything it had made. Leads to the same structure. Throws StepFault for steps that do not fit.
 */
export function restoringSteps(found: Catalog, steps: readonly MigrationStep[]): readonly MigrationStep[] {
  if (found.retired.columns.length + found.retired.tables.length === 0 && !steps.some(isRetiring)) return steps
  const draft = draftOf(found)
  const plain = draftOf(found)
  const taken: MigrationStep[] = []
  const restored = new Set<TableKey>()
  const take = (step: MigrationStep) => {
    applyStep(draft, step)
    taken.push(step)
  }
  for (const step of steps) {
    applyStep(plain, step)
    if (step.kind === 'rename-table' && restored.delete(step.table)) restored.add(step.to)
    const instead = restored.has(tableKeyOf(step) ?? '') ? inRestored(draft, step) : inItsPlace(draft, step)
    for (const one of instead) take(one)
    if (instead.some(({ kind }) => kind === 'restore-table')) restored.add(tableKeyOf(step) ?? '')
  }
  for (const key of restored) for (const step of leftOver(draft, plain, key)) take(step)
  return taken
}

const isRetiring = ({ kind }: MigrationStep): boolean =>
  kind === 'retire-column' || kind === 'retire-table' || kind === 'change-type'

function tableKeyOf(step: MigrationStep): TableKey | null {
  if (!('table' in step)) return null
  return typeof step.table === 'string' ? step.table : step.table.key
}

function inItsPlace(draft: Draft, step: MigrationStep): readonly MigrationStep[] {
  switch (step.kind) {
    case 'add-column':
      return [restoredColumn(draft, step) ?? step]
    case 'create-table':
      return restoredTable(draft, step) ?? [step]
    case 'change-type':
      return [withFormerValues(draft, step)]
    default:
      return [step]
  }
}

function restoredColumn(draft: Draft, { table, column, using }: StepOf<'add-column'>): ColumnStep | null {
  if (column.generated !== null) return null
  const retired = draft.retired.columns.findLast(
    (each) =>
      each.table === table &&
      each.converted === undefined &&
      each.column.name === column.name &&
      sameType(each.column.type, column.type),
  )
  if (retired === undefined) return null
  const missing = column.nullable && retired.column.nullable ? null : column.default
  return { kind: 'restore-column', table, column, retired, using: using ?? missing }
}

/** An expression of one's own speaks for all rows. */
function withFormerValues(draft: Draft, step: StepOf<'change-type'>): ColumnStep {
  if (step.using !== null || step.restores !== null) return step
  const restores = draft.retired.columns.findLast(
    (each) =>
      each.table === step.table &&
      each.converted !== undefined &&
      each.column.name === step.column &&
      sameType(each.column.type, step.to),
  )
  return { ...step, restores: restores ?? null }
}

/** Null where none is kept that has all of the wanted columns. A select of one's own says which rows the table has. */
function restoredTable(
  draft: Draft,
  { table: wanted, using }: StepOf<'create-table'>,
): readonly MigrationStep[] | null {
  const retired = draft.retired.tables.findLast((each) => each.table.key === wanted.key)
  if (retired === undefined || using !== null || draft.tables.has(wanted.key)) return null
  const isThere = wanted.columns.every((column) => {
    const kept = retired.table.column.get(column.name)
    return kept !== undefined && sameType(kept.type, column.type)
  })
  if (!isThere) return null
  const restore: TableStep = { kind: 'restore-table', retired }
  const after = draftOf({ ...draft.from, tables: draft.tables, retired: draft.retired })
  applyStep(after, restore)
  const kept = tableOf(after, wanted.key)
  const adjustments = adjustedColumns(kept, wanted)
  if (adjustments === null) return null
  for (const step of adjustments) applyStep(after, step)
  const foreignKeys = wanted.foreignKeys.flatMap((foreignKey) =>
    inRestored(after, { kind: 'add-foreign-key', table: wanted.key, foreignKey }),
  )
  return [restore, ...adjustments, ...foreignKeys]
}

/** What differs in columns, keys and checks. Foreign keys and indexes come by steps of their own. */
function adjustedColumns(kept: Table, wanted: Table): readonly MigrationStep[] | null {
  const isAlone = { foreignKeys: [] }
  const from = makeCatalog({ version: 0, tables: [makeTable({ ...kept, ...isAlone })] })
  const hasColumns = (names: readonly string[]) => names.every((name) => wanted.column.has(name))
  const indexes = kept.indexes.filter(({ columns }) => hasColumns(columns.map(({ name }) => name)))
  const to = makeCatalog({ version: 0, tables: [makeTable({ ...wanted, ...isAlone, indexes })] })
  const { steps, obstacles } = diff(from, to, { known: from })
  return obstacles.length > 0 ? null : steps
}

/** A step on a table that came back with its foreign keys and indexes: what is there is not made again. */
function inRestored(draft: Draft, step: MigrationStep): readonly MigrationStep[] {
  if (step.kind === 'add-foreign-key') {
    const { table, foreignKey } = step
    const kept = tableOf(draft, table).foreignKeys.find(({ name }) => name === foreignKey.name)
    if (kept === undefined) return [step]
    return sameForeignKey(kept, foreignKey) ? [] : [{ kind: 'drop-foreign-key', table, foreignKey: kept }, step]
  }
  if (step.kind === 'create-index') {
    const { table, index } = step
    const kept = tableOf(draft, table).indexes.find(({ name }) => name === index.name)
    if (kept === undefined) return [step]
    return sameIndex(kept, index) ? [] : [{ kind: 'drop-index', table, index: kept }, step]
  }
  return inItsPlace(draft, step)
}

/** What came back with a table and none of the steps asked for. */
function leftOver(draft: Draft, plain: Draft, key: TableKey): readonly ConstraintStep[] {
  const [kept, wanted] = [draft.tables.get(key), plain.tables.get(key)]
  if (kept === undefined || wanted === undefined) return []
  const isExtra = (list: readonly { readonly name: string }[]) => (one: { readonly name: string }) =>
    !list.some(({ name }) => name === one.name)
  return [
    ...kept.foreignKeys.filter(isExtra(wanted.foreignKeys)).map((foreignKey): ConstraintStep => {
      return { kind: 'drop-foreign-key', table: key, foreignKey }
    }),
    ...kept.indexes.filter(isExtra(wanted.indexes)).map((index): ConstraintStep => {
      return { kind: 'drop-index', table: key, index }
    }),
  ]
}
