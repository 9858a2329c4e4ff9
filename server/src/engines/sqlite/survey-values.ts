import { PilarError } from '../../errors/error.ts'
import { ExpressionError } from '../../policy/expression/index.ts'
import { parseUsing } from '../../policy/using.ts'
import { collect } from '../../query/expr-tools.ts'
import type { Column } from '../../schema/catalog.ts'
import { castRule } from '../../schema/migration/casts.ts'
import { FINDING_SAMPLES_MAX, type Finding } from '../../schema/migration/step.ts'
import { typeLabel } from '../../schema/types.ts'
import { quoteName } from '../sql/printer.ts'
import { conversionOutcome, isSameType, SOURCE } from './migrate/convert.ts'
import { LOSES } from './migrate/convert-values.ts'
import type { SurveyedRows } from './survey-rows.ts'
import { objectSql } from './survey-rows.ts'
import type { ChangedColumn } from './survey-tables.ts'
import type { SurveyAnswer, SurveyTask } from './survey-task.ts'
import { counted, failed, findingOf, verb } from './survey-words.ts'

/** A question to the rows, and what its answer means. */
export interface Question {
  readonly task: SurveyTask
  findings(answer: SurveyAnswer): readonly Finding[]
}

const SAMPLES = { samplesMax: FINDING_SAMPLES_MAX } as const
const USING_HINT = "Correct them, or say what becomes of them: .using('…')."

/** Questions about the values of one column; what can be said without rows is said at once. */
export function valueQuestions(column: ChangedColumn, rows: SurveyedRows): readonly Question[] {
  if (rows.changed.origin === null || column.valueStep === null) return fillQuestions(column, rows)
  const { from } = column
  if (from !== null && column.using === null && column.restores === null && column.column.generated === null) {
    return [...castQuestions({ column, from }, rows), ...fillQuestions(column, rows)]
  }
  const { step, name } = { step: column.valueStep, name: labelOf(column, rows) }
  const list: Question[] = []
  if (isFallible(rows.value(column.column.name))) {
    const sentence = (count: number, error: string): string =>
      `${failed(count, 'value')} for ${name} can't be computed: ${error}`
    list.push(failureQuestion({ column, step, sentence }, rows))
  }
  if (from !== null && column.restores !== null) list.push(changedSince({ column, from, step }, rows))
  return list
}

const isFallible = (sql: string): boolean => sql.includes('pilar_') || sql.includes('+') || sql.includes('*')

const labelOf = ({ column }: ChangedColumn, rows: SurveyedRows): string => `${rows.changed.after.name}.${column.name}`

/** The `using` of set-not-null: computed for rows without a value. */
function fillQuestions(column: ChangedColumn, rows: SurveyedRows): readonly Question[] {
  const step = column.notNullStep
  if (step === null || column.fill === null || rows.changed.origin === null) return []
  const sentence = (count: number, error: string): string =>
    `${failed(count, 'value')} for ${labelOf(column, rows)} can't be computed: ${error}`
  return isFallible(rows.conversion(column).sql) ? [failureQuestion({ column, step, sentence }, rows)] : []
}

interface Failing {
  readonly column: ChangedColumn
  readonly step: number
  readonly sentence: (count: number, error: string) => string
}

function failureQuestion({ column, step, sentence }: Failing, rows: SurveyedRows): Question {
  const { from, where } = rows.source
  const shown = [column.from, ...usedColumns(column, rows)]
  const value = rows.value(column.column.name)
  const task: SurveyTask = {
    ...{ kind: 'failures', from, where, key: rows.sourceKey, value, sample: rows.sourceSample(shown) },
    ...SAMPLES,
  }
  return {
    task,
    findings: ({ classes, error }) => {
      const failures = classes['failure']
      if (failures === undefined) return []
      const hint = column.restores === null ? 'Correct the rows, or the expression.' : UNDO_HINT
      return [findingOf({ step, kind: 'refuses', message: sentence(failures.rows, error ?? ''), hint }, failures)]
    },
  }
}

const UNDO_HINT = 'Change these rows back by hand, or keep the new type.'

