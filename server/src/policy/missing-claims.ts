import type { Context, ContextName, Expr, Query } from '../query/expr.ts'
import { and, is } from '../query/expr-tools.ts'
import type { FunctionName } from '../query/functions.ts'

/** Comparisons that are null, so never true, when a side is null. */
const STRICT: ReadonlySet<FunctionName> = new Set([
  'eq',
  'neq',
  'lt',
  'lte',
  'gt',
  'gte',
  'like',
  'ilike',
  'match',
  'imatch',
])
type Needed = ReadonlyMap<ContextName, Context>
const NOTHING: Needed = new Map()

/**
 * The same rule, with what it needs of the actor said first: `auth.uid() is not null and …`. It names no table, so an engine decides it once
 * and not row by row: a caller without the claim is denied before a single row is looked at (security Z18).
 */
export function denyMissingClaims(rule: Expr): Expr {
  const needed = [...neededIn(rule).values()]
  return needed.length === 0 ? rule : and(...needed.map((context) => is(context, 'null', true)), rule)
}

/** What must not be null for `expr` to be true. Never too much: what is not understood needs nothing. */
function neededIn(expr: Expr): Needed {
  switch (expr.kind) {
    case 'and':
      return union(expr.args.map(neededIn))
    case 'or':
      return common(expr.args.map(neededIn))
    case 'call':
      return STRICT.has(expr.fn) ? union(expr.args.map(operandNeeds)) : NOTHING
    case 'in':
      return operandNeeds(expr.arg)
    case 'in-query':
      return union([operandNeeds(expr.arg), neededInQuery(expr.query)])
    case 'exists':
      return neededInQuery(expr.query)
    default:
      return NOTHING
  }
}

/** A subquery has a row only where its WHERE is true; one that aggregates always has one. */
function neededInQuery(query: Query): Needed {
  if (query.where === null || query.aggregate !== null) return NOTHING
  return neededIn(query.where)
}

/** An operand that is the actor's own value, as it is or cast to another type. */
function operandNeeds(expr: Expr): Needed {
  if (expr.kind === 'cast') return operandNeeds(expr.arg)
  return expr.kind === 'context' ? new Map([[expr.name, expr]]) : NOTHING
}

function union(all: readonly Needed[]): Needed {
  return new Map(all.flatMap((one) => [...one]))
}

function common(all: readonly Needed[]): Needed {
  const [first = NOTHING, ...others] = all
  return new Map([...first].filter(([name]) => others.every((other) => other.has(name))))
}
