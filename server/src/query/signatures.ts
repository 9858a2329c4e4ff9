import { failure, type PilarError } from '../errors/error.ts'
import {
  arrayOf,
  BOOLEAN,
  type ColumnType,
  type LogicalType,
  type ScalarTypeName,
  TEXT,
  typeLabel,
  UNKNOWN,
} from '../schema/types.ts'
import { baseType, coercible, commonType, isNumber, isText, sameBase } from './common-type.ts'
import { coerce, narrowed } from './conversion.ts'
import type { AggregateName, Call, Expr, InList, Quantified } from './expr.ts'
import { call, literal } from './expr-tools.ts'
import { FUNCTION_LABELS, type FunctionName, OPERATOR_SYMBOLS } from './functions.ts'

const COMPARE = ['T,T>boolean']
const TEXT_TEST = ['text,text>boolean']
const TEXT_ONLY = ['text>text']
const TEXT_COUNT = ['text,integer>text']
const PAD = ['text,integer>text', 'text,integer,text>text']
const TRIM = ['text>text', 'text,text>text']
const WHOLE = ['numeric>numeric', 'double>double']
const WHOLE_OR_DIGITS = [...WHOLE, 'numeric,integer>numeric']
const INSIDE = ['T[],T[]>boolean', 'jsonb,jsonb>boolean']

/**
 * `argument,argument>result`. `T` is one type that all its arguments convert to, `T[]` an array of it, `N` the same among numbers,
 * `I` among integers and numeric, `any` whatever comes, `scalar` whatever is neither array nor bytea (turned into text), `a=b` an `a` that
 * becomes a `b`, and `...` repeats the last argument.
 */
const SIGNATURES: Readonly<Record<FunctionName, readonly string[]>> = {
  eq: COMPARE,
  neq: COMPARE,
  lt: COMPARE,
  lte: COMPARE,
  gt: COMPARE,
  gte: COMPARE,
  distinct: COMPARE,
  like: TEXT_TEST,
  ilike: TEXT_TEST,
  match: TEXT_TEST,
  imatch: TEXT_TEST,
  like_escape: ['text,text>text'],
  add: [
    'N,N>N',
    'timestamptz,interval>timestamptz',
    'interval,timestamptz>timestamptz',
    'timestamp,interval>timestamp',
    'interval,timestamp>timestamp',
    'time,interval>time',
    'interval,time>time',
    'interval,interval>interval',
    'date,integer>date',
    'integer,date>date',
    'date,time>timestamp',
    'date=timestamp,interval>timestamp',
    'interval,date=timestamp>timestamp',
  ],
  sub: [
    'N,N>N',
    'timestamptz,timestamptz>interval',
    'timestamp,timestamp>interval',
    'date,date>integer',
    'time,time>interval',
    'timestamptz,interval>timestamptz',
    'timestamp,interval>timestamp',
    'time,interval>time',
    'interval,interval>interval',
    'date,integer>date',
    'jsonb,text>jsonb',
    'jsonb,integer>jsonb',
    'date=timestamp,interval>timestamp',
  ],
  mul: ['N,N>N', 'interval,double>interval', 'double,interval>interval'],
  div: ['N,N>N', 'interval,double>interval'],
  mod: ['I,I>I'],
  neg: ['N>N', 'interval>interval'],
  power: ['double,double>double', 'numeric,numeric>numeric'],
  abs: ['N>N'],
  sign: WHOLE,
  sqrt: WHOLE,
  round: WHOLE_OR_DIGITS,
  ceil: WHOLE,
  floor: WHOLE,
  trunc: WHOLE_OR_DIGITS,
  greatest: ['T...>T'],
  least: ['T...>T'],
  coalesce: ['T...>T'],
  nullif: ['T,T>T'],
  concat: [
    'text,text>text',
    'T[],T[]>T[]',
    'T[],T>T[]',
    'T,T[]>T[]',
    'jsonb,jsonb>jsonb',
    'text,scalar>text',
    'scalar,text>text',
  ],
  concat_all: ['scalar...>text'],
  lower: TEXT_ONLY,
  upper: TEXT_ONLY,
  initcap: TEXT_ONLY,
  reverse: TEXT_ONLY,
  trim: TRIM,
  ltrim: TRIM,
  rtrim: TRIM,
  length: ['text>integer', 'bytea>integer'],
  octet_length: ['text>integer', 'bytea>integer'],
  repeat: TEXT_COUNT,
  left: TEXT_COUNT,
  right: TEXT_COUNT,
  lpad: PAD,
  rpad: PAD,
  substring: ['text,integer>text', 'text,integer,integer>text'],
  position: ['text,text>integer'],
  replace: ['text,text,text>text'],
  split_part: ['text,text,integer>text'],
  starts_with: TEXT_TEST,
  json_get: ['jsonb,text>jsonb', 'jsonb,integer>jsonb'],
  json_get_text: ['jsonb,text>text', 'jsonb,integer>text'],
  json_path: ['jsonb,text[]>jsonb'],
  json_path_text: ['jsonb,text[]>text'],
  json_has_key: ['jsonb,text>boolean'],
  json_typeof: ['jsonb>text'],
  json_array_length: ['jsonb>integer'],
  json_build_object: ['>jsonb', 'any...>jsonb'],
  json_build_array: ['>jsonb', 'any...>jsonb'],
  to_jsonb: ['any>jsonb'],
  contains: INSIDE,
  contained: INSIDE,
  overlaps: ['T[],T[]>boolean'],
  array_length: ['T[],integer>integer'],
  cardinality: ['T[]>integer'],
  array_append: ['T[],T>T[]'],
  array_position: ['T[],T>integer'],
  date_trunc: ['text,timestamptz>timestamptz', 'text,timestamp>timestamp', 'text,interval>interval'],
  extract: [
    'text,timestamptz>numeric',
    'text,timestamp>numeric',
    'text,date>numeric',
    'text,time>numeric',
    'text,interval>numeric',
  ],
  timezone: ['text,timestamptz>timestamp', 'text,timestamp>timestamptz'],
  gen_random_uuid: ['>uuid'],
}