/** Columns of the row that the expression reads. */
function usedColumns(column: ChangedColumn, rows: SurveyedRows): readonly Column[] {
  const { origin } = rows.changed
  const text = column.using ?? column.fill
  if (text === null || origin === null) return []
  const { table } = origin
  const expr = parseUsing(text, column.column, { found: rows.found, table, sourceId: SOURCE })
  const names = collect(expr).columns.flatMap((each) => (each.source === SOURCE ? [each.column] : []))
  return [...new Set(names)].flatMap((name) => table.column.get(name) ?? [])
}

interface Cast {
  readonly column: ChangedColumn
  readonly from: Column
}

function castQuestions({ column, from }: Cast, rows: SurveyedRows): readonly Question[] {
  const to = column.column
  const step = column.valueStep ?? 0
  if (isSameType(from.type, to.type)) return []
  const [a, b] = [typeLabel(from.type), typeLabel(to.type)]
  const rule = castRule(from.type, to.type)
  if (rule.kind === 'none') {
    const message = `${labelOf(column, rows)} can't be converted from ${a} to ${b} without an expression`
    const hint = "Say what becomes of the values: .using('…')."
    const task: SurveyTask = { kind: 'numbers', sql: 'SELECT 0' }
    return [{ task, findings: () => [{ step, kind: 'refuses', message, hint, rows: 0, samples: [] }] }]
  }
  const raw = `${SOURCE}.${quoteName(from.name)}`
  const outcome = conversionOutcome({ from, to }, raw, rows.printer)
  if (outcome === null) return []
  if (from.type.name === 'enum' && to.type.name === 'enum') return [enumQuestion({ column, from }, outcome, rows)]
  const sql = `SELECT iif(o = '${LOSES}', '${LOSES}', 'failure'), 1, sample FROM (${outcomeRows(outcome, rows.sourceSample([from]), rows)}) WHERE o IS NOT NULL`
  const findings = ({ classes }: SurveyAnswer): readonly Finding[] => {
    const list: Finding[] = []
    const failures = classes['failure']
    if (failures !== undefined) {
      const message = `${counted(failures.rows, 'value')} of ${labelOf(column, rows)} can't be converted from ${a} to ${b}`
      list.push(findingOf({ step, kind: 'refuses', message, hint: USING_HINT }, failures))
    }
    const lossy = classes[LOSES]
    if (lossy !== undefined) {
      const message = `${counted(lossy.rows, 'value')} of ${labelOf(column, rows)} ${verb(lossy.rows, 'loses', 'lose')} ${rule.loses}`
      const hint = 'The former values are kept with the retired column, until it is purged.'
      list.push(findingOf({ step, kind: 'tells', message, hint }, lossy))
    }
    return list
  }
  return [{ task: { kind: 'offenders', sql, ...SAMPLES }, findings }]
}

/** `o` is what becomes of the value, `sample` shows the row. */
function outcomeRows(outcome: string, sample: string, rows: SurveyedRows): string {
  const { from, where } = rows.source
  return `SELECT ${outcome} AS o, ${sample} AS sample FROM ${from}${where === '' ? '' : ` WHERE ${where}`}`
}

function enumQuestion({ column, from }: Cast, outcome: string, rows: SurveyedRows): Question {
  const raw = `${SOURCE}.${quoteName(from.name)}`
  const source = rows.source
  const sample = objectSql([
    [from.name, `json_quote(${raw})`],
    ['rows', 'count(*)'],
  ])
  const conditions = [source.where, `${outcome} IS NOT NULL`].filter((each) => each !== '').join(' AND ')
  const sql = `SELECT ${raw}, count(*), ${sample} FROM ${source.from} WHERE ${conditions} GROUP BY ${raw} ORDER BY count(*) DESC, ${raw}`
  return {
    task: { kind: 'offenders', sql, ...SAMPLES },
    findings: ({ classes }) => {
      const values = Object.entries(classes)
      const total = values.reduce((sum, [, each]) => sum + each.rows, 0)
      if (total === 0) return []
      const users = values.map(([value, each]) => `${value} (${each.rows})`).join(', ')
      const message = `${counted(total, 'row')} of ${labelOf(column, rows)} ${verb(total, 'has', 'have')} a value that is no longer allowed: ${users}`
      const samples = values.flatMap(([, each]) => each.samples).slice(0, FINDING_SAMPLES_MAX)
      const all = { rows: total, groups: values.length, samples }
      return [findingOf({ step: column.valueStep ?? 0, kind: 'refuses', message, hint: USING_HINT }, all)]
    },
  }
}

