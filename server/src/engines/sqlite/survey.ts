import { loadGrammar } from '../../policy/expression/index.ts'
import type { Catalog, TableKey } from '../../schema/catalog.ts'
import type { Finding, MigrationStep } from '../../schema/migration/step.ts'
import { inTurns } from '../../std/pieces.ts'
import type { Survey } from '../structure.ts'
import { readFile } from './found-file.ts'
import { introspectInPieces } from './introspect.ts'
import { estimate, rowCounts } from './survey-estimate.ts'
import { fillingQuestions } from './survey-filling.ts'
import { planSurvey } from './survey-plan.ts'
import { type SurveyFile, SurveyReader } from './survey-reader.ts'
import { takenQuestion } from './survey-retired.ts'
import { SurveyedRows } from './survey-rows.ts'
import { ruleQuestions } from './survey-rules.ts'
import { type ChangedTables, changedTables } from './survey-tables.ts'
import { expressionFinding, nullQuestion, type Question, valueQuestions } from './survey-values.ts'

/** What a survey has to know besides the file. */
export interface SurveyOptions extends SurveyFile {
  /** The moment that `now()` means. */
  readonly nowMicros: bigint
  readonly signal: AbortSignal
}

/** What the rows of a file say about steps: see `Structure.survey`. Reads only, and never keeps the thread for longer than some milliseconds. */
export async function survey(steps: readonly MigrationStep[], options: SurveyOptions): Promise<Survey> {
  await loadGrammar()
  const reader = new SurveyReader(options, options.signal)
  try {
    const found = await structureOf(reader)
    const all = changedTables(steps, found)
    const findings = await findingsOf(steps, { found, all, reader, nowMicros: options.nowMicros })
    const counts = await rowCounts(all, (task) => reader.ask(task))
    const { objects } = readFile(reader.database)
    const plan = await planSurvey(steps, { found, objects, rows: counts, nowMicros: options.nowMicros })
    // What no row is to blame for is told once.
    const isRefused = findings.some((finding) => finding.kind === 'refuses')
    if (plan.refusal !== null && !isRefused) findings.push(expressionFinding(plan.refusal.step, plan.refusal.error))
    return {
      findings: findings.toSorted((a, b) => a.step - b.step),
      steps: steps.map((step, index) => {
        const { sql = [], copies = false } = plan.steps[index] ?? {}
        return { sql, ...estimate(step, copies, { steps, all, counts }) }
      }),
    }
  } finally {
    reader.close()
  }
}

async function structureOf({ database }: SurveyReader): Promise<Catalog> {
  database.exec('BEGIN')
  const found = await inTurns(introspectInPieces(database))
  database.exec('COMMIT')
  return found
}

interface Surveying {
  readonly found: Catalog
  readonly all: ChangedTables
  readonly reader: SurveyReader
  readonly nowMicros: bigint
}

async function findingsOf(steps: readonly MigrationStep[], context: Surveying): Promise<Finding[]> {
  const { all, found, nowMicros } = context
  const findings: Finding[] = []
  const tables = new Map<TableKey, SurveyedRows>()
  for (const [key, changed] of all.tables) tables.set(key, new SurveyedRows(changed, all, { found, nowMicros }))
  for (const rows of tables.values()) findings.push(...(await valueFindings(rows, context)))
  for (const rows of tables.values()) {
    findings.push(...(await asked(() => rowQuestions(rows, tables), context, blameOf(rows))))
  }
  for (const [index, taken] of all.taken) {
    const step = steps[index]
    if (step !== undefined) findings.push(...(await asked(() => [takenQuestion(index, step, taken)], context, index)))
  }
  return findings
}

/** Each column by itself, so that a mistake in the expression of one is told beside the others. */
async function valueFindings(rows: SurveyedRows, context: Surveying): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const column of rows.changed.columns.values()) {
    const step = column.valueStep ?? column.notNullStep
    if (step === null) continue
    const found = await asked(() => valueQuestions(column, rows), context, step)
    findings.push(...found)
    if (found.some((finding) => finding.kind === 'refuses')) rows.unsound.add(column.column.name)
  }
  const { made, origin } = rows.changed
  if (origin === null && made !== null && made.using !== null) {
    const found = await asked(() => fillingQuestions(rows, made.step), context, made.step)
    findings.push(...found)
    if (found.length > 0) for (const { name } of rows.changed.after.columns) rows.unsound.add(name)
  }
  return findings
}

function rowQuestions(rows: SurveyedRows, tables: ReadonlyMap<TableKey, SurveyedRows>): readonly Question[] {
  const columns = [...rows.changed.columns.values()].filter(({ column }) => rows.isSound([column.name]))
  return [...columns.flatMap((column) => nullQuestion(column, rows) ?? []), ...ruleQuestions(rows, tables)]
}

const blameOf = (rows: SurveyedRows): number =>
  Math.max(0, ...[...rows.changed.columns.values()].map((column) => column.valueStep ?? column.notNullStep ?? 0))

async function asked(questions: () => readonly Question[], { reader }: Surveying, step: number): Promise<Finding[]> {
  let list: readonly Question[]
  try {
    list = questions()
  } catch (error) {
    return [expressionFinding(step, error)]
  }
  const findings: Finding[] = []
  for (const question of list) findings.push(...question.findings(await reader.ask(question.task)))
  return findings
}
