import type { Catalog } from '../../schema/catalog.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import { quoteName } from '../sql/printer.ts'
import type { ChangedTable, ChangedTables } from './migrate/convert-tables.ts'
import type { SurveyAnswer, SurveyTask } from './survey-task.ts'
import { rowidName } from './tables.ts'

/** What a step costs, by the number of rows. */
export interface Estimated {
  readonly rows: number
  readonly estimateMs: number
  readonly copies: boolean
}

/**
 * Microseconds for a row, measured on 1,000,000 rows of ten columns and about 200 bytes (Node 24, SQLite 3.53, one core of a small server):
 * reading it for a rule, sorting it into an index, copying it into a new table. What an expression of ours adds is within the factor of two that an
 * estimate may be wrong by.
 */
const READ_US = 0.5
const INDEX_US = 1.5
const COPY_US = 6

interface Costs {
  readonly steps: readonly MigrationStep[]
  readonly found: Catalog
  readonly all: ChangedTables
  ask(task: SurveyTask): Promise<SurveyAnswer>
}

/** One per step. `copies` here is what the kind of step suggests: the plan knows better. */
export async function estimates({ steps, all, ask }: Costs): Promise<readonly Estimated[]> {
  const counts = new Map<string, number>()
  const list: Estimated[] = []
  for (const step of steps) {
    const cost = costOf(step)
    const key = 'table' in step && typeof step.table === 'string' ? step.table : null
    const changed = cost === null || key === null ? undefined : tableNow(key, steps, all)
    const storedAs = changed?.origin?.storedAs
    if (cost === null || changed?.origin == null || storedAs === undefined) {
      list.push({ rows: 0, estimateMs: 0, copies: false })
      continue
    }
    const rows = counts.get(storedAs) ?? (await rowCount(changed.origin, ask))
    counts.set(storedAs, rows)
    list.push({ rows, estimateMs: Math.ceil((rows * cost.us) / 1000), copies: cost.copies })
  }
  return list
}

/** The table that a step names is called otherwise at the end where it is renamed later. */
function tableNow(key: string, steps: readonly MigrationStep[], all: ChangedTables): ChangedTable | undefined {
  let name = key
  for (const step of steps) if (step.kind === 'rename-table' && step.table === name) name = step.to
  return all.tables.get(name)
}

function costOf(step: MigrationStep): { readonly us: number; readonly copies: boolean } | null {
  switch (step.kind) {
    case 'add-column':
      return step.using === null && (step.column.nullable || step.column.default !== null)
        ? null
        : { us: COPY_US, copies: true }
    case 'change-type':
    case 'set-generated':
    case 'set-primary-key':
      return { us: COPY_US, copies: true }
    case 'set-not-null':
      return step.using === null ? { us: READ_US, copies: false } : { us: COPY_US, copies: true }
    case 'restore-column':
    case 'add-check':
    case 'add-foreign-key':
      return { us: READ_US, copies: false }
    case 'add-unique':
    case 'create-index':
      return { us: INDEX_US, copies: false }
    default:
      return null
  }
}

/** Tables up to this are counted; of larger ones the span of rowids is told, which is found at once. */
const COUNTED_MAX = 100_000

/** Rows of a table, exactly where that is quick. */
export async function rowCount(
  { table, storedAs }: NonNullable<ChangedTable['origin']>,
  ask: Costs['ask'],
): Promise<number> {
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
async function analyzed(storedAs: string, ask: Costs['ask']): Promise<number> {
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
