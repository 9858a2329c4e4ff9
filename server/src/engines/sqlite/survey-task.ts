import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { PilarError } from '../../errors/error.ts'
import type { ErrorCode } from '../../errors/table.ts'
import type { SqlValue } from './codecs.ts'
import { mapError } from './errors.ts'

/** One question to the rows of a database, to be answered on any connection that may read. All of it is SQL and data: it travels to a child. */
export type SurveyTask =
  /** `sql` gives `class, weight, sample` for each offender: what kind, how many rows it stands for, and a JSON object. */
  | { readonly kind: 'offenders'; readonly sql: string; readonly samplesMax: number }
  /** Computes a value for every row, and finds the rows for which it can't be computed. */
  | ({ readonly kind: 'failures'; readonly samplesMax: number } & ValuePerRow)
  /** Numbers of one row. */
  | { readonly kind: 'numbers'; readonly sql: string }

interface ValuePerRow {
  /** FROM clause, and conditions that count what is visited. */
  readonly from: string
  readonly where: string
  /** What finds a row again, in an order that an index has. */
  readonly key: readonly string[]
  readonly value: string
  /** A JSON object about the row that needs no conversion. */
  readonly sample: string
}

export interface Offenders {
  readonly rows: number
  /** Offenders that stand for several rows count once here. */
  readonly groups: number
  /** JSON objects. */
  readonly samples: readonly string[]
}

export interface SurveyAnswer {
  readonly classes: Readonly<Record<string, Offenders>>
  /** The first error that rows raised. */
  readonly error: string | null
  readonly numbers: readonly (number | null)[]
}

/** A row with an error costs some twenty times as much as one without: from here on they are not counted further. */
export const FAILURES_MAX = 10_000

const NOTHING: SurveyAnswer = { classes: {}, error: null, numbers: [] }

export function runSurveyTask(task: SurveyTask, database: DatabaseSync): SurveyAnswer {
  switch (task.kind) {
    case 'numbers': {
      const row = prepared(database, task.sql).get() as unknown as readonly (bigint | number | null)[] | undefined
      return { ...NOTHING, numbers: (row ?? []).map((value) => (value === null ? null : Number(value))) }
    }
    case 'offenders':
      return offenders(task, database)
    case 'failures':
      return failures(task, database)
  }
}

function prepared(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql)
  statement.setReturnArrays(true)
  statement.setReadBigInts(true)
  return statement
}

class Tally {
  readonly #classes = new Map<string, { rows: number; groups: number; samples: string[] }>()
  readonly #samplesMax: number

  constructor(samplesMax: number) {
    this.#samplesMax = samplesMax
  }

  add(name: string, rows: number, sample: () => string): void {
    const found = this.#classes.get(name) ?? { rows: 0, groups: 0, samples: [] }
    this.#classes.set(name, found)
    found.rows += rows
    found.groups++
    if (found.samples.length < this.#samplesMax) found.samples.push(sample())
  }

  answer(error: string | null): SurveyAnswer {
    return { classes: Object.fromEntries(this.#classes), error, numbers: [] }
  }
}

function offenders(task: SurveyTask & { kind: 'offenders' }, database: DatabaseSync): SurveyAnswer {
  const tally = new Tally(task.samplesMax)
  try {
    const rows = prepared(database, task.sql).iterate() as unknown as Iterable<readonly [string, bigint, string]>
    for (const [name, weight, sample] of rows) tally.add(name, Number(weight), () => sample)
    return tally.answer(null)
  } catch (error) {
    return tally.answer(rowError(error))
  }
}

/** What a row's values can raise, in words without the value; anything else is thrown. */
function rowError(error: unknown): string {
  const mapped = mapError(error)
  if (!(mapped instanceof PilarError) || !isOfValues(mapped.code)) throw mapped
  return withoutValue(mapped.message)
}

const isOfValues = (code: ErrorCode): boolean => code.startsWith('22') || code === '0A000' || code === '42846'

function withoutValue(message: string): string {
  return message.replace(/^value ".*" is/s, 'the value is').replace(/: ".*"$/s, '')
}

/** All rows in one statement first, which is fast; row by row only where that raised an error. */
function failures(task: SurveyTask & { kind: 'failures' }, database: DatabaseSync): SurveyAnswer {
  const { from, where, value } = task
  try {
    prepared(database, `SELECT count(${value}) FROM ${from}${where === '' ? '' : ` WHERE ${where}`}`).get()
    return NOTHING
  } catch (error) {
    rowError(error)
  }
  return failingRows(task, database)
}

function failingRows(task: SurveyTask & { kind: 'failures' }, database: DatabaseSync): SurveyAnswer {
  const tally = new Tally(task.samplesMax)
  const { from, where, key, value, sample } = task
  const order = key.join(', ')
  const select = (list: string, after: boolean, limit: string): StatementSync => {
    const beyond = `(${order}) > (${key.map(() => '?').join(', ')})`
    const conditions = [...(where === '' ? [] : [where]), ...(after ? [beyond] : [])]
    const filter = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
    return prepared(database, `SELECT ${list} FROM ${from}${filter} ORDER BY ${order}${limit}`)
  }
  let last: readonly SqlValue[] = []
  let firstError: string | null = null
  for (let count = 0; count < FAILURES_MAX; count++) {
    const isFirst = last.length === 0
    try {
      const rows = select(`${order}, ${value}`, !isFirst, '').iterate(...last) as unknown as Iterable<SqlValue[]>
      for (const row of rows) last = row.slice(0, key.length)
      break
    } catch (error) {
      firstError ??= rowError(error)
      const next = select(`${order}, ${sample}`, last.length > 0, ' LIMIT 1').get(...last) as unknown as SqlValue[]
      last = next.slice(0, key.length)
      tally.add('failure', 1, () => String(next[key.length]))
    }
  }
  return tally.answer(firstError)
}