interface Signature {
  readonly args: readonly string[]
  readonly variadic: boolean
  readonly result: string
}

const PARSED: ReadonlyMap<FunctionName, readonly Signature[]> = new Map(
  (Object.keys(SIGNATURES) as FunctionName[]).map((fn) => [fn, SIGNATURES[fn].map(parseSignature)]),
)

function parseSignature(text: string): Signature {
  const [left = '', result = ''] = text.split('>')
  const variadic = left.endsWith('...')
  const args = left.replace('...', '').split(',')
  return { args: left === '' ? [] : args, variadic, result }
}

/** One way to call: the type each argument becomes, and how well it fits. */
interface Fit {
  readonly targets: readonly ColumnType[]
  readonly result: ColumnType
  readonly score: number
}

const COMPARISONS: ReadonlySet<FunctionName> = new Set(['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'distinct'])
/** PostgreSQL's preferred type of each category: the tie-breaker between equally good signatures. */
const PREFERRED: ReadonlySet<string> = new Set(['text', 'double', 'timestamptz', 'interval'])

/**
 * Chooses the signature as PostgreSQL does and gives every argument its type: untyped literals and the request's params take the type the
 * signature wants, others get the implicit cast. Throws 42883 when no signature fits, 22P02 and the like when a literal can't be converted.
 *
 * `resolveCall('eq', [column('s0', posts, 'id'), param])` types the param as the column.
 */
export function resolveCall(fn: FunctionName, args: readonly Expr[]): Call {
  const shown = args.map(resolvedType)
  const types = COMPARISONS.has(fn) ? narrowed(args, shown) : shown
  const fits = (PARSED.get(fn) ?? []).map((signature) => fit(signature, types)).filter((found) => found !== null)
  const best = fits.reduce<Fit | null>((top, found) => (top === null || found.score > top.score ? found : top), null)
  if (best === null) throw callMissing(fn, shown)
  const typed = args.map((arg, index) => coerce(arg, best.targets[index] ?? TEXT))
  return call(fn, typed, best.result) as Call
}

/** What resolution sees: a request's param has no type of its own. */
export function resolvedType(expr: Expr): LogicalType {
  return expr.kind === 'param' ? UNKNOWN : expr.type
}

function fit(signature: Signature, types: readonly LogicalType[]): Fit | null {
  const patterns = spread(signature, types.length)
  if (patterns === null) return null
  const variable = bind(patterns, types)
  if (variable === null) return null
  let score = unknownsFollow(patterns, types) ? 1000 : 0
  const targets: ColumnType[] = []
  for (const [index, pattern] of patterns.entries()) {
    const type = types[index] ?? UNKNOWN
    const target = targetOf(pattern, type, variable)
    if (target === null) return null
    targets.push(target)
    score += closeness(type, target, pattern)
  }
  const result =
    signature.result === 'T[]' ? wrap(variable) : isVariable(signature.result) ? variable : named(signature.result)
  return result === null ? null : { targets, result, score }
}

function spread(signature: Signature, count: number): readonly string[] | null {
  if (!signature.variadic) return signature.args.length === count ? signature.args : null
  const last = signature.args.at(-1) ?? 'any'
  return count === 0 ? null : Array.from({ length: count }, (_, index) => signature.args[index] ?? last)
}

const isVariable = (pattern: string): boolean => pattern === 'T' || pattern === 'N' || pattern === 'I'

/** The type that `T`, `N` or `I` stands for; text when the signature has none; null when the arguments have nothing in common. */
function bind(patterns: readonly string[], types: readonly LogicalType[]): ColumnType | null {
  const members: LogicalType[] = []
  for (const [index, pattern] of patterns.entries()) {
    const type = types[index] ?? UNKNOWN
    if (isVariable(pattern)) {
      if (pattern === 'T' && type.name === 'array' && patterns.includes('T[]')) return null
      members.push(type)
    }
    if (pattern === 'T[]') {
      if (type.name !== 'array' && type.name !== 'unknown') return null
      members.push(type.name === 'array' ? type.element : UNKNOWN)
    }
  }
  if (members.length === 0) return TEXT
  if (patterns.includes('T[]') && !types.some((type) => type.name === 'array')) return null
  const arithmetic = patterns.includes('N') || patterns.includes('I')
  const merging = !arithmetic && patterns.length !== 2
  const common = commonType(members, merging ? 'merge' : 'compare')
  if (common === null || !arithmetic) return common
  if (!isNumber(common) || members.every((type) => type.name === 'unknown')) return null
  return patterns.includes('I') && (common.name === 'real' || common.name === 'double') ? null : baseType(common)
}

function targetOf(pattern: string, type: LogicalType, variable: ColumnType): ColumnType | null {
  if (isVariable(pattern)) return variable
  if (pattern === 'T[]') return wrap(variable)
  if (pattern === 'any') return type.name === 'unknown' ? TEXT : type
  if (pattern === 'scalar') return type.name === 'array' || type.name === 'bytea' ? null : TEXT
  if (pattern === 'text[]') return type.name === 'unknown' || sameBase(type, arrayOf(TEXT)) ? arrayOf(TEXT) : null
  const [from, to] = pattern.split('=')
  if (to !== undefined) return type.name === from ? named(to) : null
  return coercible(type, pattern as ScalarTypeName) ? named(pattern) : null
}

function wrap(element: ColumnType): ColumnType | null {
  return element.name === 'array' ? null : arrayOf(element)
}

function named(pattern: string): ColumnType {
  return { name: pattern as Exclude<ScalarTypeName, 'enum'> }
}

function closeness(type: LogicalType, target: ColumnType, pattern: string): number {
  if (type.name === 'unknown') return isText(target) ? 1 : PREFERRED.has(target.name) ? 0.5 : 0
  if (pattern === 'scalar') return 0
  if (sameBase(type, target) || pattern.includes('=')) return 100
  return PREFERRED.has(target.name) ? 10 : 0
}

/** PostgreSQL's first guess for a binary operator: an untyped side has the other side's type. */
function unknownsFollow(patterns: readonly string[], types: readonly LogicalType[]): boolean {
  if (types.length !== 2) return false
  const known = types.find((type) => type.name !== 'unknown')
  const untyped = types.findIndex((type) => type.name === 'unknown')
  if (known === undefined || untyped < 0) return false
  const pattern = patterns[untyped] ?? 'any'
  if (pattern === 'T') return !patterns.includes('T[]')
  return (
    pattern === 'N' ||
    pattern === 'I' ||
    (pattern === 'T[]' ? known.name === 'array' : pattern === baseType(known).name)
  )
}

const OPERATOR_HINT =
  'No operator matches the given name and argument types. You might need to add explicit type casts.'
const FUNCTION_HINT =
  'No function matches the given name and argument types. You might need to add explicit type casts.'

/** 42883 in PostgreSQL's words: `operator does not exist: integer = text`, `function lower(integer) does not exist`. */
export function callMissing(fn: FunctionName, types: readonly LogicalType[]): PilarError {
  const labels = types.map((type) => typeLabel(type.name === 'unknown' ? type : baseLabel(type)))
  const symbol = OPERATOR_SYMBOLS.get(fn)
  if (symbol === undefined) {
    const message = `function ${FUNCTION_LABELS.get(fn) ?? fn}(${labels.join(', ')}) does not exist`
    return failure('42883', { message }, { hint: FUNCTION_HINT })
  }
  const message = `operator does not exist: ${labels.length === 1 ? `${symbol} ${labels[0]}` : labels.join(` ${symbol} `)}`
  return failure('42883', { message }, { hint: OPERATOR_HINT })
}

/** PostgreSQL prints types here without length and precision, yet keeps `character varying` apart from `text`. */
function baseLabel(type: ColumnType): ColumnType {
  return type.name === 'varchar' ? { name: 'varchar' } : type.name === 'array' ? type : baseType(type)
}

/** `arg IN (items)`; a single list param takes the argument's type. Throws 42883 when they can't be compared. */
export function resolveIn(arg: Expr, items: readonly Expr[]): InList {
  const shown = [arg, ...items].map(resolvedType)
  const common = commonType(narrowed([arg, ...items], shown), 'compare')
  if (common === null) {
    const clash = shown.find((type) => commonType([shown[0] ?? UNKNOWN, type], 'compare') === null) ?? UNKNOWN
    throw callMissing('eq', [shown[0] ?? UNKNOWN, clash])
  }
  const typed = Object.freeze(items.map((item) => coerce(item, common)))
  return Object.freeze({ kind: 'in', type: BOOLEAN, arg: coerce(arg, common), items: typed })
}

/** `arg fn ANY (array)`, or ALL. The array is array-typed, an untyped literal, or a list param. */
export function resolveQuantified(fn: FunctionName, all: boolean, operands: { arg: Expr; array: Expr }): Quantified {
  const { arg, array } = operands
  const given = resolvedType(array)
  if (given.name !== 'array' && given.name !== 'unknown') {
    throw failure('42804', { message: `op ANY/ALL (array) requires array on right side` })
  }
  const element: Expr = literal(null, given.name === 'array' ? given.element : UNKNOWN)
  const pair = resolveCall(fn, [arg, element])
  const [left = arg, right = element] = pair.args
  const type = right.type
  if (type.name === 'array' || type.name === 'unknown') throw callMissing(fn, [resolvedType(arg), given])
  const target = array.kind === 'param' && array.form === 'list' ? type : arrayOf(type)
  return Object.freeze({ kind: 'quantified', type: BOOLEAN, fn, all, arg: left, array: coerce(array, target) })
}

const SUM_TYPE: ReadonlyMap<string, ColumnType> = new Map<string, ColumnType>([
  ['smallint', { name: 'bigint' }],
  ['integer', { name: 'bigint' }],
  ['bigint', { name: 'numeric' }],
  ['numeric', { name: 'numeric' }],
  ['real', { name: 'real' }],
  ['double', { name: 'double' }],
  ['interval', { name: 'interval' }],
])
const NOT_ORDERED: ReadonlySet<string> = new Set(['boolean', 'jsonb', 'uuid'])

/** What an aggregate gives over `type` (null for `count(*)`). Throws 42883 `function sum(text) does not exist`. */
export function aggregateType(fn: AggregateName, type: ColumnType | null): ColumnType {
  if (fn === 'count') return { name: 'bigint' }
  const sum = type === null ? undefined : SUM_TYPE.get(type.name)
  if (fn === 'sum' && sum !== undefined) return sum
  if (fn === 'avg' && type !== null && sum !== undefined) return averageType(type)
  if ((fn === 'min' || fn === 'max') && type !== null && !NOT_ORDERED.has(type.name)) return type
  const label = type === null ? '' : typeLabel(baseLabel(type))
  throw failure('42883', { message: `function ${fn}(${label}) does not exist` }, { hint: FUNCTION_HINT })
}

function averageType(type: ColumnType): ColumnType {
  if (type.name === 'interval') return type
  return type.name === 'real' || type.name === 'double' ? { name: 'double' } : { name: 'numeric' }
}
