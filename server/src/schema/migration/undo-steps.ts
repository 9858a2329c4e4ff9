import type { Catalog, Column, Index, Table, TableKey } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import { makeCatalog, makeTable } from '../make-catalog.ts'
import { applyStep, applySteps } from './apply-steps.ts'
import { type Difference, diff, type Obstacle } from './diff.ts'
import { isAdoptedTable } from './difference-work.ts'
import { type Draft, draftOf, plainColumn } from './draft.ts'
import { withConversions } from './former-rows.ts'
import { renameInExpression, sameExpression } from './pg-text.ts'
import type { MigrationStep } from './step.ts'

export interface Undo {
  /** From the database as it is to the structure before the migration. */
  readonly steps: readonly MigrationStep[]
  readonly obstacles: readonly Obstacle[]
  /** What will not be exactly as it was, in plain sentences. */
  readonly losses: readonly string[]
}

export interface UndoInput {
  /** The declared structure before the migration and after it. */
  readonly before: Catalog
  readonly after: Catalog
  /** The database as it is. */
  readonly found: Catalog
  /** When the migration was run: what it retired is known by it where other things of the same name were retired since. */
  readonly at?: string
}

/**
 * How to take a migration back: the way from what is there to what was declared before, after the renames the other way round. So what was
 * created is retired, what was retired is restored, and a former type comes back with the former values. Later changes by others stay.
 */
export function undoSteps(steps: readonly MigrationStep[], input: UndoInput): Undo {
  const { before, after } = input
  const found = retiredLast(input.found, (at) => at === input.at)
  const purged = steps.filter((step) => step.kind === 'purge-table' || step.kind === 'purge-column')
  if (purged.length > 0) return { steps: [], obstacles: purged.map(notPurged), losses: [] }
  const names = renamesBack(steps, found)
  const wanted = withFormerNames(before, columnRenames(steps))
  const back = [...names, ...othersInPlace(steps, wanted, applySteps(found, names))]
  const renamed = retiredLast(applySteps(withConversions(steps, { before, found }), back, NOW), (at) => at !== NOW)
  const difference = diff(renamed, wanted, { known: applySteps(after, renamesBack(steps, after)) })
  return {
    steps: [
      ...back,
      ...withFormerIndexes(difference.steps, { steps, names, tables: renamed.tables }),
      ...foreignKeysOfOthers(steps, difference, { before, after, found }),
    ],
    obstacles: difference.obstacles,
    losses: [
      ...steps.flatMap(lossesOf),
      ...steps.flatMap((step) => keysLost(step, input.found)),
      ...difference.steps.flatMap(wordsLost),
    ],
  }
}

/** When the way back retires something: no time that the database knows. */
const NOW = 'now'

/** What was retired at such a time stands last: of several with one name that is the one meant. */
function retiredLast(catalog: Catalog, isMeant: (at: string) => boolean): Catalog {
  const order = <T extends { readonly retiredAt: string }>(list: readonly T[]): readonly T[] => [
    ...list.filter(({ retiredAt }) => !isMeant(retiredAt)),
    ...list.filter(({ retiredAt }) => isMeant(retiredAt)),
  ]
  const { columns, tables } = catalog.retired
  return { ...catalog, retired: { columns: order(columns), tables: order(tables) } }
}

/** First of all the names, from the last to the first: so that what was renamed is not taken for what has its name by now. */
function renamesBack(steps: readonly MigrationStep[], catalog: Catalog): readonly MigrationStep[] {
  const draft = draftOf(catalog)
  return steps.toReversed().flatMap((step): MigrationStep[] => {
    const back = renameBack(step, draft)
    if (back === null) return []
    applyStep(draft, back)
    return [back]
  })
}

