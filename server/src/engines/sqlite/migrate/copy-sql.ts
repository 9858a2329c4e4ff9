import { quoteName } from '../../sql/printer.ts'
import type { TableCopy } from './migration.ts'

/** The statements that keep a copy equal to its source. `s` is the source, `t` the copy. */
export interface CopySql {
  readonly log: string
  /** The key of the last of the next rows, `:skip` rows after the first. Keys are bound as `:a0 …` (after) and `:u0 …` (until). */
  lastOf(after: boolean): string
  /** Copies the rows between two keys. */
  insertRange(after: boolean, until: boolean): string
  /** Takes away rows between two keys that differ from what they should be. */
  deleteDifferent(after: boolean, until: boolean): string
  /** Copies the rows between two keys that are missing. */
  insertMissing(after: boolean, until: boolean): string
  /** Keys of the rows between two keys that are missing. */
  missing(after: boolean, until: boolean): string
  /** Copies the row with the key in `after`. */
  readonly insertOne: string
  readonly deleteLogged: string
  /** `until`: only rows up to a key, since those after it are still to be copied. */
  insertLogged(until: boolean): string
  /** Rows that the source has no more: a REPLACE removes rows without telling triggers. */
  readonly deleteOrphans: string
  readonly lastCopied: string
}

export function copySql(copy: TableCopy): CopySql {
  const source = quoteName(copy.source)
  const target = quoteName(copy.target)
  const targetKey = copy.targetKey ?? copy.key
  const sourceKeys = copy.key.map((key) => `s.${key}`)
  const targetKeys = targetKey.map((key) => `t.${key}`)
  const log = quoteName(logName(copy))
  const insert = `INSERT OR ABORT INTO ${target} (${copy.columns.join(', ')}) SELECT ${copy.values.join(', ')} FROM ${source} AS s`
  const order = sourceKeys.join(', ')
  const range = (after: boolean, until: boolean): string[] => [
    ...(after ? [`${tuple(sourceKeys)} > ${places(copy.key, 'a')}`] : []),
    ...(until ? [`${tuple(sourceKeys)} <= ${places(copy.key, 'u')}`] : []),
  ]
  const where = (conditions: readonly string[]): string =>
    conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  const isSame = sourceKeys.map((key, index) => `${targetKeys[index]} = ${key}`).join(' AND ')
  const isMissing = `NOT EXISTS (SELECT 1 FROM ${target} AS t WHERE ${isSame})`
  const differs = copy.columns
    .map((column, index) => `t.${column} COLLATE BINARY IS NOT (${copy.values[index]})`)
    .join(' OR ')
  const logged = `SELECT ${copy.key.map((_, index) => `k${index}`).join(', ')} FROM ${log} WHERE seq <= :seq`
  return {
    log,
    lastOf: (after) =>
      `SELECT ${order} FROM ${source} AS s${where(range(after, false))} ORDER BY ${order} LIMIT 1 OFFSET :skip`,
    insertRange: (after, until) => `${insert}${where(range(after, until))} ORDER BY ${order}`,
    deleteDifferent: (after, until) =>
      `DELETE FROM ${target} WHERE ${tuple(targetKey)} IN (SELECT ${order} FROM ${source} AS s JOIN ${target} AS t ON ${isSame}` +
      `${where([...range(after, until), `(${differs})`])})`,
    insertMissing: (after, until) => `${insert}${where([...range(after, until), isMissing])}`,
    missing: (after, until) =>
      `SELECT ${order} FROM ${source} AS s${where([...range(after, until), isMissing])} ORDER BY ${order}`,
    insertOne: `${insert} WHERE ${tuple(sourceKeys)} = ${places(copy.key, 'a')}`,
    deleteLogged: `DELETE FROM ${target} WHERE ${tuple(targetKey)} IN (${logged})`,
    insertLogged: (until) => `${insert}${where([`${tuple(sourceKeys)} IN (${logged})`, ...range(false, until)])}`,
    deleteOrphans: `DELETE FROM ${target} WHERE ${tuple(targetKey)} NOT IN (SELECT ${order} FROM ${source} AS s)`,
    lastCopied: `SELECT ${targetKeys.join(', ')} FROM ${target} AS t ORDER BY ${targetKeys.map((key) => `${key} DESC`).join(', ')} LIMIT 1`,
  }
}

export const logName = (copy: Pick<TableCopy, 'target'>): string => `${copy.target}_log`
/** Has a row when a table that the values come from was changed. */
export const readsName = (copy: Pick<TableCopy, 'target'>): string => `${copy.target}_reads`

/** Has a row under the number 2 until a VACUUM gives it another one, as it does with all rows that have no key of their own. */
export const canaryName = (copy: Pick<TableCopy, 'target'>): string => `${copy.target}_canary`

/** Whether rows are found by numbers that only SQLite itself gave them, and may exchange. */
export const isNumbered = ({ key }: TableCopy): boolean => key.length === 1 && !/^["`[]/.test(key[0] ?? '')

export const canaryStatements = (copy: TableCopy): readonly string[] => [
  `CREATE TABLE ${quoteName(canaryName(copy))} (a)`,
  `INSERT INTO ${quoteName(canaryName(copy))} (rowid) VALUES (2)`,
]

const tuple = (parts: readonly string[]): string => (parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(', ')})`)
const places = (key: readonly string[], letter: string): string => tuple(key.map((_, index) => `:${letter}${index}`))

/**
 * Triggers that note the keys of changed rows, in plain SQL, so that they work for every program that writes to the file. They only append: inside a
 * trigger the conflict clause of the outer statement would count.
 */
export function logStatements(copy: TableCopy): readonly string[] {
  const source = quoteName(copy.source)
  const log = quoteName(logName(copy))
  const keys = copy.key.map((_, index) => `k${index}`).join(', ')
  const of = (row: string): string => copy.key.map((key) => `${row}.${key}`).join(', ')
  const trigger = (kind: string, select: string): string =>
    `CREATE TRIGGER ${quoteName(`${copy.target}_${kind}`)} AFTER ${kind.toUpperCase()} ON ${source} ` +
    `BEGIN INSERT INTO ${log} (${keys}) ${select}; END`
  return [
    `CREATE TABLE ${log} (seq INTEGER PRIMARY KEY, ${keys})`,
    trigger('insert', `VALUES (${of('new')})`),
    trigger('update', `SELECT ${of('old')} UNION SELECT ${of('new')}`),
    trigger('delete', `VALUES (${of('old')})`),
    ...readsStatements(copy),
  ]
}

function readsStatements(copy: TableCopy): readonly string[] {
  if (copy.reads.length === 0) return []
  const reads = quoteName(readsName(copy))
  const triggers = copy.reads.flatMap((table, index) =>
    ['insert', 'update', 'delete'].map(
      (kind) =>
        `CREATE TRIGGER ${quoteName(`${copy.target}_reads${index}_${kind}`)} AFTER ${kind.toUpperCase()} ON ${quoteName(table)} ` +
        `BEGIN INSERT INTO ${reads} (changed) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM ${reads}); END`,
    ),
  )
  return [`CREATE TABLE ${reads} (changed INTEGER)`, ...triggers]
}
