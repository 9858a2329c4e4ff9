import type { Call, Expr } from '../../query/expr.ts'
import type { FunctionName } from '../../query/functions.ts'
import type { ColumnType, LogicalType } from '../../schema/types.ts'
import { assert } from '../../std/assert.ts'
import { quoteText } from '../sql/printer.ts'
import { printArithmetic } from './arithmetic.ts'
import { PLAIN } from './codecs.ts'
import { asGlob, asRegex, type Comparison, printComparison, searchFuel, universal } from './compare.ts'
import { jsonText } from './encode-json.ts'
import type { ExprPrinter } from './expr.ts'
import { elementKind } from './udf/keys.ts'
import { toGlob } from './udf/pattern.ts'

type CallPrinter = (expr: Call, printer: ExprPrinter) => string

export function arg(expr: Call, index: number): Expr {
  const found = expr.args[index]
  assert(found !== undefined, `${expr.fn} has argument ${index}`)
  return found
}

const args = (expr: Call, printer: ExprPrinter): string[] => expr.args.map((each) => printer.print(each))

/** A built-in of SQLite that does exactly what PostgreSQL does. */
const builtin =
  (name: string): CallPrinter =>
  (expr, printer) =>
    `${name}(${args(expr, printer).join(', ')})`

/** One of our own functions, in `udf/`. */
const own =
  (name: string): CallPrinter =>
  (expr, printer) =>
    printer.udf(name, ...args(expr, printer))

const compare =
  (op: Comparison): CallPrinter =>
  (expr, printer) =>
    printComparison(op, [arg(expr, 0), arg(expr, 1)], printer)

const arithmetic: CallPrinter = (expr, printer) => printArithmetic(expr, printer)

/** LIKE and ILIKE with a constant pattern are GLOB, its pattern translated when bound; any other pattern goes to our own matcher. */
const like =
  (fn: 'like' | 'ilike'): CallPrinter =>
  (expr, printer) => {
    const pattern = arg(expr, 1)
    const subject = printer.print(arg(expr, 0))
    if (pattern.kind !== 'literal' && pattern.kind !== 'param') return printer.udf(fn, subject, printer.print(pattern))
    const folded = fn === 'like' ? subject : printer.udf('lower', subject)
    const translate = (text: string): string => toGlob(fn === 'like' ? text : text.toLowerCase())
    if (pattern.kind === 'param') {
      const slot = printer.value(pattern.index, `${pattern.index}:${fn}`, (text) => asGlob(fn, text))
      return `(${searchFuel(subject)} AND ${folded} GLOB ${slot})`
    }
    if (pattern.value === null) return 'NULL'
    return `(${folded} GLOB ${quoteText(translate(String(pattern.value)))})`
  }

/**
 * A request's pattern is judged when it is bound, never row by row: an error that only some rows raise would tell of rows that policies hide
 * (SQLite looks at cheap conditions before subqueries).
 */
const matching =
  (fn: 'match' | 'imatch'): CallPrinter =>
  (expr, printer) => {
    const pattern = arg(expr, 1)
    if (pattern.kind !== 'param') return own(fn)(expr, printer)
    const slot = printer.value(pattern.index, `${pattern.index}:${fn}`, (text) => asRegex(fn, text))
    return printer.udf(fn, printer.print(arg(expr, 0)), slot)
  }

/** greatest and least skip nulls; SQLite's max and min of several arguments don't: each stands in for the others where they are null. */
const extreme =
  (fn: 'max' | 'min'): CallPrinter =>
  (expr, printer) => {
    const { type } = expr
    if (type.name === 'numeric') {
      const keys = expr.args.map((each) => universal(each, 'lt', printer).sql)
      return printer.udf('numeric_of_key', withoutNulls(fn, keys))
    }
    const isPlain = expr.args.every((each) => universal(each, 'lt', printer).tag === 'plain')
    if (isPlain) return withoutNulls(fn, args(expr, printer))
    return printer.udf('extreme', quoteText(JSON.stringify(type)), quoteText(fn), ...args(expr, printer))
  }

function withoutNulls(fn: 'max' | 'min', values: readonly string[]): string {
  const [only] = values
  if (only !== undefined && values.length === 1) return only
  const sides = values.map((_, index) => `coalesce(${[...values.slice(index), ...values.slice(0, index)].join(', ')})`)
  return `${fn}(${sides.join(', ')})`
}

const isJson = (type: LogicalType): boolean => type.name === 'jsonb'

