import type { Catalog, ForeignKey, TableKey } from '../../../schema/catalog.ts'
import { quoteName } from '../../sql/printer.ts'
import { nativeCheck } from '../checks.ts'
import { ExprPrinter, Usage } from '../expr.ts'
import { parseCheck } from '../stored-expr.ts'
import { tableName } from '../tables.ts'
import type { Switch } from './migration.ts'
import { isNewlyRequired, isReadAsDefault, type PlannedTable } from './plan-table.ts'
import { isNew } from './plan-text.ts'
import { quoteNames } from './print-table.ts'
import { orphanMessage } from './verify-keys.ts'

type Checks = Switch['checks']

export interface Checked {
  readonly planned: PlannedTable
  readonly isCopied: boolean
}

/** Queries for the rules that no copy has verified; `verified` are foreign keys that one has. */
export function planChecks(checked: readonly Checked[], after: Catalog, verified: ReadonlySet<ForeignKey>): Checks {
  const changed = new Set(
    checked.flatMap(({ planned }) =>
      planned.columns
        .filter((each) => each.retired === null && each.trace.converted !== null)
        .map((each) => columnKey(planned.table.key, each.name)),
    ),
  )
  return checked
    .filter(({ planned }) => planned.retired === null)
    .flatMap(({ planned, isCopied }) => [
      ...(isCopied ? [] : [...notNulls(planned), ...uniques(planned)]),
      ...checks(planned, isCopied, after),
      ...foreignKeys(planned, { changed, verified }, after),
    ])
}

const columnKey = (table: TableKey, column: string): string => `${table}\u0000${column}`

/** The columns that tell which row it is: its key, or else its rowid. */
function rowOf({ table }: PlannedTable): string {
  return table.primaryKey.length > 0 ? quoteNames(table.primaryKey) : '*'
}

/** By typeof(): once the column is declared NOT NULL, SQLite takes `IS NULL` to be false without looking. */
function notNulls(planned: PlannedTable): Checks {
  const all = quoteName(planned.name)
  // One row tells of all of them, which may be many.
  const any = `(SELECT * FROM ${all} LIMIT 1)`
  return planned.columns.filter(isNewlyRequired).map((each) => ({
    sql: `SELECT ${rowOf(planned)} FROM ${isReadAsDefault(each) ? any : all} WHERE typeof(${quoteName(each.name)}) = 'null' LIMIT 1`,
    step: each.trace.step ?? 0,
    refusal: { code: '23502', values: { column: each.name, table: planned.table.name } },
  }))
}

function uniques(planned: PlannedTable): Checks {
  const { table, trace } = planned
  return table.uniques.flatMap((unique, at) => {
    if (!isNew(planned, 'uniques', at)) return []
    const columns = quoteNames(unique.columns)
    const given = unique.columns.map((column) => `${quoteName(column)} IS NOT NULL`).join(' AND ')
    const sql = `SELECT ${columns} FROM ${quoteName(planned.name)} WHERE ${given} GROUP BY ${columns} HAVING count(*) > 1 LIMIT 1`
    const refusal = { code: '23505', values: { constraint: unique.name } } as const
    return [{ sql, step: trace.named.uniques[at]?.step ?? 0, refusal }]
  })
}

/** Of a copied table, only those that SQLite can't see to. */
function checks(planned: PlannedTable, isCopied: boolean, after: Catalog): Checks {
  const { table, trace } = planned
  const hasNewValues = planned.columns.some((each) => each.trace.converted !== null)
  return table.checks.flatMap((check, at) => {
    if (check.native === true) return []
    if (isCopied && nativeCheck(check.expression, table, after) !== null) return []
    const isNewCheck = isNew(planned, 'checks', at)
    if (!isNewCheck && !hasNewValues) return []
    const printer = new ExprPrinter(after, new Usage())
    const condition = printer.print(parseCheck(check.expression, { table, catalog: after, source: 't' }))
    const sql = `SELECT ${rowOf(planned)} FROM ${quoteName(planned.name)} AS t WHERE NOT (${condition}) LIMIT 1`
    const step =
      trace.named.checks[at]?.step ?? planned.columns.find((each) => each.trace.converted !== null)?.trace.step
    const refusal = { code: '23514', values: { table: table.name, constraint: check.name } } as const
    return [{ sql, step: step ?? 0, refusal }]
  })
}

function foreignKeys(
  planned: PlannedTable,
  { changed, verified }: { readonly changed: ReadonlySet<string>; readonly verified: ReadonlySet<ForeignKey> },
  after: Catalog,
): Checks {
  const { table, trace } = planned
  return table.foreignKeys.flatMap((key, at) => {
    if (verified.has(key)) return []
    const own = key.columns.find((column) => changed.has(columnKey(table.key, column)))
    const other = key.references.columns.find((column) => changed.has(columnKey(key.references.table, column)))
    if (!isNew(planned, 'foreignKeys', at) && own === undefined && other === undefined) return []
    const step = trace.named.foreignKeys[at]?.step ?? planned.columns.find((each) => each.name === own)?.trace.step
    const refusal = { code: '23503', values: { message: orphanMessage(planned, key) } } as const
    return [{ sql: orphanQuery(planned, key, after), step: step ?? trace.step ?? 0, refusal }]
  })
}

function orphanQuery(planned: PlannedTable, key: ForeignKey, after: Catalog): string {
  const target = after.tables.get(key.references.table)
  const parent = quoteName(target === undefined ? '' : tableName(target))
  const given = key.columns.map((column) => `c.${quoteName(column)} IS NOT NULL`).join(' AND ')
  const same = key.columns
    .map((column, at) => `p.${quoteName(key.references.columns[at] ?? '')} = c.${quoteName(column)}`)
    .join(' AND ')
  const row = [...new Set([...planned.table.primaryKey, ...key.columns])].map((column) => `c.${quoteName(column)}`)
  return `SELECT ${row.join(', ')} FROM ${quoteName(planned.name)} AS c WHERE ${given} AND NOT EXISTS (SELECT 1 FROM ${parent} AS p WHERE ${same}) LIMIT 1`
}
