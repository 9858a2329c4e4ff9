import { FINDING_SAMPLES_MAX } from '../../schema/migration/step.ts'
import { quoteName, quoteText } from '../sql/printer.ts'
import { NEW, type SurveyedRows } from './survey-rows.ts'
import type { Question } from './survey-values.ts'
import { counted, findingOf } from './survey-words.ts'

/** Questions about the rows that a select gives a new table: whether they can be made, and whether every column that must has a value. */
export function fillingQuestions(rows: SurveyedRows, step: number): readonly Question[] {
  const { after } = rows.changed
  const names = after.columns.map(({ name }) => name)
  const { from } = rows.newRows(names)
  const values = names.map((name) => `count(${NEW}.${quoteName(name)})`).join(' + ')
  const made: Question = {
    task: { kind: 'offenders', sql: `SELECT 'row', ${values}, '{}' FROM ${from}`, samplesMax: 0 },
    findings: ({ error }) => {
      if (error === null) return []
      const message = `the rows for ${after.name} can't be made: ${error}`
      return [{ step, kind: 'refuses', message, hint: 'Correct the rows, or the select.', rows: 1, samples: [] }]
    },
  }
  return [made, ...after.columns.flatMap((column) => nullQuestion(column.name, rows, step) ?? [])]
}

function nullQuestion(name: string, rows: SurveyedRows, step: number): Question | null {
  const { after } = rows.changed
  const column = after.column.get(name)
  const isKey = after.primaryKey.includes(name)
  if (column === undefined || column.identity !== null || (column.nullable && !isKey)) return null
  // A single integer key is numbered by the file where the select gives none.
  const isNumbered =
    isKey && after.primaryKey.length === 1 && ['smallint', 'integer', 'bigint'].includes(column.type.name)
  if (isNumbered) return null
  const others = after.columns.filter((each) => each.name !== name).slice(0, 3)
  const sample = rows.newSample([...others.map((each) => each.name), name], { withKey: false })
  const { from } = rows.newRows([name])
  const sql = `SELECT ${quoteText('null')}, 1, ${sample} FROM ${from} WHERE ${NEW}.${quoteName(name)} IS NULL`
  return {
    task: { kind: 'offenders', sql, samplesMax: FINDING_SAMPLES_MAX },
    findings: ({ classes }) => {
      const nulls = classes['null']
      if (nulls === undefined) return []
      const message = `${counted(nulls.rows, 'row')} would have no value in ${after.name}.${name}: the select gives none`
      const hint = 'Let it give a value for every row, with coalesce(…, …) for instance.'
      return [findingOf({ step, kind: 'refuses', message, hint }, nulls)]
    },
  }
}
