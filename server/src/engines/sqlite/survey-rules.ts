import { ExpressionError, parseExpression } from '../../policy/expression/index.ts'
import type { Check, ForeignKey, Index } from '../../schema/catalog.ts'
import { FINDING_SAMPLES_MAX } from '../../schema/migration/step.ts'
import { quoteName } from '../sql/printer.ts'
import { checkColumns } from './checks.ts'
import { parseCheck } from './stored-expr.ts'
import { NEW, type SurveyedRows } from './survey-rows.ts'
import type { Question } from './survey-values.ts'
import { counted, findingOf, verb } from './survey-words.ts'
import { tableName } from './tables.ts'

/** A rule of the migrated table, and the step that is to blame where rows break it. */
interface Ruled {
  readonly rows: SurveyedRows
  readonly step: number
}

/** Questions about the rules of a table that are new, or whose columns have other values. */
export function ruleQuestions(rows: SurveyedRows, others: ReadonlyMap<string, SurveyedRows>): readonly Question[] {
  const { after, origin, made, keyStep, steps } = rows.changed
  if (origin === null && made?.using === null) return []
  const list: Question[] = []
  const blame = (step: number | null | undefined, columns: readonly string[]): number | null =>
    step ?? (origin === null ? (made?.step ?? null) : changedBy(columns, rows))
  const unique = (key: Key, step: number | null): void => {
    const { columns, index } = key
    if (step === null || columns.length === 0 || !rows.isSound(columns)) return
    if (index?.where == null || rows.unsound.size === 0) list.push(duplicates(key, { rows, step }))
  }
  const { primaryKey, primaryKeyName } = after
  const key: Key = { name: primaryKeyName ?? `${after.name}_pkey`, columns: primaryKey, index: null }
  unique(key, blame(keyStep, primaryKey))
  for (const { name, columns } of after.uniques)
    unique({ name, columns, index: null }, blame(steps.uniques.get(name), columns))
  for (const index of after.indexes) {
    const columns = index.columns.map((column) => column.name)
    if (index.unique) unique({ name: index.name, columns, index }, blame(steps.indexes.get(index.name), columns))
  }
  for (const check of after.checks) {
    const columns = checkColumns(check, after, rows.after)
    const step = blame(steps.checks.get(check.name), columns)
    if (step !== null && rows.isSound(columns)) list.push(broken(check, { rows, step }))
  }
  for (const key of after.foreignKeys) {
    const parent = others.get(key.references.table)
    if (parent === undefined || !rows.isSound(key.columns) || !parent.isSound(key.references.columns)) continue
    const isRestored = made !== null && origin !== null
    const step = isRestored ? made.step : blame(steps.foreignKeys.get(key.name), key.columns)
    const ofParent = parent.changed.origin === null ? null : changedBy(key.references.columns, parent)
    if (step !== null || ofParent !== null) list.push(orphans(key, parent, { rows, step: step ?? ofParent ?? 0 }))
  }
  return list
}

/** The last step that gave one of the columns another value. */
function changedBy(columns: readonly string[], rows: SurveyedRows): number | null {
  const steps = columns.flatMap((name) => {
    const column = rows.changed.columns.get(name)
    if (column === undefined) return []
    const step = column.valueStep ?? (column.fill === null ? null : column.notNullStep)
    return step !== null && rows.changesValue(column) ? [step] : []
  })
  return steps.length === 0 ? null : Math.max(...steps)
}

const where = (...conditions: readonly string[]): string => {
  const given = conditions.filter((each) => each !== '')
  return given.length === 0 ? '' : ` WHERE ${given.join(' AND ')}`
}

const column = (name: string): string => `${NEW}.${quoteName(name)}`

interface Key {
  readonly name: string
  readonly columns: readonly string[]
  readonly index: Index | null
}

function duplicates({ name, columns, index }: Key, { rows, step }: Ruled): Question {
  const { after } = rows.changed
  const condition = index === null || index.where === null ? null : indexCondition(index.where, rows)
  const source = rows.newRows([...columns, ...(condition?.columns ?? [])])
  const list = columns.map(column).join(', ')
  const given = columns.map((each) => `${column(each)} IS NOT NULL`)
  const sample = rows.newSample(columns, { withKey: false, more: [['rows', 'count(*)']] })
  const sql = `SELECT 'duplicate', count(*), ${sample} FROM ${source.from}${where(source.where, ...given, condition?.sql ?? '')} GROUP BY ${list} HAVING count(*) > 1`
  return {
    task: { kind: 'offenders', sql, samplesMax: FINDING_SAMPLES_MAX },
    findings: ({ classes, error }) => {
      const found = classes['duplicate']
      if (error !== null) return [failing(`the key ${name} of ${after.name}`, error, step)]
      if (found === undefined) return []
      const what = columns.length === 1 ? `value` : `combination`
      const of = columns.length === 1 ? `${after.name}.${columns[0]}` : `${columns.join(', ')} in ${after.name}`
      const message = `${counted(found.groups, what)} of ${of} ${verb(found.groups, 'is', 'are')} there more than once, in ${counted(found.rows, 'row')} (${name})`
      const hint = 'Change or remove the rows that are too many.'
      return [findingOf({ step, kind: 'refuses', message, hint }, found)]
    },
  }
}