const concat: CallPrinter = (expr, printer) => {
  if (isJson(expr.type)) return own('jsonb_concat')(expr, printer)
  if (expr.type.name !== 'array') return `(${args(expr, printer).join(' || ')})`
  const sides = expr.args.map((each) => {
    const sql = printer.print(each)
    if (each.type.name === 'array') return sql
    return `concat('[', ${jsonText({ type: each.type as ColumnType, storage: PLAIN }, sql, printer)}, ']')`
  })
  return printer.udf('array_concat', ...sides)
}

/** The argument as JSON text, for jsonb_build_* and to_jsonb; never null. */
function asJson(expr: Expr, printer: ExprPrinter): string {
  const type = expr.type.name === 'unknown' ? { name: 'text' as const } : expr.type
  return jsonText({ type, storage: PLAIN }, printer.print(expr), printer)
}

const json =
  (name: string): CallPrinter =>
  (expr, printer) => {
    const items = expr.args.map((each) => asJson(each, printer)).join(", ',', ")
    return printer.udf(name, `concat('[', ${items === '' ? "''" : items}, ']')`)
  }

/** `->` and `->>` of SQLite do what PostgreSQL's do, but for numbers, which `->>` must give with all their digits. */
const jsonGet =
  (asText: boolean): CallPrinter =>
  (expr, printer) => {
    const [document, key] = [arg(expr, 0), arg(expr, 1)]
    const isPlainKey =
      key.kind === 'literal' && (typeof key.value !== 'string' || /^[^"\\$\p{Cc}][^"\\\p{Cc}]*$/u.test(key.value))
    if (!isPlainKey)
      return printer.udf(asText ? 'jsonb_get_text' : 'jsonb_get', printer.print(document), printer.print(key))
    const sql = printer.print(document)
    const step = printer.print(key)
    const got = `(${sql} -> ${step})`
    if (!asText) return got
    // `|| ''` takes away the mark of JSON that SQLite leaves on the value, which would print 2 instead of "2".
    const scalar = `WHEN 'text' THEN ${sql} ->> ${step} WHEN 'null' THEN NULL`
    if (printer.ddl) return `(CASE json_type(${got}) ${scalar} ELSE ${got} || '' END)`
    // PostgreSQL puts blanks into the text of objects and arrays.
    const inner = printer.udf('jsonb_get_text', sql, step)
    return `(CASE json_type(${got}) ${scalar} WHEN 'object' THEN ${inner} WHEN 'array' THEN ${inner} ELSE ${got} || '' END)`
  }

/** Arrays by their elements' keys, jsonb by structure. */
const inside =
  (outer: number, inner: number): CallPrinter =>
  (expr, printer) => {
    const [a, b] = [arg(expr, outer), arg(expr, inner)]
    if (isJson(a.type)) return printer.udf('jsonb_contains', printer.print(a), printer.print(b))
    return printer.udf('array_contains', printer.print(a), printer.print(b), kindOf(a.type))
  }

function kindOf(type: LogicalType): string {
  return quoteText(type.name === 'array' ? elementKind(type.element) : 'text')
}

const withElement =
  (name: string): CallPrinter =>
  (expr, printer) => {
    const [array, element] = [arg(expr, 0), arg(expr, 1)]
    return printer.udf(name, printer.print(array), asJson(element, printer), kindOf(array.type))
  }

const length: CallPrinter = (expr, printer) => {
  const sql = printer.print(arg(expr, 0))
  return arg(expr, 0).type.name === 'bytea' ? `octet_length(${sql})` : `length(${sql})`
}

const temporal =
  (name: string): CallPrinter =>
  (expr, printer) => {
    const [field, moment] = [arg(expr, 0), arg(expr, 1)]
    return printer.udf(name, printer.print(field), printer.print(moment), quoteText(moment.type.name))
  }

const nullif: CallPrinter = (expr, printer) => {
  const equal = printComparison('eq', [arg(expr, 0), arg(expr, 1)], printer)
  return `(CASE WHEN ${equal} THEN NULL ELSE ${printer.print(arg(expr, 0))} END)`
}

/** coalesce of one argument is the argument: SQLite's wants two. */
const coalesce: CallPrinter = (expr, printer) =>
  expr.args.length === 1 ? printer.print(arg(expr, 0)) : builtin('coalesce')(expr, printer)

const concatAll: CallPrinter = (expr, printer) => `concat(${args(expr, printer).join(', ')})`

