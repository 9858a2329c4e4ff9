import { isNumber, isText, sameBase } from '../query/common-type.ts'
import type { Call, ColumnRef, Expr, Literal, Query, SourceId } from '../query/expr.ts'
import { SELF } from '../query/expr.ts'
import { collect } from '../query/expr-tools.ts'
import { FUNCTION_LABELS, type FunctionName, OPERATOR_SYMBOLS } from '../query/functions.ts'
import { type LogicalType, typeLabel, type Value } from '../schema/types.ts'
import { toText } from '../schema/values.ts'

/** What sources are called in the text, and whether the row's own columns need its table's name. */
interface Names {
  readonly aliases: ReadonlyMap<SourceId, string>
  /** Table names of the rows the whole expression is about: subqueries need other aliases. */
  readonly taken: ReadonlySet<string>
  readonly inside: boolean
}

/** Binding strength, as in PostgreSQL's grammar. An operand weaker than its place gets parentheses. */
const OR = 1
const AND = 2
const NOT = 3
const IS = 4
const COMPARISON = 5
const PATTERN = 6
const OTHER = 7
const ADD = 8
const MULTIPLY = 9
const POWER = 10
const CAST = 13
const ATOM = 14

interface Text {
  readonly text: string
  readonly binds: number
}

/**
 * An expression as PostgreSQL text, as few parentheses as it takes. Reading it again gives the same expression, but for `/* definer *​/`
 * subqueries (a mark no text can set) and parts that only plans have. For messages and `policy explain`; engines print their own.
 */
export function printExpr(expr: Expr): string {
  const { columns, sources } = collect(expr)
  const taken = columns.filter((column) => !sources.has(column.source)).map((column) => tableName(column.table))
  return print(expr, { aliases: new Map(), taken: new Set(taken), inside: false }).text
}

function print(expr: Expr, names: Names): Text {
  switch (expr.kind) {
    case 'literal':
      return printLiteral(expr)
    case 'param':
      return atom(`$${expr.index + 1}`)
    case 'context':
      return atom(expr.name === 'now' ? 'now()' : `auth.${expr.name}()`)
    case 'column':
      return atom(columnText(expr, names))
    case 'call':
      return printCall(expr, names)
    case 'and':
      return { text: expr.args.map((arg) => at(arg, AND + 1, names)).join(' and '), binds: AND }
    case 'or':
      return { text: expr.args.map((arg) => at(arg, OR + 1, names)).join(' or '), binds: OR }
    case 'not':
      return printNot(expr.arg, names)
    case 'is':
      return { text: `${at(expr.arg, IS + 1, names)} is ${expr.negated ? 'not ' : ''}${expr.test}`, binds: IS }
    case 'case':
      return printCase(expr, names)
    case 'cast':
      return { text: `${at(expr.arg, CAST, names)}::${typeText(expr.type)}`, binds: CAST }
    case 'in':
    case 'in-query':
      return printIn(expr, 'in', names)
    case 'quantified':
      return printQuantified(expr, names)
    case 'array':
      return { text: `array[${list(expr.items, names)}]::${typeText(expr.type)}`, binds: CAST }
    case 'exists':
      return atom(`exists ${printQuery(expr.query, names)}`)
    case 'scalar-query':
      return atom(printQuery(expr.query, names))
    case 'embed-exists':
      return atom(`exists (embed ${expr.embed})`)
    case 'embed-value':
      return atom(`(embed ${expr.embed}: ${print(expr.value, names).text})`)
  }
}

/** `not in`, `not like` and `is not distinct from` where there is such a form. */
function printNot(arg: Expr, names: Names): Text {
  if (arg.kind === 'in' || arg.kind === 'in-query') return printIn(arg, 'not in', names)
  const [left, right] = arg.kind === 'call' ? arg.args : []
  if (arg.kind === 'call' && left !== undefined && right !== undefined) {
    if (arg.fn === 'distinct') return printDistinct(left, right, { word: 'is not distinct from', names })
    const pattern = BETWEEN_WORDS.get(arg.fn)
    if (pattern !== undefined)
      return { text: `${at(left, OTHER, names)} not ${pattern} ${at(right, OTHER, names)}`, binds: PATTERN }
  }
  return { text: `not ${at(arg, NOT, names)}`, binds: NOT }
}

function printDistinct(left: Expr, right: Expr, { word, names }: { word: string; names: Names }): Text {
  return { text: `${at(left, IS + 1, names)} ${word} ${at(right, IS + 1, names)}`, binds: IS }
}

