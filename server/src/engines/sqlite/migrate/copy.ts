import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { failure } from '../../../errors/error.ts'
import { systemClock } from '../../../std/clock.ts'
import { quoteName } from '../../sql/printer.ts'
import type { SqlValue } from '../codecs.ts'
import {
  type CopySql,
  canaryName,
  canaryStatements,
  copySql,
  isNumbered,
  logStatements,
  readsName,
} from './copy-sql.ts'
import { dropLog } from './exchange.ts'
import type { TableCopy } from './migration.ts'
import { isRowError, rowError } from './row-errors.ts'
import type { Copied, Key, StructureOutcomes } from './tasks.ts'

/** Makes the copy and what notes changes; where a killed migration left them, finds where it was. */
export function prepareCopy(database: DatabaseSync, copy: TableCopy): { after: Key | null; rowsDone: number } {
  if (has(database, copy.target) && isRenumbered(database, copy)) {
    dropLog(database, copy)
    database.exec(`DROP TABLE ${quoteName(copy.target)}`)
  }
  if (!has(database, copy.target)) {
    const canary = isNumbered(copy) && !hasNumberColumn(database, copy.source) ? canaryStatements(copy) : []
    for (const statement of [...copy.create, ...logStatements(copy), ...canary]) database.exec(statement)
    return { after: null, rowsDone: 0 }
  }
  const [rowsDone = 0] = one(database, `SELECT count(*) FROM ${quoteName(copy.target)}`) ?? []
  return { after: one(database, copySql(copy).lastCopied), rowsDone: Number(rowsDone) }
}

/** An INTEGER PRIMARY KEY: its numbers are values, and stay. */
function hasNumberColumn(database: DatabaseSync, table: string): boolean {
  const keys = database.prepare('SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0').all(table)
  const index = database.prepare("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'").get(table)
  return keys.length === 1 && index === undefined
}

function has(database: DatabaseSync, table: string): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !== undefined
}

/** Whether a VACUUM of some other program has renumbered rows since the copy was begun: then nothing tells which is which. */
function isRenumbered(database: DatabaseSync, copy: TableCopy): boolean {
  const name = canaryName(copy)
  return has(database, name) && one(database, `SELECT 1 FROM ${quoteName(name)} WHERE rowid = 2`) === null
}

function requireNumbers(database: DatabaseSync, copy: TableCopy): void {
  if (!isRenumbered(database, copy)) return
  const details = `a VACUUM has given the rows of ${copy.source} other numbers while they were copied`
  throw failure('PILAR_MIGRATION_STALE', {}, { details })
}

/** Copies the next rows after a key. In a transaction. */
export function copyRows(database: DatabaseSync, copy: TableCopy, span: Span): Copied {
  requireNumbers(database, copy)
  return overSpan({ database, copy, span }, (sql, bounds) => {
    const insert = sql.insertRange(bounds.after !== null, bounds.until !== null)
    const values = named(bounds)
    try {
      return run(database, insert, values)
    } catch (error) {
      if (!isRowError(error)) throw error
      // The copy may be behind: a row that gave its unique value to another one, or one that a REPLACE took away.
      forgetChanged(database, sql)
      try {
        const rows = run(database, insert, values)
        insertLogged(database, sql, bounds.after)
        return rows
      } catch (again) {
        throw blamed({ database, copy, span: bounds }, again)
      }
    }
  })
}

/** Compares the next rows after a key with what they should be, and copies those again that differ. In a transaction. */
export function compareRows(database: DatabaseSync, copy: TableCopy, span: Span): Copied {
  if (span.after === null) database.exec(`DELETE FROM ${quoteName(readsName(copy))}`)
  return overSpan({ database, copy, span }, (sql, bounds) => {
    const has = [bounds.after !== null, bounds.until !== null] as const
    const values = named(bounds)
    const rows = run(database, sql.deleteDifferent(...has), values)
    try {
      run(database, sql.insertMissing(...has), values)
    } catch (error) {
      throw blamed({ database, copy, span: bounds }, error)
    }
    return rows
  })
}

/** Takes over the oldest noted changes. In a transaction. */
export function catchUp(database: DatabaseSync, copy: TableCopy, rows: number): StructureOutcomes['catch-up'] {
  const startMs = systemClock.monotonicMs()
  requireNumbers(database, copy)
  const sql = copySql(copy)
  const [seq = null] =
    one(database, `SELECT max(seq) FROM (SELECT seq FROM ${sql.log} ORDER BY seq LIMIT ?)`, rows) ?? []
  if (seq !== null) takeOver(database, copy, seq)
  return {
    behind: behindBy(database, copy),
    compare: isToCompare(database, copy),
    tookMs: systemClock.monotonicMs() - startMs,
  }
}

