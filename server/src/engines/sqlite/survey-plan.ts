import { PilarError } from '../../errors/error.ts'
import { ExpressionError } from '../../policy/expression/index.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { applyStep } from '../../schema/migration/apply-steps.ts'
import { catalogOf, draftOf } from '../../schema/migration/draft.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import { inTurns, type Pieces } from '../../std/pieces.ts'
import { quoteName, quoteText } from '../sql/printer.ts'
import type { SchemaRow } from './found-file.ts'
import { putInPlace, rewriteSchema } from './migrate/exchange.ts'
import type { SchemaRewrite, SqliteMigration, TableCopy } from './migrate/migration.ts'
import { type PlanOptions, planInPieces } from './migrate/plan.ts'
import { rubbishName } from './migrate/reserved.ts'
import { Scratch } from './migrate/scratch.ts'

export interface SurveyPlan {
  /** The statements of one step as it would be run by itself, and whether it copies rows. */
  readonly steps: readonly { readonly sql: readonly string[]; readonly copies: boolean }[]
  /** What SQLite can't do, or an expression has wrong; null where the whole can be run. */
  readonly refusal: { readonly step: number; readonly error: Refusal } | null
}

type Refusal = PilarError | ExpressionError

interface Planning {
  readonly found: Catalog
  readonly objects: readonly SchemaRow[]
  /** Rows by the table's name in the file. */
  readonly rows: ReadonlyMap<string, number>
  readonly nowMicros: bigint
}

type StepPlan = SurveyPlan['steps'][number]

const UNKNOWN: StepPlan = { sql: [], copies: false }

/**
 * Plans all steps together, to know whether they can be run, and each by itself, to show what it comes to. One that can't be planned by itself (its
 * expression is over what a step before it retired or renamed) is planned with those before it. Where that can't be either, nothing is known of the
 * structure after it, and so nothing of those that follow.
 */
export async function planSurvey(steps: readonly MigrationStep[], planning: Planning): Promise<SurveyPlan> {
  const { found, objects, rows, nowMicros } = planning
  const at = new Date(Number(nowMicros / 1000n)).toISOString()
  const options = { rows: (table: string) => rows.get(table) ?? 0, at, nowMicros }
  const whole = await tried(planInPieces(steps, { ...options, found, objects }))
  const draft = draftOf(found, at)
  const list: StepPlan[] = []
  let before = objects
  let refusedAlone: number | null = null
  for (const [index, step] of steps.entries()) {
    const place = { ...options, found: catalogOf(draft), objects: before }
    const alone = steps.length > 1 ? await tried(planAlone(step, place)) : onlyPlan(whole, objects)
    const planned =
      isRefusal(alone) && steps.length > 1
        ? await tried(planAmong(steps.slice(0, index + 1), { ...options, found, objects }))
        : alone
    if (isRefusal(planned)) {
      // Perhaps only halfway, where views name columns that are called otherwise: no such structure is ever made.
      refusedAlone = list.length
      break
    }
    list.push(planned.made)
    before = planned.after
    applyStep(draft, step)
  }
  const refusal = isRefusal(whole) ? { step: stepOf(whole) ?? refusedAlone ?? 0, error: whole } : null
  return { steps: steps.map((_, index) => list[index] ?? UNKNOWN), refusal }
}

interface PlannedStep {
  readonly made: StepPlan
  readonly after: readonly SchemaRow[]
}

/** The only step is the whole, and nothing comes after it. */
function onlyPlan(whole: SqliteMigration | Refusal, objects: readonly SchemaRow[]): PlannedStep | Refusal {
  return isRefusal(whole) ? whole : { made: planOf(whole), after: objects }
}

function* planAlone(step: MigrationStep, options: PlanOptions): Pieces<PlannedStep> {
  const plan = yield* planInPieces([step], options)
  return { made: planOf(plan), after: yield* objectsAfter(plan, options.objects) }
}

const planOf = (plan: SqliteMigration): StepPlan => ({
  sql: statementsOf(plan),
  copies: plan.copies.some((copy) => isPutInPlace(copy, plan)),
})

/** Others only serve to verify something. */
const isPutInPlace = ({ target }: TableCopy, plan: SqliteMigration): boolean =>
  plan.switch.names.some((each) => each.target === target)

/** The last of these steps: the copies that are made for it among others. */
function* planAmong(steps: readonly MigrationStep[], options: PlanOptions): Pieces<PlannedStep> {
  const plan = yield* planInPieces(steps, options)
  const copies = plan.copies.filter(({ blame }) => blame.some(({ step }) => step === steps.length - 1))
  const sql = copies.flatMap((copy) => [...copy.create, copyStatement(copy)])
  const made = { sql, copies: copies.some((copy) => isPutInPlace(copy, plan)) }
  return { made, after: yield* objectsAfter(plan, options.objects) }
}

async function tried<T>(pieces: Pieces<T>): Promise<T | Refusal> {
  try {
    return await inTurns(pieces)
  } catch (error) {
    if (isRefusal(error)) return error
    throw error
  }
}

const isRefusal = (value: unknown): value is Refusal => value instanceof PilarError || value instanceof ExpressionError

/** Where the planner knows which step is to blame, its refusal says so. */
function stepOf(error: Refusal): number | null {
  const step = error instanceof PilarError ? (error.details as { step?: unknown } | null)?.step : null
  return typeof step === 'number' ? step : null
}

function statementsOf({ copies, switch: change }: SqliteMigration): readonly string[] {
  return [
    ...copies.flatMap((copy) => [...copy.create, copyStatement(copy)]),
    ...change.first,
    ...change.names.flatMap(({ target, name }) => [
      `ALTER TABLE ${quoteName(name)} RENAME TO ${quoteName(rubbishName(target))}`,
      `ALTER TABLE ${quoteName(target)} RENAME TO ${quoteName(name)}`,
    ]),
    ...change.rewrites.map(rewriteStatement),
    ...change.last,
  ]
}

const copyStatement = ({ source, target, columns, values }: TableCopy): string =>
  `INSERT INTO ${quoteName(target)} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM ${quoteName(source)} AS s`

function rewriteStatement({ type, name, newName, sql }: SchemaRewrite): string {
  const renamed = newName === undefined || newName === name ? '' : `name = ${quoteText(newName)}, `
  return `UPDATE sqlite_schema SET ${renamed}sql = ${quoteText(sql)} WHERE type = '${type}' AND name = ${quoteText(name)}`
}

/** What sqlite_schema has after a plan, tried on a file without rows. */
function* objectsAfter(
  { copies, switch: change }: SqliteMigration,
  objects: readonly SchemaRow[],
): Pieces<readonly SchemaRow[]> {
  const scratch = new Scratch(objects)
  try {
    yield
    const { database } = scratch
    const run = (statements: readonly string[]): void => {
      for (const statement of statements) if (!statement.startsWith('INSERT ')) database.exec(statement)
    }
    run(copies.flatMap((copy) => copy.create))
    run(change.first)
    database.exec('PRAGMA legacy_alter_table = ON')
    for (const name of change.names) putInPlace(database, name)
    database.exec('PRAGMA legacy_alter_table = OFF')
    rewriteSchema(database, change.rewrites)
    run(change.last)
    const sql = 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid'
    return database.prepare(sql).all() as unknown as SchemaRow[]
  } finally {
    scratch.close()
  }
}
