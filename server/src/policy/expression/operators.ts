import type { A_Expr } from 'libpg-query'
import { castTo } from '../../query/conversion.ts'
import type { Expr } from '../../query/expr.ts'
import { and, not, or } from '../../query/expr-tools.ts'
import type { FunctionName } from '../../query/functions.ts'
import { resolveCall, resolveIn, resolveQuantified } from '../../query/signatures.ts'
import { ExpressionError } from './error.ts'
import type { Scope } from './scope.ts'
import { type Node, words } from './sql.ts'

interface Operator {
  readonly fn: FunctionName
  readonly negated: boolean
}

const plain = (fn: FunctionName): Operator => ({ fn, negated: false })
const negated = (fn: FunctionName): Operator => ({ fn, negated: true })

const BINARY: ReadonlyMap<string, Operator> = new Map([
  ['=', plain('eq')],
  ['<>', plain('neq')],
  ['!=', plain('neq')],
  ['<', plain('lt')],
  ['<=', plain('lte')],
  ['>', plain('gt')],
  ['>=', plain('gte')],
  ['~~', plain('like')],
  ['!~~', negated('like')],
  ['~~*', plain('ilike')],
  ['!~~*', negated('ilike')],
  ['~', plain('match')],
  ['!~', negated('match')],
  ['~*', plain('imatch')],
  ['!~*', negated('imatch')],
  ['+', plain('add')],
  ['-', plain('sub')],
  ['*', plain('mul')],
  ['/', plain('div')],
  ['%', plain('mod')],
  ['^', plain('power')],
  ['||', plain('concat')],
  ['->', plain('json_get')],
  ['->>', plain('json_get_text')],
  ['#>', plain('json_path')],
  ['#>>', plain('json_path_text')],
  ['?', plain('json_has_key')],
  ['@>', plain('contains')],
  ['<@', plain('contained')],
  ['&&', plain('overlaps')],
  ['^@', plain('starts_with')],
])

const UNARY: ReadonlyMap<string, FunctionName> = new Map([
  ['-', 'neg'],
  ['@', 'abs'],
])

/** Every operator form of PostgreSQL's grammar: `a + b`, `-a`, IN, BETWEEN, LIKE, IS DISTINCT FROM, ANY, ALL, NULLIF. */
export function checkOperator(node: A_Expr, scope: Scope): Expr {
  switch (node.kind) {
    case 'AEXPR_OP':
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
      return node.lexpr === undefined ? unary(node, scope) : binary(node, scope)
    case 'AEXPR_DISTINCT':
      return resolveCall('distinct', both(node, scope))
    case 'AEXPR_NOT_DISTINCT':
      return not(resolveCall('distinct', both(node, scope)))
    case 'AEXPR_NULLIF':
      return nullIf(both(node, scope))
    case 'AEXPR_IN':
      return inList(node, scope)
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return quantified(node, scope)
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return between(node, scope)
    default:
      throw new ExpressionError('SIMILAR TO is not supported', { hint: 'Use LIKE or a regular expression (~).' })
  }
}

function operatorOf(node: A_Expr): Operator {
  const symbol = words(node.name).at(-1) ?? ''
  const found = BINARY.get(symbol)
  if (found === undefined) throw new ExpressionError(`the operator ${symbol} is not supported`)
  return found
}

function both(node: A_Expr, scope: Scope): [Expr, Expr] {
  return [operand(node.lexpr, scope), operand(node.rexpr, scope)]
}

function operand(node: Node | undefined, scope: Scope): Expr {
  if (node === undefined) throw new ExpressionError('an operand is missing')
  return scope.check(node, scope)
}

function unary(node: A_Expr, scope: Scope): Expr {
  const symbol = words(node.name).at(-1) ?? ''
  const arg = operand(node.rexpr, scope)
  if (symbol === '+') return arg
  const fn = UNARY.get(symbol)
  if (fn === undefined) throw new ExpressionError(`the prefix operator ${symbol} is not supported`)
  return resolveCall(fn, [arg])
}

function binary(node: A_Expr, scope: Scope): Expr {
  const operator = operatorOf(node)
  const rows = rowsOf(node)
  if (rows !== null) return rowEquality(operator, rows, scope)
  return apply(operator, both(node, scope))
}