/** Other columns in the place of retired ones, which come back: computed ones, or new ones that a file's author has given the same name. */
function othersInPlace(
  steps: readonly MigrationStep[],
  wanted: Catalog,
  { tables, retired }: Catalog,
): readonly MigrationStep[] {
  return [...wanted.tables.values()].flatMap((table) =>
    table.columns.flatMap(({ name, was, generated }): MigrationStep[] => {
      const present = tables.get(table.key)?.column.get(name)
      const isNew = steps.some(
        (step) => step.kind === 'add-column' && step.table === table.key && step.column.name === name,
      )
      if (present === undefined || generated !== null || (present.generated === null && !isNew)) return []
      const isCalled = (column: string): boolean => column === name || column === was
      const isRetired = retired.columns.some((each) => each.table === table.key && isCalled(each.column.name))
      const wasRetired = steps.some((step) => step.kind === 'retire-column' && isCalled(step.column))
      return isRetired && wasRetired ? [{ kind: 'retire-column', table: table.key, column: name }] : []
    }),
  )
}

/** Null for other steps, and where somebody else has changed the names since. */
function renameBack(step: MigrationStep, { tables }: Draft): MigrationStep | null {
  if (step.kind === 'rename-table') {
    if (!tables.has(step.to) || tables.has(step.table)) return null
    return { kind: 'rename-table', table: step.to, to: step.table }
  }
  if (step.kind !== 'rename-column') return null
  const columns = tables.get(step.table)?.column
  if (columns?.has(step.to) !== true || columns.has(step.column)) return null
  return { kind: 'rename-column', table: step.table, column: step.to, to: step.column }
}

function notPurged(step: Extract<MigrationStep, { kind: 'purge-table' | 'purge-column' }>): Obstacle {
  const [table, what] =
    step.kind === 'purge-table'
      ? [step.retired.table.key, 'its rows were']
      : [step.retired.table, `the values of "${step.retired.column.name}" were`]
  return {
    table,
    message: `${what} destroyed by pilar migrate purge, and can not be had again`,
    hint: 'Restore a backup that was made before: pilar db restore.',
  }
}

/** What columns are called after the migration, by `table\0column` before it. */
function columnRenames(steps: readonly MigrationStep[]): ReadonlyMap<string, string> {
  const tables = new Map<TableKey, TableKey>()
  const columns = new Map<string, string>()
  for (const step of steps) {
    if (step.kind === 'rename-table') tables.set(step.to, tables.get(step.table) ?? step.table)
    if (step.kind !== 'rename-column') continue
    const table = tables.get(step.table) ?? step.table
    const before = [...columns].find(([place, now]) => place.startsWith(`${table}\u0000`) && now === step.column)
    columns.set(before?.[0] ?? `${table}\u0000${step.column}`, step.to)
  }
  return columns
}

/** The former structure, told what its columns were called when they were retired by a change of type. */
function withFormerNames(before: Catalog, names: ReadonlyMap<string, string>): Catalog {
  const column = (table: Table, one: Column): Column => {
    const was = names.get(`${table.key}\u0000${one.name}`)
    return was === undefined ? plainColumn(one) : { ...plainColumn(one), was }
  }
  return makeCatalog({
    ...before,
    functions: [...before.functions.values()],
    tables: [...before.tables.values()].map((table) => {
      const { was: _was, using: _using, ...plain } = table
      return makeTable({ ...plain, columns: table.columns.map((one) => column(table, one)) })
    }),
  })
}

