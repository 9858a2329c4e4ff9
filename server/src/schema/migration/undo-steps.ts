import type { Catalog, Column, Table, TableKey } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import { makeCatalog, makeTable } from '../make-catalog.ts'
import { type Difference, diff, type Obstacle } from './diff.ts'
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
}

/**
 * How to take a migration back: the way from what is there to what was declared before, with the renames said the other way round. So what was
 * created is retired, what was retired is restored, and a former type comes back with the former values. Later changes by others stay.
 */
export function undoSteps(steps: readonly MigrationStep[], { before, after, found }: UndoInput): Undo {
  const purged = steps.filter((step) => step.kind === 'purge-table' || step.kind === 'purge-column')
  if (purged.length > 0) return { steps: [], obstacles: purged.map(notPurged), losses: [] }
  const wanted = withFormerNames(before, renamesOf(steps))
  const difference = diff(withConversions(found, steps), wanted, { known: after })
  return {
    steps: [...difference.steps, ...foreignKeysOfOthers(steps, difference, { before, after, found })],
    obstacles: difference.obstacles,
    losses: steps.flatMap(lossesOf),
  }
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

/** Names after the migration, by those before it. */
interface Renames {
  readonly tables: ReadonlyMap<TableKey, TableKey>
  /** By `table\0column`. */
  readonly columns: ReadonlyMap<string, string>
}

function renamesOf(steps: readonly MigrationStep[]): Renames {
  const tables = new Map<TableKey, TableKey>()
  const columns = new Map<string, string>()
  const former = (table: TableKey) => [...tables].find(([, now]) => now === table)?.[0] ?? table
  for (const step of steps) {
    if (step.kind === 'rename-table') tables.set(former(step.table), step.to)
    if (step.kind !== 'rename-column') continue
    const table = former(step.table)
    const before = [...columns].find(([place, now]) => place.startsWith(`${table}\u0000`) && now === step.column)
    columns.set(before?.[0] ?? `${table}\u0000${step.column}`, step.to)
  }
  return { tables, columns }
}

/** The former structure, told where its tables and columns are now. */
function withFormerNames(before: Catalog, { tables, columns }: Renames): Catalog {
  const column = (table: Table, one: Column): Column => {
    const was = columns.get(`${table.key}\u0000${one.name}`)
    return was === undefined ? one : { ...one, was }
  }
  return makeCatalog({
    ...before,
    functions: [...before.functions.values()],
    tables: [...before.tables.values()].map((table) => {
      const key = tables.get(table.key)
      const was = key === undefined ? {} : { was: key.slice(key.indexOf('.') + 1) }
      return makeTable({ ...table, ...was, columns: table.columns.map((one) => column(table, one)) })
    }),
  })
}

/** An engine may not remember how a retired column became the one in its place; the journal does. */
function withConversions(found: Catalog, steps: readonly MigrationStep[]): Catalog {
  const columns = [...found.retired.columns]
  for (const step of steps) {
    if (step.kind !== 'change-type') continue
    const at = columns.findLastIndex((each) => each.column.name === step.column && each.converted === undefined)
    const column = columns[at]
    if (column?.table === step.table) columns[at] = { ...column, converted: { using: step.using } }
  }
  return { ...found, retired: { ...found.retired, columns } }
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

function lossesOf(step: MigrationStep): readonly string[] {
  const place = 'column' in step && typeof step.column === 'string' ? `"${step.column}" of ${shortKey(step.table)}` : ''
  switch (step.kind) {
    case 'set-not-null':
      return step.using === null ? [] : [`Rows that had no value in ${place} keep the one they were given.`]
    case 'change-type':
      return step.using === null
        ? []
        : [`Values of ${place} that were written since are converted back as a cast does it.`]
    default:
      return []
  }
}