function printIn(expr: Extract<Expr, { kind: 'in' | 'in-query' }>, word: string, names: Names): Text {
  const arg = at(expr.arg, OTHER, names)
  if (expr.kind === 'in-query') return { text: `${arg} ${word} ${printQuery(expr.query, names)}`, binds: PATTERN }
  const items = expr.items.map((item) => bare(item, expr.arg) ?? print(item, names).text)
  return { text: `${arg} ${word} (${items.join(', ')})`, binds: PATTERN }
}

/** A constant whose type the other side tells: without its cast. Null where the cast must be written. */
function bare(expr: Expr, beside: Expr): string | null {
  if (expr.kind !== 'literal' || expr.value === null || beside.kind === 'literal' || beside.kind === 'param')
    return null
  if (!sameBase(expr.type, beside.type) || expr.type.name === 'boolean') return null
  return isNumber(expr.type) && /^-?\d+(\.\d+)?$/.test(String(expr.value))
    ? String(expr.value)
    : quote(expr.type, expr.value)
}

function quote(type: LogicalType, value: Exclude<Value, null>): string {
  return `'${toText(type, value).replaceAll("'", "''")}'`
}

const atom = (text: string): Text => ({ text, binds: ATOM })

function at(expr: Expr, binds: number, names: Names): string {
  const printed = print(expr, names)
  return printed.binds < binds ? `(${printed.text})` : printed.text
}

function list(exprs: readonly Expr[], names: Names): string {
  return exprs.map((expr) => print(expr, names).text).join(', ')
}

const PLAIN: ReadonlySet<string> = new Set(['text', 'integer', 'boolean', 'unknown'])

function printLiteral({ type, value }: Literal): Text {
  if (value === null) return type.name === 'unknown' ? atom('null') : { text: `null::${typeText(type)}`, binds: CAST }
  if (type.name === 'integer' || type.name === 'boolean') return signed(String(value))
  if (type.name === 'numeric' && /^-?\d+\.\d+$/.test(String(value))) return signed(String(value))
  const quoted = quote(type, value)
  return PLAIN.has(type.name) ? atom(quoted) : { text: `${quoted}::${typeText(type)}`, binds: CAST }
}

const signed = (text: string): Text => ({ text, binds: text.startsWith('-') ? POWER + 1 : ATOM })

function typeText(type: LogicalType): string {
  const label = typeLabel(type)
  return type.name === 'enum' && !/^[a-z_][a-z0-9_.]*$/.test(label) ? quoteName(label) : label
}

const NAME = /^[a-z_][a-z0-9_$]*$/
const RESERVED: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog current_date ' +
    'current_role current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign ' +
    'from grant group having in initially intersect into lateral leading limit localtime localtimestamp not null offset on only or order ' +
    'placing primary references returning select session_user some symmetric system_user table then to trailing true union unique user ' +
    'using variadic when where window with authorization binary collation concurrently cross current_schema freeze full ilike inner is ' +
    'isnull join left like natural notnull outer overlaps right similar tablesample verbose between bigint bit boolean char character ' +
    'coalesce dec decimal exists extract float greatest grouping inout int integer interval least national nchar none nullif numeric out ' +
    'overlay position precision real row setof smallint substring time timestamp treat trim values varchar normalize'
  ).split(' '),
)

