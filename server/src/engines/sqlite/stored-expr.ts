import { parseExpression } from '../../policy/expression/index.ts'
import type { Expr } from '../../query/expr.ts'
import type { Catalog, Column, Table } from '../../schema/catalog.ts'
import { storageOf, toStorage } from './codecs.ts'
import { inline } from './compare.ts'
import type { ExprPrinter } from './expr.ts'

/** A column's default as an Expr, assigned to the column's type. Throws where it is no PostgreSQL expression (adopted tables). */
export function parseDefault(text: string, column: Column, catalog: Catalog): Expr {
  const expected = { kind: 'column', name: column.name, type: column.type, what: 'default expression' } as const
  return parseExpression(text, { catalog, self: null, expected: { ...expected, name: `column "${column.name}"` } })
}

/** A generated column's expression over `source`. */
export function parseGenerated(column: Column, over: { table: Table; catalog: Catalog; source: string }): Expr {
  const { table, catalog, source } = over
  const expected = {
    kind: 'column',
    name: `column "${column.name}"`,
    type: column.type,
    what: 'generation expression',
  } as const
  const text = column.generated?.expression ?? 'null'
  return parseExpression(text, { catalog, self: table, sourceId: source, expected, noSubqueries: 'generated column' })
}

export function parseCheck(text: string, over: { table: Table; catalog: Catalog; source: string }): Expr {
  const { table, catalog, source } = over
  const expected = { kind: 'condition', of: 'CHECK' } as const
  return parseExpression(text, { catalog, self: table, sourceId: source, expected, noSubqueries: 'check constraint' })
}

/** An expression as a column of `storage` keeps it. */
export function printStored(expr: Expr, column: Column, printer: ExprPrinter): string {
  const storage = storageOf(column)
  if (expr.kind === 'literal') return inline(expr.value === null ? null : toStorage(column.type, storage, expr.value))
  return toStored(column, printer.print(expr), printer)
}

/** SQL in the standard form of the column's type, as the column keeps it. */
export function toStored(column: Column, sql: string, printer: ExprPrinter): string {
  const storage = storageOf(column)
  if (storage.kind === 'plain') return sql
  if (column.type.name === 'numeric') {
    if (storage.kind === 'scaled') return printer.udf('numeric_scaled', sql, String(storage.scale))
    return storage.kind === 'key' ? printer.udf('numeric_key', sql) : `CAST(${sql} AS NUMERIC)`
  }
  if (column.type.name === 'timestamp' && storage.kind === 'native')
    return `replace(${sql}, 'T', '${storage.datetime}')`
  return sql
}

/** True for a default that is a new random UUID and nothing else. */
export function isRandomUuid(expr: Expr): boolean {
  return expr.kind === 'call' && expr.fn === 'gen_random_uuid'
}