/** Indexes of somebody else's tables have names of their own, which no schema.ts speaks of: they come back as they were. */
function withFormerIndexes(
  back: readonly MigrationStep[],
  { steps, names, tables }: Pick<Catalog, 'tables'> & Readonly<Record<'steps' | 'names', readonly MigrationStep[]>>,
): readonly MigrationStep[] {
  const reversed = names.toReversed()
  const former = [
    ...steps.flatMap((step) => (step.kind === 'drop-index' ? [{ table: step.table, index: step.index }] : [])),
    ...back.flatMap((step) => {
      if (step.kind !== 'restore-column') return []
      const table = reversed.reduce((key, name) => (isMove(name) && name.to === key ? name.table : key), step.table)
      return step.retired.suspended.indexes.map((index) => ({ table, index }))
    }),
  ].map((one) => names.reduce(inFormerWords, one))
  const taken = new Set<OfTable>()
  return back.map((step): MigrationStep => {
    if (step.kind !== 'create-index') return step
    const table = tables.get(step.table)
    if (table === undefined || !isAdoptedTable(table)) return step
    const { columns, unique, where } = step.index
    const isSame = ({ index, ...of }: OfTable) =>
      of.table === step.table &&
      index.unique === unique &&
      sameExpression(index.where, where) &&
      JSON.stringify(index.columns) === JSON.stringify(columns)
    const one = former.find((each) => isSame(each) && !taken.has(each))
    if (one === undefined) return step
    taken.add(one)
    return { ...step, index: one.index }
  })
}

interface OfTable {
  readonly table: TableKey
  readonly index: Index
}

const isMove = (step: MigrationStep): step is Extract<MigrationStep, { kind: 'rename-table' }> =>
  step.kind === 'rename-table'

/** What it is about was called otherwise when it went. */
function inFormerWords(one: OfTable, step: MigrationStep): OfTable {
  const { table, index } = one
  if (isMove(step) && step.table === table) return { table: step.to, index }
  if (step.kind !== 'rename-column' || step.table !== table) return one
  const column = { from: step.column, to: step.to }
  const columns = index.columns.map((each) => (each.name === column.from ? { ...each, name: column.to } : each))
  const where = index.where === null ? null : renameInExpression(index.where, { table: '', column })
  return { table, index: { ...index, columns, where } }
}

/** What pointed to a table that was retired, and is nobody's whose structure was declared. */
function foreignKeysOfOthers(
  steps: readonly MigrationStep[],
  difference: Difference,
  { before, after, found }: UndoInput,
): readonly MigrationStep[] {
  return steps.flatMap((step): MigrationStep[] => {
    if (step.kind !== 'drop-foreign-key' || !found.tables.has(step.table)) return []
    if (before.tables.has(step.table) || after.tables.has(step.table)) return []
    const isBack = difference.steps.some(
      (each) => each.kind === 'restore-table' && each.retired.table.key === step.foreignKey.references.table,
    )
    return isBack ? [{ ...step, kind: 'add-foreign-key' }] : []
  })
}

/** What somebody else wrote in the engine's own words goes with a retired column, and no step can say it again. */
function wordsLost(step: MigrationStep): readonly string[] {
  if (step.kind !== 'restore-column') return []
  const { column, suspended } = step.retired
  const lost = (what: string): string => `${what} is not there again: add it in the database.`
  const place = shortKey(step.table)
  return [
    ...suspended.checks
      .filter(({ native }) => native === true)
      .map(({ name }) => lost(`The check "${name}" of ${place}`)),
    ...(column.storage?.includes('on conflict') === true ? [lost(`ON CONFLICT of "${column.name}" of ${place}`)] : []),
  ]
}

/** The step says the key alone. */
function keysLost(step: MigrationStep, { tables }: Catalog): readonly string[] {
  const table = step.kind === 'drop-unique' ? tables.get(step.table) : undefined
  if (step.kind !== 'drop-unique' || table === undefined || !isAdoptedTable(table)) return []
  const key = `${step.unique.name} of ${shortKey(step.table)}`
  return [`If the unique key ${key} had an ON CONFLICT clause, that is not there again: add it in the database.`]
}

function lossesOf(step: MigrationStep): readonly string[] {
  const place = 'column' in step && typeof step.column === 'string' ? `"${step.column}" of ${shortKey(step.table)}` : ''
  switch (step.kind) {
    case 'set-not-null':
      return step.using === null ? [] : [`Rows that had no value in ${place} keep the one they were given.`]
    case 'change-type':
      return step.using === null && step.restores === null
        ? []
        : [`Values of ${place} that are not what the expression gave any more are converted back as a cast does it.`]
    default:
      return []
  }
}
