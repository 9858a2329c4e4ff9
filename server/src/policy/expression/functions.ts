import type { FuncCall } from 'libpg-query'
import { mergeTypes } from '../../query/conversion.ts'
import type { Expr } from '../../query/expr.ts'
import { call, cast, context } from '../../query/expr-tools.ts'
import type { FunctionName } from '../../query/functions.ts'
import { callMissing, resolveCall } from '../../query/signatures.ts'
import { DOUBLE, JSONB, TEXT, UUID } from '../../schema/types.ts'
import { NOW } from './constants.ts'
import { callDeclared, declaredFunction } from './declared.ts'
import { ExpressionError } from './error.ts'
import { type Scope, suggestion } from './scope.ts'
import { type Node, words } from './sql.ts'

/** PostgreSQL's spellings, in lower case → ours. Those that are the same in both are listed once, as they are. */
const SAME: readonly FunctionName[] = [
  'abs',
  'sign',
  'sqrt',
  'round',
  'ceil',
  'floor',
  'trunc',
  'power',
  'mod',
  'lower',
  'upper',
  'initcap',
  'ltrim',
  'rtrim',
  'length',
  'octet_length',
  'reverse',
  'repeat',
  'substring',
  'left',
  'right',
  'lpad',
  'rpad',
  'replace',
  'split_part',
  'starts_with',
  'to_jsonb',
  'array_length',
  'cardinality',
  'array_append',
  'array_position',
  'date_trunc',
  'extract',
  'timezone',
  'gen_random_uuid',
  'like_escape',
  'position',
]
const BUILTIN: ReadonlyMap<string, FunctionName> = new Map<string, FunctionName>([
  ...SAME.map((name) => [name, name] as const),
  ['char_length', 'length'],
  ['character_length', 'length'],
  ['btrim', 'trim'],
  ['substr', 'substring'],
  ['ceiling', 'ceil'],
  ['pow', 'power'],
  ['concat', 'concat_all'],
  ['strpos', 'position'],
  ['date_part', 'extract'],
  ['to_json', 'to_jsonb'],
  ['json_typeof', 'json_typeof'],
  ['jsonb_typeof', 'json_typeof'],
  ['json_array_length', 'json_array_length'],
  ['jsonb_array_length', 'json_array_length'],
  ['json_build_object', 'json_build_object'],
  ['jsonb_build_object', 'json_build_object'],
  ['json_build_array', 'json_build_array'],
  ['jsonb_build_array', 'json_build_array'],
  ['uuid_generate_v4', 'gen_random_uuid'],
  ['textcat', 'concat'],
  ['jsonb_exists', 'json_has_key'],
  ['regexp_like', 'match'],
])

/** Calls that mean the request: who asks, and when. */
const AMBIENT: ReadonlyMap<string, Expr> = new Map([
  ['auth.uid', context('uid', UUID)],
  ['auth.role', context('role', TEXT)],
  ['auth.email', context('email', TEXT)],
  ['auth.jwt', context('jwt', JSONB)],
  ['now', NOW],
  ['transaction_timestamp', NOW],
  ['statement_timestamp', NOW],
  ['clock_timestamp', NOW],
])

export const AGGREGATES: ReadonlySet<string> = new Set(['count', 'sum', 'avg', 'min', 'max'])

/** A call by name: ambient, built in, or declared with `expr()`. Aggregates were taken out by the subquery around them. */
export function checkFunction(node: FuncCall, scope: Scope): Expr {
  const path = words(node.funcname)
  refuseExtras(node, path.join('.'))
  const plain = path[0] === 'pg_catalog' ? path.slice(1) : path
  const name = plain.join('.')
  const ambient = AMBIENT.get(name)
  if (ambient !== undefined && node.args === undefined) return ambient
  if (name === 'current_setting') return currentSetting(node)
  const fn = BUILTIN.get(name)
  if (fn !== undefined) return builtin(fn, name, checkArguments(node.args, scope))
  const declared = declaredFunction(plain, scope)
  if (declared !== null) return callDeclared(declared, node.args ?? [], scope)
  throw unknownFunction(name, scope)
}

function refuseExtras(node: FuncCall, name: string): void {
  if (node.over !== undefined) throw new ExpressionError('window functions are not supported')
  if (AGGREGATES.has(name))
    throw new ExpressionError(`aggregate functions are not allowed here`, { hint: `Write (select ${name}(…) from …).` })
  if (node.agg_distinct || node.agg_filter || node.agg_order || node.agg_star || node.func_variadic) {
    throw new ExpressionError(`${name}: DISTINCT, FILTER, ORDER BY, * and VARIADIC are not supported in a call`)
  }
}

function checkArguments(args: readonly Node[] | undefined, scope: Scope): Expr[] {
  return (args ?? []).map((arg) => {
    if ('NamedArgExpr' in arg)
      throw new ExpressionError('named arguments are only supported for functions of the schema')
    return scope.check(arg, scope)
  })
}

function builtin(fn: FunctionName, name: string, args: readonly Expr[]): Expr {
  const found = resolveCall(fn, args)
  return name === 'date_part' ? cast(found, DOUBLE) : found
}

/** COALESCE, GREATEST and LEAST: their arguments meet in one type. */
export function checkChoice(
  fn: 'coalesce' | 'greatest' | 'least',
  nodes: readonly Node[] | undefined,
  scope: Scope,
): Expr {
  const { type, exprs } = mergeTypes(fn.toUpperCase(), checkArguments(nodes, scope))
  return exprs.length === 0 ? unreachableCall(fn) : call(fn, exprs, type)
}

function unreachableCall(fn: FunctionName): never {
  throw callMissing(fn, [])
}

/** `current_setting('request.jwt.claims', true)` and `…claim.sub`: how policies asked before `auth.jwt()`. */
function currentSetting(node: FuncCall): Expr {
  const first = node.args?.[0]
  const setting = first !== undefined && 'A_Const' in first ? first.A_Const.sval?.sval : undefined
  const jwt = context('jwt', JSONB)
  if (setting === 'request.jwt.claims') return cast(jwt, TEXT)
  if (setting === 'role') return context('role', TEXT)
  const claim = setting?.startsWith('request.jwt.claim.') ? setting.slice('request.jwt.claim.'.length) : null
  if (claim === null)
    throw new ExpressionError(`the setting "${setting ?? ''}" is not available`, { hint: 'Use auth.jwt().' })
  return resolveCall('json_get_text', [jwt, { kind: 'literal', type: TEXT, value: claim }])
}

function unknownFunction(name: string, scope: Scope): ExpressionError {
  const declared = [...scope.catalog.functions.values()].map((fn) =>
    fn.schema === scope.schema ? fn.name : `${fn.schema}.${fn.name}`,
  )
  const known = [...BUILTIN.keys(), ...AMBIENT.keys(), 'coalesce', 'greatest', 'least', 'nullif', ...declared]
  return new ExpressionError(`function ${name} does not exist`, { hint: suggestion('function', name, known) })
}
