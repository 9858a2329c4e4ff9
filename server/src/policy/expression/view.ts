import type { FuncCall, SortBy } from 'libpg-query'
import { AGGREGATES, type AggregateName, type ColumnRef, type Expr, type ViewQuery } from '../../query/expr.ts'
import { collect, namesActor } from '../../query/expr-tools.ts'
import { aggregateType } from '../../query/signatures.ts'
import type { Catalog } from '../../schema/catalog.ts'
import type { ColumnType } from '../../schema/types.ts'
import { ExpressionError } from './error.ts'
import { checkFrom, type From } from './from.ts'
import { rootScope } from './root-scope.ts'
import { booleanArgument, settled } from './rules.ts'
import type { Scope } from './scope.ts'
import { isOnly, type Node, parseSelectText, type SelectStmt, words } from './sql.ts'
import { aggregateCall, limitOf, termOrder } from './subquery.ts'

const CLAUSES = [
  'distinctClause',
  'targetList',
  'fromClause',
  'whereClause',
  'groupClause',
  'havingClause',
  'sortClause',
  'limitCount',
] as const

/** One select being read: its FROM, and what was found so far. */
interface Reading {
  readonly from: From
  readonly scope: Scope
  readonly aggregates: ViewQuery['aggregates'][number][]
  readonly output: { readonly name: string; readonly value: Expr }[]
}

/**
 * Parses and checks the select of a view: outputs with aliases and `*`, joins, WHERE, GROUP BY with aggregates, HAVING, ORDER BY, DISTINCT,
 * LIMIT. Names without a schema are looked up in `schema` first. Throws `ExpressionError`.
 */
export function parseSelect(text: string, catalog: Catalog, schema: string): ViewQuery {
  const view = readSelect(text, catalog, schema)
  if (selectNamesActor(view)) {
    const hint = 'Put the condition into a select policy of the view.'
    throw new ExpressionError('a view cannot depend on who asks', { hint })
  }
  return view
}

/** `parseSelect` for a select that is no view's. */
export function readSelect(text: string, catalog: Catalog, schema: string): ViewQuery {
  const { node: select, positionOf } = parseSelectText(text)
  if (!isOnly(select, CLAUSES)) {
    const hint = 'WITH, UNION, OFFSET, WINDOW and FOR UPDATE are not supported here.'
    throw new ExpressionError('a view may have only one select', { hint })
  }
  const outer = { ...rootScope({ catalog, self: null }, positionOf), schema, definer: true }
  const from = checkFrom(select.fromClause ?? [], outer)
  const where =
    select.whereClause === undefined ? null : booleanArgument(from.scope.check(select.whereClause, from.scope), 'WHERE')
  const reading: Reading = { from, scope: from.scope, aggregates: [], output: [] }
  addOutputs(select, reading)
  const having = havingOf(select, reading)
  const order = (select.sortClause ?? []).flatMap((item) => ('SortBy' in item ? [orderOf(item.SortBy, reading)] : []))
  const group = groupOf(select, reading)
  const view: ViewQuery = {
    distinct: isDistinct(select),
    output: Object.freeze(reading.output),
    from: from.sources,
    where,
    group,
    having,
    order,
    limit: limitOf(select, from.scope),
    aggregates: Object.freeze(reading.aggregates),
  }
  refuseUngrouped(view, reading)
  return Object.freeze(view)
}

function isDistinct(select: SelectStmt): boolean {
  const on = select.distinctClause?.some((item) => Object.keys(item).length > 0) ?? false
  if (on) throw new ExpressionError('DISTINCT ON is not supported')
  return select.distinctClause !== undefined
}

/** An output, its aggregates taken out: each becomes a column of the source AGGREGATES. */
function outputValue(node: Node, reading: Reading): Expr {
  const { level } = reading.from
  const check: Scope['check'] = (inner, scope) => {
    const call = aggregateCall(inner)
    if (call === null || scope.levels[0] !== level) return reading.scope.check(inner, scope)
    return aggregateOf(call, reading)
  }
  return settled(check(node, { ...reading.scope, check }))
}

function aggregateOf(node: FuncCall, { from, aggregates }: Reading): ColumnRef {
  const fn = words(node.funcname).at(-1) as AggregateName
  if (node.agg_distinct || node.agg_filter || node.agg_order || node.over) {
    throw new ExpressionError(`${fn}: DISTINCT, FILTER, ORDER BY and OVER are not supported`)
  }
  const [arg] = node.args ?? []
  const value = arg === undefined ? null : settled(from.scope.check(arg, from.scope))
  const type = aggregateType(fn, value === null ? null : (value.type as ColumnType))
  aggregates.push(Object.freeze({ fn, value, type }))
  return Object.freeze({
    kind: 'column',
    type,
    source: AGGREGATES,
    table: AGGREGATES,
    column: String(aggregates.length - 1),
  })
}

function addOutputs(select: SelectStmt, reading: Reading): void {
  for (const item of select.targetList ?? []) {
    const target = 'ResTarget' in item ? item.ResTarget : undefined
    if (target?.val === undefined) throw new ExpressionError('this output is not supported')
    const star = starOf(target.val)
    if (star !== null) addAll(star, reading)
    else addOutput(target.name ?? nameOf(target.val), outputValue(target.val, reading), reading)
  }
}

