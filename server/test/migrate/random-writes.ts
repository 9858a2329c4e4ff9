/** Rows that come, change and go beside Pilar, with plain SQL on another connection. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { SqlValue } from '../../src/engines/sqlite/codecs.ts'
import { ExprPrinter, Usage } from '../../src/engines/sqlite/expr.ts'
import { computedColumns, printComputed } from '../../src/engines/sqlite/generated.ts'
import { tableName } from '../../src/engines/sqlite/tables.ts'
import type { Catalog, Column, Table } from '../../src/schema/catalog.ts'
import type { Random } from '../simulate/random.ts'
import { randomValue } from './random-values.ts'
import { quote } from './snapshot.ts'

export interface Writing {
  readonly database: DatabaseSync
  readonly catalog: Catalog
  readonly random: Random
}

/** Rows for empty tables, parents first as far as that goes. What breaks a rule is not written. */
export function fillTables(writing: Writing): void {
  const { random, catalog } = writing
  inTransaction(writing.database, () => {
    for (let round = 0; round < 2; round++) {
      for (const table of writableTables(catalog)) insertRows(writing, table, rowCount(random))
    }
  })
}

/** A table with more rows than one batch now and then. */
const rowCount = (random: Random): number => (random.chance(0.004) ? 700 : random.int(0, 4))

/** Some inserts, updates and deletes, in this order: no row takes the place of one that is gone. */
export function writeSome(writing: Writing): void {
  const { random, catalog, database } = writing
  inTransaction(database, () => {
    for (const table of random.some(writableTables(catalog), 3)) {
      if (random.chance(0.6)) insertRows(writing, table, random.int(1, 2))
      if (random.chance(0.6)) updateRow(writing, table)
    }
    for (const table of random.some(writableTables(catalog), 2)) {
      const row = random.chance(0.4) ? someRow(writing, table, ['rowid']) : null
      // The last one stays, so that its rowid is not given out again.
      const isNotLast = `rowid = ? AND rowid < (SELECT max(rowid) FROM ${nameOf(table)})`
      if (row !== null) attempt(() => database.prepare(`DELETE FROM ${nameOf(table)} WHERE ${isNotLast}`).run(...row))
    }
  })
}

function inTransaction(database: DatabaseSync, body: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  body()
  try {
    database.exec('COMMIT')
  } catch {
    // A foreign key that is looked at in the end.
    database.exec('ROLLBACK')
  }
}

function attempt(body: () => void): void {
  try {
    body()
  } catch (error) {
    if (!/constraint failed|datatype mismatch/.test(String(error))) throw error
  }
}

const nameOf = (table: Table): string => quote(tableName(table))

/** Some columns of some row; null in an empty table. */
function someRow({ database, random }: Writing, table: Table, columns: readonly string[]): SqlValue[] | null {
  const count = Number(database.prepare(`SELECT count(*) AS count FROM ${nameOf(table)}`).get()?.['count'])
  if (count === 0) return null
  const statement = database.prepare(`SELECT ${columns.join(', ')} FROM ${nameOf(table)} LIMIT 1 OFFSET ?`)
  statement.setReturnArrays(true)
  statement.setReadBigInts(true)
  return statement.get(random.int(0, count - 1)) as unknown as SqlValue[]
}

function writableTables(catalog: Catalog): readonly Table[] {
  return [...catalog.tables.values()].filter(({ kind, system, storage }) => {
    return kind === 'table' && !system && storage?.includes('without rowid') !== true
  })
}

function isStrict(table: Table): boolean {
  return table.checks.length > 0 || table.indexes.some(({ where }) => where !== null)
}

function valuesOf(columns: readonly Column[], table: Table, writing: Writing): SqlValue[] {
  const { random, catalog } = writing
  const chosen = new Map<string, SqlValue>()
  for (const { columns: names, references } of table.foreignKeys) {
    const target = catalog.tables.get(references.table)
    if (target === undefined || !random.chance(0.85)) continue
    const found = someRow(writing, target, references.columns.map(quote))
    for (const [index, name] of names.entries()) chosen.set(name, found?.[index] ?? null)
  }
  return columns.map((column) => {
    const value = chosen.get(column.name)
    return value === undefined || (value === null && !column.nullable)
      ? randomValue(column, random, isStrict(table))
      : value
  })
}

function insertRows(writing: Writing, table: Table, count: number): void {
  const { database, catalog } = writing
  if (count === 0) return
  const plain = table.columns.filter(({ generated }) => generated === null)
  const computed = computedColumns(table, catalog)
  const printer = new ExprPrinter(catalog, new Usage())
  const of = (name: string): string => `o.${quote(name)}`
  const names = [...plain, ...computed].map(({ name }) => quote(name)).join(', ')
  const values = [
    ...plain.map(({ name }) => of(name)),
    ...computed.map((column) => printComputed(column, table, { of, printer })),
  ]
  const given = plain.map(({ name }, index) => `?${index + 1} AS ${quote(name)}`).join(', ')
  const sql = `INSERT OR IGNORE INTO ${nameOf(table)} (${names}) SELECT ${values.join(', ')} FROM (SELECT ${given}) AS o`
  const statement = database.prepare(sql)
  for (let at = 0; at < count; at++) {
    attempt(() => statement.run(...(valuesOf(plain, table, writing) as SQLInputValue[])))
  }
}

/** Another value for one column of one row, and what is computed from it. */
function updateRow(writing: Writing, table: Table): void {
  const { database, catalog, random } = writing
  const open = table.columns.filter(({ generated, name }) => generated === null && !table.primaryKey.includes(name))
  if (open.length === 0) return
  const column = random.pick(open)
  const printer = new ExprPrinter(catalog, new Usage())
  const of = (name: string): string => (name === column.name ? '?1' : `${nameOf(table)}.${quote(name)}`)
  const computed = computedColumns(table, catalog).map(
    (each) => `${quote(each.name)} = ${printComputed(each, table, { of, printer })}`,
  )
  const changes = [`${quote(column.name)} = ?1`, ...computed].join(', ')
  const [value = null] = valuesOf([column], table, writing)
  const [rowid = null] = someRow(writing, table, ['rowid']) ?? []
  attempt(() => database.prepare(`UPDATE ${nameOf(table)} SET ${changes} WHERE rowid = ?2`).run(value, rowid))
}