/** In DDL the ASCII versions stand in: SQLite's own know no others, and ours are not there. */
const folding =
  (name: 'lower' | 'upper'): CallPrinter =>
  (expr, printer) =>
    printer.udf(name, printer.print(arg(expr, 0)))

/** trim() of SQLite takes a set of characters, as PostgreSQL's does. */
const trimming =
  (name: string): CallPrinter =>
  (expr, printer) =>
    expr.args.length === 1 ? `${name}(${printer.print(arg(expr, 0))}, ' ')` : builtin(name)(expr, printer)

/** One printer for each function, so that a new function is a compile error until SQLite has it. */
export const CALLS: Readonly<Record<FunctionName, CallPrinter>> = {
  eq: compare('eq'),
  neq: compare('neq'),
  lt: compare('lt'),
  lte: compare('lte'),
  gt: compare('gt'),
  gte: compare('gte'),
  distinct: compare('distinct'),
  like: like('like'),
  ilike: like('ilike'),
  like_escape: own('like_escape'),
  match: matching('match'),
  imatch: matching('imatch'),
  add: arithmetic,
  sub: arithmetic,
  mul: arithmetic,
  div: arithmetic,
  mod: arithmetic,
  neg: arithmetic,
  power: arithmetic,
  abs: arithmetic,
  sign: arithmetic,
  sqrt: arithmetic,
  round: arithmetic,
  ceil: arithmetic,
  floor: arithmetic,
  trunc: arithmetic,
  greatest: extreme('max'),
  least: extreme('min'),
  coalesce,
  nullif,
  concat,
  concat_all: concatAll,
  lower: folding('lower'),
  upper: folding('upper'),
  initcap: own('initcap'),
  trim: trimming('trim'),
  ltrim: trimming('ltrim'),
  rtrim: trimming('rtrim'),
  length,
  octet_length: builtin('octet_length'),
  reverse: own('reverse'),
  repeat: own('repeat'),
  substring: own('substring'),
  left: own('left'),
  right: own('right'),
  lpad: own('lpad'),
  rpad: own('rpad'),
  position: (expr, printer) => `instr(${args(expr, printer).join(', ')})`,
  replace: (expr, printer) => `replace(${args(expr, printer).join(', ')})`,
  split_part: own('split_part'),
  starts_with: own('starts_with'),
  json_get: jsonGet(false),
  json_get_text: jsonGet(true),
  json_path: own('jsonb_path'),
  json_path_text: own('jsonb_path_text'),
  json_has_key: own('jsonb_has_key'),
  json_typeof: own('jsonb_typeof'),
  json_array_length: own('jsonb_array_length'),
  json_build_object: json('jsonb_build_object'),
  json_build_array: json('jsonb_build_array'),
  to_jsonb: (expr, printer) => {
    const sql = printer.print(arg(expr, 0))
    const canonical = arg(expr, 0).type.name === 'jsonb' ? sql : printer.udf('jsonb', asJson(arg(expr, 0), printer))
    return `iif(${sql} IS NULL, NULL, ${canonical})`
  },
  contains: inside(0, 1),
  contained: inside(1, 0),
  overlaps: (expr, printer) => printer.udf('array_overlaps', ...args(expr, printer), kindOf(arg(expr, 0).type)),
  array_length: (expr, printer) =>
    `iif(${printer.print(arg(expr, 1))} = 1, nullif(json_array_length(${printer.print(arg(expr, 0))}), 0), NULL)`,
  cardinality: (expr, printer) => `json_array_length(${printer.print(arg(expr, 0))})`,
  array_append: (expr, printer) =>
    printer.udf(
      'array_concat',
      `coalesce(${printer.print(arg(expr, 0))}, '[]')`,
      `concat('[', ${asJson(arg(expr, 1), printer)}, ']')`,
    ),
  array_position: withElement('array_position'),
  date_trunc: temporal('date_trunc'),
  extract: temporal('extract'),
  timezone: temporal('timezone'),
  gen_random_uuid: (_, printer) => (printer.ddl ? RANDOM_UUID : printer.udf('uuid')),
}

/** A version 4 UUID of SQLite's own functions, for a column's DEFAULT. */
const RANDOM_UUID =
  "lower(format('%s-%s-4%s-%s%s-%s', hex(randomblob(4)), hex(randomblob(2)), substr(hex(randomblob(2)), 2), " +
  "substr('89AB', 1 + (abs(random() % 4)), 1), substr(hex(randomblob(2)), 2), hex(randomblob(6))))"
