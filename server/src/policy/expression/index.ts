import type { Expr, SourceId } from '../../query/expr.ts'
import { literal } from '../../query/expr-tools.ts'
import type { Catalog, ExprFunction, Table } from '../../schema/catalog.ts'
import { type ColumnType, UNKNOWN } from '../../schema/types.ts'
import { checkNode } from './check.ts'
import { checkBody } from './declared.ts'
import { located } from './error.ts'
import { rootScope } from './root-scope.ts'
import { assign, assignUnfitted, booleanArgument, settled } from './rules.ts'
import { parseExpressionText } from './sql.ts'

export { ExpressionError } from './error.ts'
export { loadGrammar, readyFor, setGrammar } from './sql.ts'
export { parseSelect, readSelect, selectNamesActor } from './view.ts'

/** What an expression's names mean, and what its value must be. */
export interface ExpressionScope {
  readonly catalog: Catalog
  /** The table whose row the expression is about; null for a column's default, which sees no row. */
  readonly self: Table | null
  /** The row's source id in the result; SELF unless said otherwise. */
  readonly sourceId?: SourceId
  /** Its value becomes this: a condition (`argument of …`), or a value assigned to a column. Absent means any type. */
  readonly expected?: Expected
  /** PostgreSQL's refusal where subqueries may not stand: `cannot use subquery in check constraint`. */
  readonly noSubqueries?: string
}

export type Expected =
  | { readonly kind: 'condition'; readonly of: string }
  | { readonly kind: 'column'; readonly name: string; readonly type: ColumnType; readonly what: string }
  /** Assigned to a column whose length and scale it has yet to be fitted into. */
  | { readonly kind: 'unfitted'; readonly name: string; readonly type: ColumnType; readonly what: string }

/**
 * Parses and checks one PostgreSQL expression. The grammar must be loaded (`loadGrammar`). Table occurrences in its subqueries are named
 * `p0`, `p1`, …; calls of declared functions are replaced by their bodies. Throws `ExpressionError`: message, position, hint.
 *
 * `parseExpression('author_id = auth.uid()', { catalog, self: posts, expected: { kind: 'condition', of: 'POLICY' } })`
 */
export function parseExpression(text: string, options: ExpressionScope): Expr {
  const { node, positionOf } = parseExpressionText(text)
  const scope = rootScope(options, positionOf)
  const expr = checkNode(node, scope)
  try {
    return settle(expr, options.expected)
  } catch (error) {
    throw located(error, null)
  }
}

/** Checks the body of a declared function by itself, its arguments being unknown values of their types. */
export function checkFunctionBody(fn: ExprFunction, catalog: Catalog): Expr {
  const scope = rootScope({ catalog, self: null }, () => null)
  const values = new Map(fn.arguments.map((argument) => [argument.name, literal(null, argument.type)]))
  return checkBody(fn, values, { ...scope, definer: fn.definer, calling: [`${fn.schema}.${fn.name}`] })
}

function settle(expr: Expr, expected: Expected | undefined): Expr {
  if (expected === undefined) return settled(expr)
  if (expected.kind === 'condition') return booleanArgument(expr, expected.of)
  if (expected.kind === 'unfitted') return assignUnfitted(expr, expected.type, expected)
  return assign(expr, expected.type, expected)
}

/** An output of a select, assigned to a column as `unfitted` is. Throws `ExpressionError`. */
export function assignOutput(expr: Expr, expected: Expected & { kind: 'unfitted' }): Expr {
  const isBare = expr.kind === 'literal' && expr.type.name === 'text'
  try {
    return assignUnfitted(isBare ? literal(expr.value, UNKNOWN) : expr, expected.type, expected)
  } catch (error) {
    throw located(error, null)
  }
}
