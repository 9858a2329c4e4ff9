import type { FuncCall, SortBy, SubLink } from 'libpg-query'
import { commonType } from '../../query/common-type.ts'
import { coerce } from '../../query/conversion.ts'
import type { AggregateName, Exists, Expr, InQuery, Query, ScalarQuery } from '../../query/expr.ts'
import { caseArm, FALSE, is, literal, not } from '../../query/expr-tools.ts'
import { aggregateType, callMissing, resolveCall, resolvedType } from '../../query/signatures.ts'
import { BOOLEAN, type ColumnType } from '../../schema/types.ts'
import { ExpressionError, located } from './error.ts'
import { checkFrom, type From } from './from.ts'
import { AGGREGATES } from './functions.ts'
import { booleanArgument, settled } from './rules.ts'
import type { Scope } from './scope.ts'
import { isOnly, type Node, type SelectStmt, words } from './sql.ts'

/** `exists (select …)`, `x in (select …)`, `x = any (select …)` and `(select one_value …)`. */
export function checkSubquery(node: SubLink, scope: Scope): Expr {
  if (scope.noSubqueries !== null) throw new ExpressionError(scope.noSubqueries)
  const select = node.subselect !== undefined && 'SelectStmt' in node.subselect ? node.subselect.SelectStmt : undefined
  if (select === undefined) throw new ExpressionError('only a select can stand here')
  refuseClauses(select)
  switch (node.subLinkType) {
    case 'EXISTS_SUBLINK':
      return exists(select, scope)
    case 'EXPR_SUBLINK':
      return scalar(select, scope)
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK':
      return membership(node, select, scope)
    default:
      throw new ExpressionError('this kind of subquery is not supported', {
        hint: 'Use exists (…), in (…) or a scalar subquery.',
      })
  }
}

const CLAUSES = ['targetList', 'fromClause', 'whereClause', 'sortClause', 'limitCount', 'distinctClause'] as const

function refuseClauses(select: SelectStmt): void {
  if (isOnly(select, CLAUSES)) return
  const message = 'a subquery may have only FROM, WHERE, ORDER BY and LIMIT'
  throw new ExpressionError(message, {
    hint: 'WITH, UNION, GROUP BY, HAVING, OFFSET and FOR UPDATE are not supported here.',
  })
}

function exists(select: SelectStmt, scope: Scope): Expr {
  if (outputs(select).some(hasAggregate))
    throw new ExpressionError('an aggregate inside EXISTS is always true; leave it out')
  const from = checkFrom(select.fromClause ?? [], scope)
  const where = condition(select, from.scope)
  if (limitOf(select, scope) === 0) return FALSE
  for (const output of outputs(select)) if (!isStar(output)) from.scope.check(output, from.scope)
  if (from.sources.length === 0) return where === null ? literal(true, BOOLEAN) : is(where, 'true')
  const query = makeQuery(from, { where })
  return Object.freeze<Exists>({ kind: 'exists', type: BOOLEAN, query })
}

/** The one value of a select. `(select auth.uid())`, Supabase's way to have it computed once, is just the value. */
function scalar(select: SelectStmt, scope: Scope): Expr {
  const output = onlyOutput(select)
  if (hasAggregate(output)) return aggregated(output, select, scope)
  const from = checkFrom(select.fromClause ?? [], scope)
  const where = condition(select, from.scope)
  const value = settled(from.scope.check(output, from.scope))
  if (from.sources.length === 0) return where === null ? value : conditional(where, value)
  const query = makeQuery(from, {
    where,
    output: value,
    ...ordering(select, from.scope),
    limit: limitOf(select, scope),
  })
  return Object.freeze<ScalarQuery>({ kind: 'scalar-query', type: value.type as ColumnType, query })
}

function conditional(when: Expr, then: Expr): Expr {
  return Object.freeze({
    kind: 'case',
    type: then.type as ColumnType,
    whens: Object.freeze([caseArm(when, then)]),
    otherwise: null,
  })
}

/**
 * `(select coalesce(sum(x), 0) from t where …)` is `coalesce((select sum(x) from t where …), 0)`: without GROUP BY there is one row, and its
 * other columns can't be used. Each aggregate becomes a query of its own.
 */
function aggregated(output: Node, select: SelectStmt, scope: Scope): Expr {
  if (limitOf(select, scope) === 0) return literal(null, BOOLEAN)
  const { level } = checkFrom(select.fromClause ?? [], scope)
  const outside: Scope = { ...scope, levels: [{ ...level, grouped: true }, ...scope.levels] }
  const check: Scope['check'] = (node, inner) => {
    const call = aggregateCall(node)
    if (call === null || inner.levels[0]?.grouped !== true) return scope.check(node, inner)
    return aggregate(call, select, scope)
  }
  return settled(check(output, { ...outside, check }))
}

function aggregate(node: FuncCall, select: SelectStmt, scope: Scope): Expr {
  const fn = words(node.funcname).at(-1) as AggregateName
  if (node.agg_distinct || node.agg_filter || node.agg_order || node.over) {
    throw new ExpressionError(`${fn}: DISTINCT, FILTER, ORDER BY and OVER are not supported`, {
      hint: 'Put the condition into WHERE.',
    })
  }
  const from = checkFrom(select.fromClause ?? [], scope)
  const where = condition(select, from.scope)
  const [arg] = node.args ?? []
  if ((arg === undefined) !== (node.agg_star === true) || (node.args?.length ?? 0) > 1) throw callMissing('length', [])
  const output = arg === undefined ? null : settled(from.scope.check(arg, from.scope))
  const type = aggregateType(fn, output === null ? null : (output.type as ColumnType))
  const query = makeQuery(from, { where, output, aggregate: fn })
  return Object.freeze<ScalarQuery>({ kind: 'scalar-query', type, query })
}