/** The condition of a partial index over the new row; on an adopted table, in SQLite's own words. */
function indexCondition(text: string, rows: SurveyedRows): { sql: string; columns: readonly string[] } {
  const { after } = rows.changed
  const columns = after.columns.map(({ name }) => name)
  const expected = { kind: 'condition', of: 'WHERE' } as const
  try {
    const expr = parseExpression(text, { catalog: rows.after, self: after, sourceId: NEW, expected })
    return { sql: rows.printer.print(expr), columns }
  } catch (error) {
    if (error instanceof ExpressionError) return { sql: `(${text})`, columns }
    throw error
  }
}

function failing(what: string, error: string, step: number) {
  const message = `${what} can't be looked at: ${error}`
  return { step, kind: 'refuses', message, hint: null, rows: 1, samples: [] } as const
}

function broken(check: Check, { rows, step }: Ruled): Question {
  const { after } = rows.changed
  const columns = checkColumns(check, after, rows.after)
  const isNative = check.native === true
  // SQLite's own text may name the table.
  const alias = isNative ? quoteName(tableName(after)) : NEW
  const source = rows.newRows(columns, alias)
  const condition = isNative
    ? `(${check.expression})`
    : rows.printer.print(parseCheck(check.expression, { table: after, catalog: rows.after, source: NEW }))
  const sample = isNative ? "'{}'" : rows.newSample(columns, { withKey: true })
  const sql = `SELECT 'broken', 1, ${sample} FROM ${source.from}${where(source.where, `${condition} IS FALSE`)}`
  return {
    task: { kind: 'offenders', sql, samplesMax: FINDING_SAMPLES_MAX },
    findings: ({ classes, error }) => {
      const found = classes['broken']
      if (error !== null) return [failing(`the check ${check.name} of ${after.name}`, error, step)]
      if (found === undefined) return []
      const message = `${counted(found.rows, 'row')} of ${after.name} ${verb(found.rows, 'breaks', 'break')} the check ${check.name}`
      return [findingOf({ step, kind: 'refuses', message, hint: 'Correct the rows, or the check.' }, found)]
    },
  }
}

function orphans(key: ForeignKey, parent: SurveyedRows, { rows, step }: Ruled): Question {
  const { after } = rows.changed
  const source = rows.newRows(key.columns)
  const given = key.columns.map((each) => `${column(each)} IS NOT NULL`)
  const missing = parentMissing(key, parent)
  const sample = rows.newSample(key.columns, { withKey: true })
  const sql = `SELECT 'orphan', 1, ${sample} FROM ${source.from}${where(source.where, ...given, missing)}`
  return {
    task: { kind: 'offenders', sql, samplesMax: FINDING_SAMPLES_MAX },
    findings: ({ classes, error }) => {
      const found = classes['orphan']
      if (error !== null) return [failing(`the foreign key ${key.name} of ${after.name}`, error, step)]
      if (found === undefined) return []
      const of =
        key.columns.length === 1 ? `${after.name}.${key.columns[0]}` : `${key.columns.join(', ')} in ${after.name}`
      const message = `${counted(found.rows, 'row')} of ${of} ${verb(found.rows, 'has', 'have')} no row in ${parent.changed.after.name} (${key.name})`
      const hint = 'Add the missing rows, or set the column to null, or remove these rows.'
      return [findingOf({ step, kind: 'refuses', message, hint }, found)]
    },
  }
}

/** Looked up in the parent's index where its key stays; else in a set that is made of the new values once. */
function parentMissing({ columns, references }: ForeignKey, parent: SurveyedRows): string {
  if (parent.changed.origin === null && parent.changed.made?.using === null) return 'TRUE'
  const source = parent.newRows(references.columns, 'p')
  const names = references.columns.map((name) => `p.${quoteName(name)}`)
  if (!source.from.startsWith('(')) {
    const pairs = columns.map((name, index) => `${names[index]} = ${column(name)}`)
    return `NOT EXISTS (SELECT 1 FROM ${source.from}${where(source.where, ...pairs)})`
  }
  const given = names.map((name) => `${name} IS NOT NULL`)
  return `(${columns.map(column).join(', ')}) NOT IN (SELECT ${names.join(', ')} FROM ${source.from}${where(source.where, ...given)})`
}
