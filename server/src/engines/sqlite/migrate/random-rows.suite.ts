import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '../../../../test/simulate/random.ts'
import { sampleFor } from '../../../../test/support/random-types.ts'
import type { Catalog, Column } from '../../../schema/catalog.ts'
import { quoteName } from '../../sql/printer.ts'
import { ExprPrinter, Usage } from '../expr.ts'
import { computedColumns, printComputed } from '../generated.ts'
import { parseDefault, printStored } from '../stored-expr.ts'
import { tableName } from '../tables.ts'

function randomValue(column: Column, catalog: Catalog, random: Random): string {
  if (column.nullable && random.chance(0.3)) return 'NULL'
  if (['smallint', 'integer', 'bigint'].includes(column.type.name)) return String(random.int(1, 30_000))
  if (column.type.name === 'text') return `'t${random.int(1, 1000)}'`
  const expr = parseDefault(random.pick(sampleFor(column.type).defaults), column, catalog)
  return printStored(expr, column, new ExprPrinter(catalog, new Usage()))
}

/** Rows that keep the rules; which ones, chance says. */
export function fill(database: DatabaseSync, catalog: Catalog, random: Random): void {
  for (const table of catalog.tables.values()) {
    if (table.kind === 'view') continue
    const computed = computedColumns(table, catalog)
    for (let count = random.int(0, 5); count > 0; count--) {
      const values = new Map<string, string>()
      for (const column of table.columns)
        if (column.generated === null) values.set(column.name, randomValue(column, catalog, random))
      const given = [...values].map(([name, sql]) => `${sql} AS ${quoteName(name)}`)
      const printer = new ExprPrinter(catalog, new Usage())
      for (const column of computed)
        values.set(column.name, printComputed(column, table, { of: (name) => `o.${quoteName(name)}`, printer }))
      const list = [...values.keys()].map((name) =>
        computed.some((each) => each.name === name) ? values.get(name) : `o.${quoteName(name)}`,
      )
      database.exec(
        `INSERT OR IGNORE INTO ${quoteName(tableName(table))} (${[...values.keys()].map(quoteName).join(', ')})
         SELECT ${list.join(', ')} FROM (SELECT ${given.join(', ')}) AS o`,
      )
    }
  }
  for (;;) {
    const orphans = database.prepare('PRAGMA foreign_key_check').all()
    if (orphans.length === 0) return
    for (const { table, rowid } of orphans)
      database.exec(`DELETE FROM ${quoteName(String(table))} WHERE rowid = ${rowid}`)
  }
}

/** Everything that can be seen, the rowids included. */
export function shown(database: DatabaseSync, catalog: Catalog): string {
  const lines: string[] = []
  for (const table of [...catalog.tables.values()].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    if (table.kind === 'view') continue
    const columns = table.columns.map((column) => column.name).sort()
    const statement = database.prepare(
      `SELECT rowid AS "#", ${columns.map((name) => `${quoteName(name)}, typeof(${quoteName(name)})`).join(', ')} FROM ${quoteName(tableName(table))} ORDER BY rowid`,
    )
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    for (const row of statement.all() as unknown as unknown[][])
      lines.push(
        `${table.key} ${row.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value))).join('|')}`,
      )
  }
  return lines.join('\n')
}
