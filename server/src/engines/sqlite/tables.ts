import type { Expr } from '../../query/expr.ts'
import type { Table } from '../../schema/catalog.ts'

/** `public.posts` is stored as `posts`; a table of another schema under its full name, `auth.users`. */
export function tableName(table: Pick<Table, 'schema' | 'name'>): string {
  return table.schema === 'public' ? table.name : `${table.schema}.${table.name}`
}

/** Words of a table's `storage`: WITHOUT ROWID, and constraints with an ON CONFLICT clause of their own. */
export const WITHOUT_ROWID = 'without rowid'
export const ON_CONFLICT = 'on conflict'

/**
 * `UNIQUE ON CONFLICT REPLACE` and the like would let an insert delete rows that its role may not touch: there every write says ABORT, which
 * wins over the clause. Not everywhere, for it also wins over what triggers say.
 */
export const orAbort = (table: Table): string => (hasStorage(table, ON_CONFLICT) ? ' OR ABORT' : '')

const hasStorage = ({ storage }: Table, word: string): boolean => storage?.split(', ').includes(word) ?? false

/** The name that reaches the rowid, in SQL; null for views, WITHOUT ROWID tables, and where columns hide every such name. */
export function rowidName(table: Table): string | null {
  if (table.kind === 'view' || hasStorage(table, WITHOUT_ROWID)) return null
  const names = new Set(table.columns.map((column) => column.name.toLowerCase()))
  return ['rowid', '_rowid_', 'oid'].find((name) => !names.has(name)) ?? null
}

/** True when the conditions, joined by AND, fix every column of some unique key of `source` to one value. */
export function isSingleRow(table: Table, source: string, conditions: readonly (Expr | null)[]): boolean {
  if (table.kind === 'view') return false
  const fixed = new Set<string>()
  for (const condition of conditions) collectFixed(condition, source, fixed)
  if (fixed.size === 0) return false
  const keys = [table.primaryKey, ...table.uniques.map((unique) => unique.columns)]
  return keys.some((columns) => columns.length > 0 && columns.every((column) => fixed.has(column)))
}

function collectFixed(condition: Expr | null, source: string, fixed: Set<string>): void {
  if (condition?.kind === 'and') for (const arg of condition.args) collectFixed(arg, source, fixed)
  if (condition?.kind !== 'call' || condition.fn !== 'eq') return
  const [a, b] = condition.args
  if (a === undefined || b === undefined) return
  if (isPlainColumn(a, source) && !mentions(b, source)) fixed.add(a.column)
  if (isPlainColumn(b, source) && !mentions(a, source)) fixed.add(b.column)
}

/** Only types that compare as they are stored: for others the index is not used. */
function isPlainColumn(expr: Expr, source: string): expr is Expr & { kind: 'column' } {
  if (expr.kind !== 'column' || expr.source !== source) return false
  return !['interval', 'jsonb', 'array'].includes(expr.type.name)
}

function mentions(expr: Expr, source: string): boolean {
  return !(
    expr.kind === 'param' ||
    expr.kind === 'context' ||
    expr.kind === 'literal' ||
    (expr.kind === 'column' && expr.source !== source)
  )
}
