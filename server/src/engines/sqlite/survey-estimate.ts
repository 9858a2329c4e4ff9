import { castRule } from '../../schema/migration/casts.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import { quoteName } from '../sql/printer.ts'
import type { ChangedTable, ChangedTables } from './survey-tables.ts'
import type { SurveyAnswer, SurveyTask } from './survey-task.ts'
import { rowidName } from './tables.ts'

/** What a step costs, by the number of rows. */
export interface Estimated {
  readonly rows: number
  readonly estimateMs: number
  readonly copies: boolean
}

/**
 * Microseconds for a row, measured on 1,000,000 rows of ten columns and about 200 bytes (Node 24, SQLite 3.53, synchronous FULL, two cores that were
 * busy): reading it for a rule, sorting it into one index, copying it, and each index of the copy, whose keys come in no order. An expression of ours
 * adds one to three, which is within the factor that an estimate may be wrong by.
 */
const READ_US = 0.3
const SORT_US = 2
const COPY_US = 2
const COPY_INDEX_US = 8

/** Rows of the tables that steps touch, by their names in the file. */
export async function rowCounts(all: ChangedTables, ask: Ask): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const { origin } of all.tables.values()) {
    if (origin !== null) counts.set(origin.storedAs, await rowCount(origin, ask))
  }
  return counts
}

/** What one step costs; `copies` is what the plan says of it. */
export function estimate(
  step: MigrationStep,
  copies: boolean,
  { steps, all, counts }: { steps: readonly MigrationStep[]; all: ChangedTables; counts: ReadonlyMap<string, number> },
): Estimated {
  const key = 'table' in step && typeof step.table === 'string' ? step.table : null
  const changed = key === null ? undefined : tableNow(key, steps, all)
  const us = copies ? copyCost(changed) : costOf(step)
  const origin = us === 0 ? null : (changed?.origin ?? null)
  const rows = origin === null ? 0 : (counts.get(origin.storedAs) ?? 0)
  return { rows, estimateMs: Math.ceil((rows * us) / 1000), copies }
}

/** The table that a step names is called otherwise at the end where it is renamed later. */
function tableNow(key: string, steps: readonly MigrationStep[], all: ChangedTables): ChangedTable | undefined {
  let name = key
  for (const step of steps) if (step.kind === 'rename-table' && step.table === name) name = step.to
  return all.tables.get(name)
}

function copyCost(changed: ChangedTable | undefined): number {
  return COPY_US + COPY_INDEX_US * ((changed?.after.indexes.length ?? 0) + (changed?.after.uniques.length ?? 0))
}

/** Microseconds for a row that is not copied. */
function costOf(step: MigrationStep): number {
  switch (step.kind) {
    case 'set-not-null':
    case 'restore-column':
    case 'add-check':
    case 'add-foreign-key':
      return READ_US
    case 'change-type':
      return step.using === null && castRule(step.from, step.to).kind === 'exact' ? 0 : READ_US
    case 'add-unique':
    case 'create-index':
    case 'set-primary-key':
      return SORT_US
    default:
      return 0
  }
}

type Ask = (task: SurveyTask) => Promise<SurveyAnswer>

/** Tables up to this are counted; of larger ones the span of rowids is told, which is found at once. */
const COUNTED_MAX = 100_000

/** Rows of a table, exactly where that is quick. */
async function rowCount({ table, storedAs }: NonNullable<ChangedTable['origin']>, ask: Ask): Promise<number> {
  const name = quoteName(storedAs)
  const rowid = rowidName(table)
  if (rowid !== null) {
    const span = `ifnull((SELECT max(${rowid}) FROM ${name}), 0) - ifnull((SELECT min(${rowid}) FROM ${name}), 1) + 1`
    const [width = 0] = (await ask({ kind: 'numbers', sql: `SELECT ${span}` })).numbers
    if ((width ?? 0) > COUNTED_MAX) return Math.min(width ?? 0, await analyzed(storedAs, ask))
  }
  const [rows = 0] = (await ask({ kind: 'numbers', sql: `SELECT count(*) FROM ${name}` })).numbers
  return rows ?? 0
}

/** What ANALYZE found, if it was ever run. */
async function analyzed(storedAs: string, ask: Ask): Promise<number> {
  const [exists] = (
    await ask({ kind: 'numbers', sql: "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'" })
  ).numbers
  if (exists !== 1) return Number.POSITIVE_INFINITY
  const text = `'${storedAs.replaceAll("'", "''")}'`
  const [rows] = (
    await ask({ kind: 'numbers', sql: `SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = ${text}` })
  ).numbers
  return rows ?? Number.POSITIVE_INFINITY
}