function addOutput(name: string, value: Expr, { output }: Reading): void {
  if (output.some((other) => other.name === name)) {
    throw new ExpressionError(`column "${name}" specified more than once`, {
      hint: 'Give one of them another name with AS.',
    })
  }
  output.push(Object.freeze({ name, value }))
}

/** The qualifier of `t.*`, '' for `*`; null for anything else. */
function starOf(node: Node): string | null {
  const fields = 'ColumnRef' in node ? (node.ColumnRef.fields ?? []) : []
  return fields.some((field) => 'A_Star' in field) ? words(fields.slice(0, -1)).join('.') : null
}

function addAll(qualifier: string, reading: Reading): void {
  const { level, scope } = reading.from
  const sources = level.sources.filter((source) => qualifier === '' || source.name === qualifier)
  if (sources.length === 0) throw new ExpressionError(`missing FROM-clause entry for table "${qualifier}"`)
  for (const source of sources) {
    for (const column of source.table.columns) {
      const fields = [source.name, column.name].map((sval) => ({ String: { sval } }))
      addOutput(column.name, scope.check({ ColumnRef: { fields } }, scope), reading)
    }
  }
}

/** The name PostgreSQL gives an output without AS. */
function nameOf(node: Node): string {
  if ('ColumnRef' in node) return words(node.ColumnRef.fields).at(-1) ?? '?column?'
  if ('FuncCall' in node) return words(node.FuncCall.funcname).at(-1) ?? '?column?'
  if ('TypeCast' in node && node.TypeCast.arg !== undefined) return nameOf(node.TypeCast.arg)
  if ('CoalesceExpr' in node) return 'coalesce'
  return 'CaseExpr' in node ? 'case' : '?column?'
}

function havingOf(select: SelectStmt, reading: Reading): Expr | null {
  return select.havingClause === undefined ? null : booleanArgument(outputValue(select.havingClause, reading), 'HAVING')
}

function orderOf(sort: SortBy, reading: Reading): ViewQuery['order'][number] {
  if (sort.node === undefined) throw new ExpressionError('this ORDER BY is not supported')
  return termOrder(sort, byPositionOrName(sort.node, reading) ?? outputValue(sort.node, reading))
}

function groupOf(select: SelectStmt, reading: Reading): readonly Expr[] | null {
  if (select.groupClause === undefined) return reading.aggregates.length > 0 ? [] : null
  const { scope, level } = reading.from
  return select.groupClause.map((node) => {
    const isColumn = level.sources.some((source) => source.table.column.has(bareName(node) ?? ''))
    return (isColumn ? null : byPositionOrName(node, reading)) ?? settled(scope.check(node, scope))
  })
}

function bareName(node: Node): string | null {
  const path = 'ColumnRef' in node ? words(node.ColumnRef.fields) : []
  return path.length === 1 ? (path[0] ?? null) : null
}

/** `order by 2` and `order by total`: an output by its place or name. */
function byPositionOrName(node: Node, { output }: Reading): Expr | null {
  if ('A_Const' in node && node.A_Const.ival !== undefined) {
    const position = node.A_Const.ival.ival ?? 0
    const found = output[position - 1]
    if (found === undefined) throw new ExpressionError(`position ${position} is not in select list`)
    return found.value
  }
  return output.find((item) => item.name === bareName(node))?.value ?? null
}

/** In a grouped view a column outside aggregates must be one that is grouped by, or belong to a table grouped by its primary key. */
function refuseUngrouped(view: ViewQuery, { from }: Reading): void {
  if (view.group === null) return
  const group = new Set(view.group.map(keyOf))
  const isGrouped = (expr: Expr): boolean => group.has(keyOf(expr))
  const keyed = from.level.sources.filter(({ source, table }) => {
    const key = table.primaryKey.map((name) =>
      view.group?.some((expr) => expr.kind === 'column' && expr.source === source && expr.column === name),
    )
    return key.length > 0 && key.every(Boolean)
  })
  const values = [
    ...view.output.map((item) => item.value),
    ...view.order.map((term) => term.value),
    ...(view.having === null ? [] : [view.having]),
  ]
  for (const value of values) {
    if (isGrouped(value)) continue
    const { columns, sources } = collect(value)
    const loose = columns.find((column) => {
      const inside = column.source === AGGREGATES || sources.has(column.source)
      return !inside && !isGrouped(column) && !keyed.some((item) => item.source === column.source)
    })
    if (loose !== undefined) {
      throw new ExpressionError(
        `column "${loose.column}" must appear in the GROUP BY clause or be used in an aggregate function`,
      )
    }
  }
}

/** Equal for equal expressions. */
function keyOf(expr: Expr): string {
  return JSON.stringify(expr, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}

export function selectNamesActor(view: ViewQuery): boolean {
  const exprs = [...view.output.map((item) => item.value), view.where, view.having, ...view.from.map((item) => item.on)]
  return exprs.some((expr) => expr !== null && namesActor(expr))
}
