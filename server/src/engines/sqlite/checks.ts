import { PilarError } from '../../errors/error.ts'
import type { Catalog, Check, Table } from '../../schema/catalog.ts'
import { columnsOf } from './candidates.ts'
import { ExprPrinter, Usage } from './expr.ts'
import { parseCheck } from './stored-expr.ts'
import { unnamed } from './unnamed.ts'
import type { MayName, Refusal, RowCheck } from './write-plan.ts'

/**
 * A check as a condition of SQLite's own functions, for DDL; null when it needs functions of ours, which a file must not depend on: then every
 * write checks it before it writes.
 */
export function nativeCheck(expression: string, table: Table, catalog: Catalog): string | null {
  const expr = parseCheck(expression, { table, catalog, source: 'self' })
  return printNative((printer) => printer.print(expr), catalog, 'table')
}

/** SQL for DDL, or null where SQLite's own functions do not suffice. */
export function printNative(
  print: (printer: ExprPrinter) => string,
  catalog: Catalog,
  ddl: 'table' | 'view',
): string | null {
  try {
    return print(new ExprPrinter(catalog, new Usage(), { ddl }))
  } catch (error) {
    if (error instanceof PilarError && error.code === '0A000') return null
    throw error
  }
}

/** What a write is compiled against, and what its errors may tell of it. */
interface Known {
  readonly catalog: Catalog
  readonly mayName: MayName
}

const known = new WeakMap<Table, readonly string[]>()

/** Columns that a check is about; all of them where it is written in SQLite's own words. */
export function checkColumns(check: Check, table: Table, catalog: Catalog): readonly string[] {
  if (check.native === true) return table.columns.map((column) => column.name)
  return [...columnsOf([parseCheck(check.expression, { table, catalog, source: 'self' })], 'self')]
}

/** The checks that the table does not enforce by itself. */
export function enforcedChecks(table: Table, source: string, { catalog, mayName }: Known): RowCheck[] {
  let names = known.get(table)
  if (names === undefined) {
    const own = table.checks.filter((check) => check.native !== true)
    names = own.filter((check) => nativeCheck(check.expression, table, catalog) === null).map((check) => check.name)
    known.set(table, names)
  }
  const wanted = new Set(names)
  return table.checks
    .filter((check) => wanted.has(check.name))
    .map((check) => {
      const refusal: Refusal = { code: '23514', values: { table: table.name, constraint: check.name } }
      const isKnown = mayName(table.key, checkColumns(check, table, catalog))
      return {
        condition: parseCheck(check.expression, { table, catalog, source }),
        refusal: isKnown ? refusal : { ...refusal, message: unnamed('23514', table) },
      }
    })
}
