import type { A_ArrayExpr, BooleanTest, CaseExpr, NullTest, TypeCast } from 'libpg-query'
import { castTo, mergeTypes } from '../../query/conversion.ts'
import type { ArrayExpr, Case, Expr } from '../../query/expr.ts'
import { and, caseArm, is, literal, not, or } from '../../query/expr-tools.ts'
import { resolveCall } from '../../query/signatures.ts'
import { arrayOf, BOOLEAN, type ColumnType, JSONB } from '../../schema/types.ts'
import { checkConstant, checkValueFunction } from './constants.ts'
import { ExpressionError, located } from './error.ts'
import { checkChoice, checkFunction } from './functions.ts'
import { checkOperator } from './operators.ts'
import { booleanArgument, settled } from './rules.ts'
import { resolveColumn, type Scope } from './scope.ts'
import { type Node, words } from './sql.ts'
import { checkSubquery } from './subquery.ts'
import { intervalText, resolveType } from './type-name.ts'

/** Turns one node of PostgreSQL's grammar into a checked Expr. Throws `ExpressionError` with the place of the innermost fault. */
export function checkNode(node: Node, scope: Scope): Expr {
  try {
    return checkKind(node, scope)
  } catch (error) {
    throw located(error, scope.positionOf(locationOf(node)))
  }
}

function locationOf(node: Node): number | undefined {
  const [body] = Object.values(node) as { location?: number }[]
  return body?.location
}

function checkKind(node: Node, scope: Scope): Expr {
  if ('ColumnRef' in node) return columnOf(node.ColumnRef.fields ?? [], scope)
  if ('A_Const' in node) return checkConstant(node.A_Const)
  if ('A_Expr' in node) return checkOperator(node.A_Expr, scope)
  if ('BoolExpr' in node) return logicOf(node.BoolExpr.boolop, node.BoolExpr.args ?? [], scope)
  if ('NullTest' in node) return nullTest(node.NullTest, scope)
  if ('BooleanTest' in node) return booleanTest(node.BooleanTest, scope)
  if ('FuncCall' in node) return checkFunction(node.FuncCall, scope)
  if ('CoalesceExpr' in node) return checkChoice('coalesce', node.CoalesceExpr.args, scope)
  if ('MinMaxExpr' in node) {
    return checkChoice(node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest', node.MinMaxExpr.args, scope)
  }
  if ('TypeCast' in node) return typeCast(node.TypeCast, scope)
  if ('CaseExpr' in node) return caseOf(node.CaseExpr, scope)
  if ('A_ArrayExpr' in node) return arrayOfItems(node.A_ArrayExpr, scope)
  if ('SubLink' in node) return checkSubquery(node.SubLink, scope)
  if ('SQLValueFunction' in node) return checkValueFunction(node.SQLValueFunction)
  throw unsupported(node)
}

const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ['A_Indirection', 'subscripts and fields of values are not supported'],
  ['CollateClause', 'COLLATE is not supported: text compares by code point everywhere'],
  ['RowExpr', 'a row can only stand on both sides of = or <>'],
  ['ParamRef', 'parameters ($1) are not supported'],
  ['JsonIsPredicate', 'IS JSON is not supported'],
  ['GroupingFunc', 'GROUPING is not supported'],
  ['NamedArgExpr', 'named arguments are only supported for functions of the schema'],
  ['SetToDefault', 'DEFAULT is not allowed in this context'],
])

function unsupported(node: Node): ExpressionError {
  const kind = Object.keys(node)[0] ?? ''
  return new ExpressionError(UNSUPPORTED.get(kind) ?? `this syntax (${kind}) is not supported`)
}

function columnOf(fields: readonly Node[], scope: Scope): Expr {
  if (fields.some((field) => 'A_Star' in field)) throw new ExpressionError('* is not a value')
  return resolveColumn(scope, words(fields))
}

