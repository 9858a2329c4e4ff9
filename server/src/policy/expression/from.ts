import type { JoinExpr, RangeVar } from 'libpg-query'
import type { Expr, QuerySource } from '../../query/expr.ts'
import { and, column } from '../../query/expr-tools.ts'
import { resolveCall } from '../../query/signatures.ts'
import { ExpressionError, located } from './error.ts'
import { booleanArgument } from './rules.ts'
import { newLevel, resolveTable, type Scope, type ScopeLevel, type ScopeSource } from './scope.ts'
import { type Node, words } from './sql.ts'

/** A FROM clause: its occurrences in order, and the scope in which its names and those around it are visible. */
export interface From {
  readonly sources: readonly QuerySource[]
  readonly level: ScopeLevel
  readonly scope: Scope
}

/** Reads `a, b join c on … left join d using (id)` as one list, each joined to all before it. */
export function checkFrom(items: readonly Node[], outer: Scope): From {
  const level = newLevel()
  const scope: Scope = { ...outer, levels: [level, ...outer.levels] }
  const from: From & { readonly sources: QuerySource[] } = { sources: [], level, scope }
  for (const item of items) add(item, from, { join: 'cross' })
  return from
}

interface Joining {
  readonly join: QuerySource['join']
  readonly expr?: JoinExpr
}

function add(node: Node, from: From & { readonly sources: QuerySource[] }, joining: Joining): void {
  if ('JoinExpr' in node) {
    addJoin(node.JoinExpr, from, joining)
    return
  }
  if (!('RangeVar' in node)) {
    throw new ExpressionError('only tables and joins of tables can stand in FROM', {
      hint: 'Write the inner select as exists (…) or in (…).',
    })
  }
  const before = [...from.level.sources]
  const source = addTable(node.RangeVar, from)
  const on = joining.expr === undefined ? null : condition(joining.expr, { from, before, source })
  from.sources.push(Object.freeze({ source: source.source, table: source.table.key, join: joining.join, on }))
}

function addJoin(expr: JoinExpr, from: From & { readonly sources: QuerySource[] }, outer: Joining): void {
  const { larg, rarg, jointype } = expr
  if (larg === undefined || rarg === undefined) throw new ExpressionError('a side of the join is missing')
  if (outer.join !== 'cross') throw new ExpressionError('a join in parentheses on the right side is not supported')
  if (expr.isNatural)
    throw new ExpressionError('NATURAL JOIN is not supported', { hint: 'Write the columns: using (…).' })
  if (expr.alias || expr.join_using_alias) throw new ExpressionError('an alias of a whole join is not supported')
  if (jointype !== 'JOIN_INNER' && jointype !== 'JOIN_LEFT') {
    throw new ExpressionError('only inner and left joins are supported', { hint: 'Turn the right join around.' })
  }
  add(larg, from, outer)
  const conditional = expr.quals !== undefined || expr.usingClause !== undefined
  const join = jointype === 'JOIN_LEFT' ? 'left' : 'inner'
  add(rarg, from, conditional ? { join, expr } : { join: 'cross' })
}

function addTable(node: RangeVar, from: From): ScopeSource {
  const { scope, level } = from
  try {
    const table = resolveTable(scope, node.schemaname, node.relname ?? '')
    const alias = node.alias?.aliasname
    if (node.alias?.colnames !== undefined) throw new ExpressionError('column aliases in FROM are not supported')
    const source: ScopeSource = {
      source: scope.nextSource(),
      table,
      name: alias ?? table.name,
      aliased: alias !== undefined,
    }
    if (level.sources.some((other) => other.name === source.name)) {
      throw new ExpressionError(`table name "${source.name}" specified more than once`, {
        hint: 'Give one of them an alias.',
      })
    }
    level.sources.push(source)
    return source
  } catch (error) {
    throw located(error, scope.positionOf(node.location))
  }
}

interface Sides {
  readonly from: From
  readonly before: readonly ScopeSource[]
  readonly source: ScopeSource
}

function condition(expr: JoinExpr, { from, before, source }: Sides): Expr {
  const { scope, level } = from
  if (expr.quals !== undefined) return booleanArgument(scope.check(expr.quals, scope), 'JOIN/ON')
  const equalities = words(expr.usingClause).map((name) => {
    const left = level.merged.get(name) ?? onlyColumn(before, name)
    if (!source.table.column.has(name)) throw unknownInUsing(name, 'right')
    level.merged.set(name, left)
    return resolveCall('eq', [left, column(source.source, source.table, name)])
  })
  return and(...equalities)
}

function onlyColumn(sources: readonly ScopeSource[], name: string) {
  const holders = sources.filter((source) => source.table.column.has(name))
  const holder = holders[0]
  if (holder === undefined) throw unknownInUsing(name, 'left')
  if (holders.length > 1) throw new ExpressionError(`common column name "${name}" appears more than once in left table`)
  return column(holder.source, holder.table, name)
}

function unknownInUsing(name: string, side: string): ExpressionError {
  return new ExpressionError(`column "${name}" specified in USING clause does not exist in ${side} table`)
}