function apply(operator: Operator, args: readonly Expr[]): Expr {
  const found = resolveCall(operator.fn, args)
  return operator.negated ? not(found) : found
}

/** `(a, b) = (c, d)`, the operands in pairs; null when neither side is a row. */
function rowsOf(node: A_Expr): readonly (readonly [Node, Node])[] | null {
  const { lexpr: left, rexpr: right } = node
  if (left === undefined || right === undefined || !('RowExpr' in left) || !('RowExpr' in right)) return null
  const [lefts, rights] = [left.RowExpr.args ?? [], right.RowExpr.args ?? []]
  if (lefts.length !== rights.length) throw new ExpressionError('unequal number of entries in row expressions')
  return lefts.map((item, index) => [item, rights[index] as Node] as const)
}

function rowEquality(operator: Operator, rows: readonly (readonly [Node, Node])[], scope: Scope): Expr {
  if (operator.fn !== 'eq' && operator.fn !== 'neq') {
    throw new ExpressionError('rows can only be compared with = and <>')
  }
  const pairs = rows.map(([left, right]) =>
    resolveCall(operator.fn, [scope.check(left, scope), scope.check(right, scope)]),
  )
  return operator.fn === 'eq' ? and(...pairs) : or(...pairs)
}

function listItems(node: Node | undefined): readonly Node[] {
  return node !== undefined && 'List' in node ? (node.List.items ?? []) : []
}

/** Families within which PostgreSQL compares two types without converting either. */
const COMPARED_AS_THEY_ARE: readonly ReadonlySet<string>[] = [
  new Set(['smallint', 'integer', 'bigint']),
  new Set(['real', 'double']),
  new Set(['date', 'timestamp', 'timestamptz']),
]

/** NULLIF has the type of its first side, as that is compared. */
function nullIf([left, right]: [Expr, Expr]): Expr {
  const found = resolveCall('nullif', [left, right])
  const isKept = COMPARED_AS_THEY_ARE.some((family) => family.has(left.type.name) && family.has(found.type.name))
  return isKept && left.type.name !== 'unknown' ? castTo(found, left.type) : found
}

function inList(node: A_Expr, scope: Scope): Expr {
  const items = listItems(node.rexpr).map((item) => scope.check(item, scope))
  const found = resolveIn(operand(node.lexpr, scope), items)
  return words(node.name).at(-1) === '<>' ? not(found) : found
}

/** `x = any (array(select …))`, the way Supabase's guides write IN, is IN. */
function quantified(node: A_Expr, scope: Scope): Expr {
  const operator = operatorOf(node)
  const all = node.kind === 'AEXPR_OP_ALL'
  const right = node.rexpr
  if (right !== undefined && 'SubLink' in right && right.SubLink.subLinkType === 'ARRAY_SUBLINK') {
    const type = all ? 'ALL_SUBLINK' : 'ANY_SUBLINK'
    const { lexpr: testexpr, name: operName } = node
    if (testexpr === undefined || operName === undefined) throw new ExpressionError('an operand is missing')
    return scope.check({ SubLink: { ...right.SubLink, subLinkType: type, testexpr, operName } }, scope)
  }
  const [arg, array] = both(node, scope)
  if (!operator.negated) return resolveQuantified(operator.fn, all, { arg, array })
  return not(resolveQuantified(operator.fn, !all, { arg, array }))
}

function between(node: A_Expr, scope: Scope): Expr {
  const arg = operand(node.lexpr, scope)
  const [low, high] = listItems(node.rexpr).map((item) => scope.check(item, scope))
  if (low === undefined || high === undefined) throw new ExpressionError('BETWEEN needs two bounds')
  const inside = (from: Expr, to: Expr): Expr => and(resolveCall('gte', [arg, from]), resolveCall('lte', [arg, to]))
  const symmetric = node.kind === 'AEXPR_BETWEEN_SYM' || node.kind === 'AEXPR_NOT_BETWEEN_SYM'
  const found = symmetric ? or(inside(low, high), inside(high, low)) : inside(low, high)
  return node.kind === 'AEXPR_NOT_BETWEEN' || node.kind === 'AEXPR_NOT_BETWEEN_SYM' ? not(found) : found
}