/** Going back: rows whose value was changed since are converted, not restored. */
function changedSince({ column, from, step }: Cast & { readonly step: number }, rows: SurveyedRows): Question {
  const { from: source, where } = rows.source
  const today = `${SOURCE}.${quoteName(from.name)}`
  const forward = rows.forward(column)
  const conditions = [where, `${today} IS NOT ${forward}`].filter((each) => each !== '').join(' AND ')
  const sql = `SELECT 'changed', 1, ${rows.sourceSample([from])} FROM ${source} WHERE ${conditions}`
  return {
    task: { kind: 'offenders', sql, ...SAMPLES },
    findings: ({ classes }) => {
      const changed = classes['changed']
      if (changed === undefined) return []
      const back =
        column.using !== null || castRule(from.type, column.column.type).kind !== 'none'
          ? `, and ${verb(changed.rows, 'is', 'are')} converted back`
          : ''
      const message = `${counted(changed.rows, 'value')} of ${labelOf(column, rows)} ${verb(changed.rows, 'was', 'were')} changed since${back}`
      return [findingOf({ step, kind: 'tells', message, hint: null }, changed)]
    },
  }
}

/** Rows without a value in a column that refuses them; null where there can be none. */
export function nullQuestion(column: ChangedColumn, rows: SurveyedRows): Question | null {
  const { after, origin } = rows.changed
  const { name, nullable } = column.column
  const step = column.notNullStep ?? column.valueStep
  if (step === null || origin === null || (nullable && !after.primaryKey.includes(name))) return null
  if (!mayBecomeNull(column, rows)) return null
  const { from, where } = rows.source
  const condition = `(${rows.value(name)}) IS NULL`
  const conditions = where === '' ? condition : `${where} AND ${condition}`
  const sample = rows.sourceSample([column.from, ...usedColumns(column, rows)])
  const sql = `SELECT 'null', 1, ${sample} FROM ${from} WHERE ${conditions}`
  return {
    task: { kind: 'offenders', sql, ...SAMPLES },
    findings: ({ classes }) => {
      const nulls = classes['null']
      if (nulls === undefined) return []
      const { message, hint } = nullWords(column, nulls.rows, rows)
      return [findingOf({ step, kind: 'refuses', message, hint }, nulls)]
    },
  }
}

function mayBecomeNull(column: ChangedColumn, rows: SurveyedRows): boolean {
  const { from, using, fill, restores, column: after } = column
  if (after.generated !== null || using !== null || restores !== null || fill !== null) return true
  if (from === null) return rows.conversion(column).sql === 'NULL'
  return from.nullable || from.type.name === 'jsonb'
}

function nullWords(column: ChangedColumn, count: number, rows: SurveyedRows): { message: string; hint: string } {
  const label = labelOf(column, rows)
  const text = counted(count, 'row')
  const { from, restores, using, fill } = column
  if (using !== null || fill !== null || column.column.generated !== null) {
    return {
      message: `${text} would have no value in ${label}: the expression gives none`,
      hint: 'Let it give a value for every row, with coalesce(…, …) for instance.',
    }
  }
  if (restores !== null && from === null) {
    const message = `${text}, written while it was away, ${verb(count, 'has', 'have')} no value in ${label}`
    return { message, hint: "Say what they get: .using('…')." }
  }
  if (from === null) {
    const message = `${text} would have no value in ${label}`
    return { message, hint: "Add .default('…') or .using('…'), or make it .nullable()." }
  }
  if (column.notNullStep === null)
    return { message: `${text} would have no value in ${label} any more`, hint: USING_HINT }
  return {
    message: `${text} of ${label} ${verb(count, 'has', 'have')} no value`,
    hint: "Say what they get: .using('…').",
  }
}

/** Mistakes of an expression are found when it is printed, not by rows: as the finding of its step. */
export function expressionFinding(step: number, error: unknown): Finding {
  if (!(error instanceof PilarError || error instanceof ExpressionError)) throw error
  return { step, kind: 'refuses', message: error.message, hint: error.hint, rows: 0, samples: [] }
}