function membership(node: SubLink, select: SelectStmt, scope: Scope): Expr {
  const symbol = words(node.operName).at(-1) ?? '='
  const all = node.subLinkType === 'ALL_SUBLINK'
  if (node.testexpr === undefined || symbol !== (all ? '<>' : '=')) {
    throw new ExpressionError(`${symbol} ${all ? 'ALL' : 'ANY'} (select …) is not supported`, {
      hint: 'Use in, not in or exists.',
    })
  }
  if ('RowExpr' in node.testexpr)
    throw new ExpressionError('rows on the left of IN are not supported', { hint: 'Use exists (…).' })
  const arg = scope.check(node.testexpr, scope)
  const found = contains(arg, select, scope)
  return all ? not(found) : found
}

function contains(arg: Expr, select: SelectStmt, scope: Scope): Expr {
  const output = onlyOutput(select)
  if (hasAggregate(output)) return resolveCall('eq', [arg, aggregated(output, select, scope)])
  const from = checkFrom(select.fromClause ?? [], scope)
  const where = condition(select, from.scope)
  const value = from.scope.check(output, from.scope)
  if (from.sources.length === 0) {
    const equal = resolveCall('eq', [arg, value])
    return where === null ? equal : conditional(where, equal)
  }
  const type = commonType([resolvedType(arg), resolvedType(value)], 'compare')
  if (type === null) throw callMissing('eq', [resolvedType(arg), resolvedType(value)])
  const limit = limitOf(select, scope)
  const order = limit === null ? {} : ordering(select, from.scope)
  const query = makeQuery(from, { where, output: coerce(value, type), ...order, limit })
  return Object.freeze<InQuery>({ kind: 'in-query', type: BOOLEAN, arg: coerce(arg, type), query })
}

function makeQuery(from: From, parts: Partial<Query>): Query {
  const empty = { where: null, output: null, aggregate: null, order: [], limit: null }
  return Object.freeze({ from: Object.freeze(from.sources), ...empty, definer: from.scope.definer, ...parts })
}

function condition(select: SelectStmt, scope: Scope): Expr | null {
  return select.whereClause === undefined ? null : booleanArgument(scope.check(select.whereClause, scope), 'WHERE')
}

function outputs(select: SelectStmt): readonly Node[] {
  return (select.targetList ?? []).flatMap((item) =>
    'ResTarget' in item && item.ResTarget.val ? [item.ResTarget.val] : [],
  )
}

function isStar(node: Node): boolean {
  return 'ColumnRef' in node && (node.ColumnRef.fields ?? []).some((field) => 'A_Star' in field)
}

function onlyOutput(select: SelectStmt): Node {
  const [first, ...more] = outputs(select)
  if (first === undefined || more.length > 0 || isStar(first)) {
    throw new ExpressionError('subquery must return only one column', { hint: 'Name the one column that is wanted.' })
  }
  return first
}

/** The call, when a node is one of an aggregate. */
export function aggregateCall(node: Node): FuncCall | null {
  return 'FuncCall' in node && AGGREGATES.has(words(node.FuncCall.funcname).at(-1) ?? '') ? node.FuncCall : null
}

/** Whether an aggregate of this select's own level stands anywhere in `node`; those of inner selects are theirs. */
function hasAggregate(node: unknown): boolean {
  if (node === null || typeof node !== 'object' || 'SubLink' in node) return false
  if ('FuncCall' in node && aggregateCall(node as Node) !== null) return true
  return Object.values(node).some(hasAggregate)
}

function ordering(select: SelectStmt, scope: Scope): Pick<Query, 'order'> {
  const order = (select.sortClause ?? []).map((item) => {
    if (!('SortBy' in item) || item.SortBy.node === undefined)
      throw new ExpressionError('this ORDER BY is not supported')
    const { node } = item.SortBy
    if ('A_Const' in node)
      throw new ExpressionError('ORDER BY a position is not supported', { hint: 'Name the column.' })
    return termOrder(item.SortBy, settled(scope.check(node, scope)))
  })
  return { order: Object.freeze(order) }
}

/** One ORDER BY term; nulls come last, first when descending, unless it says otherwise. */
export function termOrder(sort: SortBy, value: Expr): Query['order'][number] {
  const descending = sort.sortby_dir === 'SORTBY_DESC'
  const nulls = sort.sortby_nulls
  const nullsFirst = nulls === 'SORTBY_NULLS_FIRST' || (nulls !== 'SORTBY_NULLS_LAST' && descending)
  return Object.freeze({ value, descending, nullsFirst })
}

/** LIMIT as a number, or null when there is none. */
export function limitOf(select: SelectStmt, scope: Scope): number | null {
  const node = select.limitCount
  if (node === undefined) return null
  const constant = 'A_Const' in node ? node.A_Const : undefined
  if (constant?.isnull) return null
  if (constant?.ival === undefined || (constant.ival.ival ?? 0) < 0) {
    throw located(new ExpressionError('LIMIT must be a whole number here'), scope.positionOf(constant?.location))
  }
  return constant.ival.ival ?? 0
}