/** A name as PostgreSQL needs it written: quoted when it is a keyword or has anything but lower-case letters. */
export function quoteName(name: string): string {
  return NAME.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`
}

function tableName(key: string): string {
  return key.slice(key.indexOf('.') + 1)
}

function columnText({ source, table, column: name }: ColumnRef, names: Names): string {
  const alias = names.aliases.get(source)
  if (alias !== undefined) return `${quoteName(alias)}.${quoteName(name)}`
  if (source === SELF && !names.inside) return quoteName(name)
  return `${quoteName(tableName(table))}.${quoteName(name)}`
}

const BINDING: ReadonlyMap<FunctionName, number> = new Map<FunctionName, number>([
  ['eq', COMPARISON],
  ['neq', COMPARISON],
  ['lt', COMPARISON],
  ['lte', COMPARISON],
  ['gt', COMPARISON],
  ['gte', COMPARISON],
  ['add', ADD],
  ['sub', ADD],
  ['mul', MULTIPLY],
  ['div', MULTIPLY],
  ['mod', MULTIPLY],
  ['power', POWER],
])
/** Written as words between their operands. */
const BETWEEN_WORDS: ReadonlyMap<FunctionName, string> = new Map([
  ['like', 'like'],
  ['ilike', 'ilike'],
])

function printCall({ fn, args }: Call, names: Names): Text {
  const [left, right] = args
  if (fn === 'distinct' && left !== undefined && right !== undefined) {
    return printDistinct(left, right, { word: 'is distinct from', names })
  }
  const pattern = BETWEEN_WORDS.get(fn)
  if (pattern !== undefined && left !== undefined && right !== undefined) {
    return { text: `${at(left, OTHER, names)} ${pattern} ${at(right, OTHER, names)}`, binds: PATTERN }
  }
  if (fn === 'neg' && left !== undefined) return { text: `- ${at(left, ATOM, names)}`, binds: POWER + 1 }
  const symbol = OPERATOR_SYMBOLS.get(fn)
  if (symbol !== undefined && left !== undefined && right !== undefined) {
    const binds = BINDING.get(fn) ?? OTHER
    const leftBinds = binds === COMPARISON ? COMPARISON + 1 : binds
    const leftText =
      (binds === COMPARISON ? bare(left, right) : null) ?? operandText(left, { binds: leftBinds, beside: right, names })
    const rightText =
      (binds === COMPARISON ? bare(right, left) : null) ?? operandText(right, { binds: binds + 1, beside: left, names })
    return { text: `${leftText} ${symbol} ${rightText}`, binds }
  }
  return atom(`${callName(fn)}(${list(args, names)})`)
}

/** `tags || 'x'` would read 'x' as an array: there a text says that it is one. */
function operandText(
  expr: Expr,
  place: { readonly binds: number; readonly beside: Expr; readonly names: Names },
): string {
  const text = at(expr, place.binds, place.names)
  return place.beside.type.name === 'array' && expr.kind === 'literal' && isText(expr.type) ? `${text}::text` : text
}

/** Names whose call form the grammar reserves, or reads otherwise, are written in the catalog's schema. */
const CATALOG_ONLY: ReadonlySet<FunctionName> = new Set(['extract', 'position', 'like_escape', 'timezone', 'substring'])

function callName(fn: FunctionName): string {
  const label = FUNCTION_LABELS.get(fn) ?? fn
  return CATALOG_ONLY.has(fn) ? `pg_catalog.${label}` : label
}

function printCase(expr: Extract<Expr, { kind: 'case' }>, names: Names): Text {
  const arms = expr.whens.map((arm) => `when ${print(arm.when, names).text} then ${print(arm.then, names).text}`)
  const otherwise = expr.otherwise === null ? '' : ` else ${print(expr.otherwise, names).text}`
  return atom(`case ${arms.join(' ')}${otherwise} end`)
}

function printQuantified(expr: Extract<Expr, { kind: 'quantified' }>, names: Names): Text {
  const symbol = BETWEEN_WORDS.get(expr.fn) ?? OPERATOR_SYMBOLS.get(expr.fn) ?? expr.fn
  const word = expr.all ? 'all' : 'any'
  return {
    text: `${at(expr.arg, OTHER + 1, names)} ${symbol} ${word} (${print(expr.array, names).text})`,
    binds: COMPARISON,
  }
}

function printQuery(query: Query, outer: Names): string {
  const names = nameSources(query, outer)
  const parts = [`select ${outputText(query, names)}`]
  for (const [index, item] of query.from.entries()) {
    const alias = names.aliases.get(item.source) ?? item.source
    const [schema = '', name = ''] = [item.table.slice(0, item.table.indexOf('.')), tableName(item.table)]
    const table = schema === 'public' ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`
    const named = alias === name ? table : `${table} as ${quoteName(alias)}`
    const on = item.on === null ? '' : ` on ${print(item.on, names).text}`
    parts.push(index === 0 ? `from ${named}` : `${item.on === null ? 'cross' : item.join} join ${named}${on}`)
  }
  if (query.where !== null) parts.push(`where ${print(query.where, names).text}`)
  if (query.order.length > 0) parts.push(`order by ${query.order.map((term) => orderText(term, names)).join(', ')}`)
  if (query.limit !== null) parts.push(`limit ${query.limit}`)
  return `(${query.definer ? '/* definer */ ' : ''}${parts.join(' ')})`
}

function outputText(query: Query, names: Names): string {
  const value = query.output === null ? null : print(query.output, names).text
  if (query.aggregate !== null) return `${query.aggregate}(${value ?? '*'})`
  return value ?? '1'
}

function orderText(term: Query['order'][number], names: Names): string {
  const nulls = term.nullsFirst === term.descending ? '' : term.nullsFirst ? ' nulls first' : ' nulls last'
  return `${print(term.value, names).text}${term.descending ? ' desc' : ''}${nulls}`
}

/** Each occurrence is called as its table, with a number where that name is taken around it. */
function nameSources(query: Query, outer: Names): Names {
  const aliases = new Map(outer.aliases)
  const taken = new Set([...outer.taken, ...aliases.values()])
  for (const item of query.from) {
    const name = tableName(item.table)
    let alias = name
    for (let number = 2; taken.has(alias); number++) alias = `${name}_${number}`
    taken.add(alias)
    aliases.set(item.source, alias)
  }
  return { aliases, taken: outer.taken, inside: true }
}