function logicOf(op: string | undefined, nodes: readonly Node[], scope: Scope): Expr {
  const word = op === 'NOT_EXPR' ? 'NOT' : op === 'OR_EXPR' ? 'OR' : 'AND'
  const args = nodes.map((node) => {
    const arg = scope.check(node, scope)
    try {
      return booleanArgument(arg, word)
    } catch (error) {
      throw located(error, scope.positionOf(locationOf(node)))
    }
  })
  if (word === 'AND') return and(...args)
  return word === 'OR' ? or(...args) : not(args[0] ?? literal(null, BOOLEAN))
}

function operand(node: Node | undefined, scope: Scope): Expr {
  if (node === undefined) throw new ExpressionError('an operand is missing')
  return scope.check(node, scope)
}

function nullTest(node: NullTest, scope: Scope): Expr {
  return is(settled(operand(node.arg, scope)), 'null', node.nulltesttype === 'IS_NOT_NULL')
}

function booleanTest(node: BooleanTest, scope: Scope): Expr {
  const words = (node.booltesttype ?? 'IS_TRUE').toLowerCase().split('_')
  const label = words.join(' ').toUpperCase()
  const test = words.at(-1) as 'true' | 'false' | 'unknown'
  return is(booleanArgument(operand(node.arg, scope), label), test, words.includes('not'))
}

function typeCast(node: TypeCast, scope: Scope): Expr {
  const { arg, typeName } = node
  if (arg === undefined || typeName === undefined) throw new ExpressionError('this cast is incomplete')
  const type = resolveType(typeName, scope.catalog)
  if ('A_ArrayExpr' in arg && type.name === 'array') {
    const { element } = type
    const items = (arg.A_ArrayExpr.elements ?? []).map((item) => castTo(scope.check(item, scope), element))
    return Object.freeze({ kind: 'array', type, items: Object.freeze(items) })
  }
  const value = scope.check(arg, scope)
  if (type.name === 'interval' && value.kind === 'literal' && typeof value.value === 'string') {
    return castTo(literal(intervalText(value.value, typeName), value.type), type)
  }
  return unwrapJwt(value, type) ?? castTo(value, type)
}

/** `current_setting('request.jwt.claims')::json` is the jwt itself, not its text parsed again. */
function unwrapJwt(value: Expr, type: ColumnType): Expr | null {
  if (type.name !== JSONB.name || value.kind !== 'cast') return null
  return value.arg.kind === 'context' && value.arg.name === 'jwt' ? value.arg : null
}

/** Both forms of CASE; `case x when 1 …` compares `x` with each value in turn. */
function caseOf(node: CaseExpr, scope: Scope): Expr {
  const subject = node.arg === undefined ? null : settled(scope.check(node.arg, scope))
  const arms = (node.args ?? []).flatMap((arm) => ('CaseWhen' in arm ? [arm.CaseWhen] : []))
  const whens = arms.map((arm) => {
    const when = operand(arm.expr, scope)
    return subject === null ? booleanArgument(when, 'CASE/WHEN') : resolveCall('eq', [subject, when])
  })
  const results = arms.map((arm) => operand(arm.result, scope))
  const otherwise = node.defresult === undefined ? null : scope.check(node.defresult, scope)
  const { type, exprs } = mergeTypes('CASE', otherwise === null ? results : [...results, otherwise])
  return Object.freeze<Case>({
    kind: 'case',
    type,
    whens: Object.freeze(whens.map((when, index) => caseArm(when, exprs[index] as Expr))),
    otherwise: otherwise === null ? null : (exprs.at(-1) ?? null),
  })
}

function arrayOfItems(node: A_ArrayExpr, scope: Scope): Expr {
  const items = (node.elements ?? []).map((item) => scope.check(item, scope))
  if (items.length === 0) {
    throw new ExpressionError('cannot determine type of empty array', {
      hint: 'Explicitly cast to the desired type, for example ARRAY[]::integer[].',
    })
  }
  const { type, exprs } = mergeTypes('ARRAY', items)
  if (type.name === 'array') throw new ExpressionError('arrays of arrays are not supported')
  return Object.freeze<ArrayExpr>({ kind: 'array', type: arrayOf(type), items: Object.freeze([...exprs]) })
}