/** The rest, in the transaction of the switch: afterwards the copy is what its source is. */
export function finishCopy(database: DatabaseSync, copy: TableCopy): void {
  catchUp(database, copy, Number.MAX_SAFE_INTEGER)
  if (isToCompare(database, copy)) compareRows(database, copy, { after: null, rows: Number.MAX_SAFE_INTEGER })
  if (countOf(database, copy.source) === countOf(database, copy.target)) return
  database.exec(copySql(copy).deleteOrphans)
  if (countOf(database, copy.source) === countOf(database, copy.target)) return
  throw new Error(`assertion failed: the copy of ${copy.source} has as many rows as the table`)
}

/** Changes that were noted and not taken over yet. */
export function behindBy(database: DatabaseSync, copy: TableCopy): number {
  const [behind = 0] = one(database, `SELECT ifnull(max(seq) - min(seq) + 1, 0) FROM ${copySql(copy).log}`) ?? []
  return Number(behind)
}

export function isToCompare(database: DatabaseSync, copy: TableCopy): boolean {
  return copy.reads.length > 0 && one(database, `SELECT changed FROM ${quoteName(readsName(copy))}`) !== null
}

export interface Span {
  readonly after: Key | null
  /** At most this many rows. */
  readonly rows: number
}

interface Bounds {
  readonly after: Key | null
  readonly until: Key | null
}

interface Place<S> {
  readonly database: DatabaseSync
  readonly copy: TableCopy
  readonly span: S
}

function overSpan({ database, copy, span }: Place<Span>, body: (sql: CopySql, bounds: Bounds) => number): Copied {
  const startMs = systemClock.monotonicMs()
  const sql = copySql(copy)
  const { after } = span
  const skip = { skip: span.rows - 1, ...named({ after, until: null }) }
  const until = span.rows >= Number.MAX_SAFE_INTEGER ? null : one(database, sql.lastOf(after !== null), skip)
  const rows = body(sql, { after, until })
  return { rows, after: until, tookMs: systemClock.monotonicMs() - startMs }
}

function takeOver(database: DatabaseSync, copy: TableCopy, seq: SqlValue): void {
  const sql = copySql(copy)
  const values = { seq }
  run(database, sql.deleteLogged, values)
  try {
    run(database, sql.insertLogged(false), values)
    run(database, `DELETE FROM ${sql.log} WHERE seq <= :seq`, values)
  } catch (error) {
    if (!isRowError(error)) throw error
    forgetChanged(database, sql)
    try {
      insertLogged(database, sql, null)
    } catch (again) {
      throw blamed({ database, copy, span: { after: null, until: null } }, again)
    }
  }
}

/** Takes every row out of the copy that may be old, so that what is left is true. */
function forgetChanged(database: DatabaseSync, sql: CopySql): void {
  run(database, sql.deleteLogged, { seq: lastSeq(database, sql) })
  database.exec(sql.deleteOrphans)
}

function insertLogged(database: DatabaseSync, sql: CopySql, until: Key | null): void {
  const seq = lastSeq(database, sql)
  run(database, sql.insertLogged(until !== null), { seq, ...named({ after: null, until }) })
  run(database, `DELETE FROM ${sql.log} WHERE seq <= :seq`, { seq })
}

const lastSeq = (database: DatabaseSync, sql: CopySql): SqlValue =>
  one(database, `SELECT ifnull(max(seq), 0) FROM ${sql.log}`)?.[0] ?? 0

/** The row that could not be copied: found by copying one by one what the batch had. The transaction is undone anyway. */
function blamed({ database, copy, span }: Place<Bounds>, error: unknown): unknown {
  if (!isRowError(error)) return error
  const sql = copySql(copy)
  const keys = database.prepare(sql.missing(span.after !== null, span.until !== null))
  keys.setReturnArrays(true)
  keys.setReadBigInts(true)
  for (const key of keys.iterate(named(span)) as unknown as Iterable<Key>) {
    try {
      run(database, sql.insertOne, named({ after: key, until: null }))
    } catch (found) {
      return rowError(found, copy, key)
    }
  }
  return rowError(error, copy, null)
}

type Values = Readonly<Record<string, SqlValue>>

function named({ after, until }: Bounds): Values {
  const entries = [
    ...(after ?? []).map((value, index) => [`a${index}`, value] as const),
    ...(until ?? []).map((value, index) => [`u${index}`, value] as const),
  ]
  return Object.fromEntries(entries)
}

function run(database: DatabaseSync, sql: string, values: Values): number {
  return Number(database.prepare(sql).run(values).changes)
}

/** The first row, or null. Integers are whole at any size. */
function one(database: DatabaseSync, sql: string, values?: Values | number): SqlValue[] | null {
  const statement = database.prepare(sql)
  statement.setReturnArrays(true)
  statement.setReadBigInts(true)
  const found =
    typeof values === 'object'
      ? statement.get(values as Record<string, SQLInputValue>)
      : statement.get(...(values === undefined ? [] : [values]))
  return (found as unknown as SqlValue[] | undefined) ?? null
}

function countOf(database: DatabaseSync, table: string): SqlValue {
  return one(database, `SELECT count(*) FROM ${quoteName(table)}`)?.[0] ?? 0
}
