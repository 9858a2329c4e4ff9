import type { Expr, InList, Literal, Param, Quantified } from '../../query/expr.ts'
import { AGGREGATES } from '../../query/expr.ts'
import type { FunctionName } from '../../query/functions.ts'
import type { LogicalType, Value } from '../../schema/types.ts'
import { intervalLength, parseInterval } from '../../schema/values/interval.ts'
import { fromText } from '../../schema/values.ts'
import { atScale, ceilDecimal, type Decimal, decimalOf, floorDecimal, toSortKey } from '../../std/decimal.ts'
import { quoteText } from '../sql/printer.ts'
import { fromStorageJson, type SqlValue, storageJson, storageOf, toPlain, toStorage } from './codecs.ts'
import type { ExprPrinter } from './expr.ts'
import { arrayKey, elementKind, jsonbKey } from './udf/keys.ts'
import { checkLike, toGlob } from './udf/pattern.ts'
import { compileRegex } from './udf/regex.ts'

export type Comparison = 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte' | 'distinct'

const SYMBOL: Readonly<Record<Comparison, string>> = {
  eq: '=',
  neq: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  distinct: 'IS NOT',
}
const FLIPPED: Readonly<Record<Comparison, Comparison>> = {
  eq: 'eq',
  neq: 'neq',
  lt: 'gt',
  lte: 'gte',
  gt: 'lt',
  gte: 'lte',
  distinct: 'distinct',
}

export function isComparison(fn: FunctionName): fn is Comparison {
  return Object.hasOwn(SYMBOL, fn)
}

/**
 * One side of a comparison in a form that SQLite's own operators compare as PostgreSQL compares the type. Two sides may be compared when
 * their tags are equal; a constant is brought into the other side's form.
 */
export interface Comparable {
  readonly tag: string
  readonly sql: string
  constant(value: Value, op: Comparison): SqlValue
}

type Constant = Literal | Param

const isConstant = (expr: Expr): expr is Constant =>
  expr.kind === 'literal' || (expr.kind === 'param' && expr.form === 'scalar')

export function printComparison(op: Comparison, sides: readonly [Expr, Expr], printer: ExprPrinter): string {
  const [left, right] = sides
  if (isConstant(left) && !isConstant(right)) return printComparison(FLIPPED[op], [right, left], printer)
  if (isConstant(right) && !isConstant(left)) {
    const side = comparable(left, op, printer)
    return `(${side.sql} ${SYMBOL[op]} ${printConstant(right, { side, op }, printer)})`
  }
  const [a, b] = [comparable(left, op, printer), comparable(right, op, printer)]
  if (a.tag === b.tag) return `(${a.sql} ${SYMBOL[op]} ${b.sql})`
  return `(${universal(left, op, printer).sql} ${SYMBOL[op]} ${universal(right, op, printer).sql})`
}

/** What a constant is compared with, and how. */
interface Against {
  readonly side: Comparable
  readonly op: Comparison
}

function printConstant(expr: Constant, { side, op }: Against, printer: ExprPrinter): string {
  if (expr.kind === 'literal') return inline(expr.value === null ? null : side.constant(expr.value, op))
  const key = `${expr.index}:${side.tag}:${op}:${printer.typeKey(expr.type)}`
  return printer.value(expr.index, key, (text, input) => side.constant(fromText(expr.type, text, input), op))
}

/** A constant of the schema's own text as SQL. */
export function inline(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return quoteText(value)
  if (typeof value === 'bigint') return value === -(2n ** 63n) ? '(-9223372036854775807 - 1)' : value.toString()
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'NULL'
    if (!Number.isFinite(value)) return value > 0 ? '9e999' : '-9e999'
    return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value)
  }
  return `x'${Buffer.from(value).toString('hex')}'`
}

/** The best form of an expression: a column as it is stored where the index can serve, else the universal form of its type. */
export function comparable(expr: Expr, op: Comparison, printer: ExprPrinter): Comparable {
  const { type } = expr
  if (expr.kind === 'column' && expr.source !== AGGREGATES) {
    const column = printer.columnOf(expr)
    const storage = storageOf(column)
    const sql = printer.rawColumn(expr)
    if (type.name === 'numeric' && storage.kind === 'scaled') return scaled(sql, storage.scale)
    if (type.name === 'numeric' && storage.kind !== 'plain') {
      const constant = (value: Value): SqlValue => toStorage(type, storage, value)
      return { tag: storage.kind, sql, constant }
    }
    if (type.name === 'timestamp' && storage.kind === 'native' && storage.datetime === ' ') {
      return { tag: 'spaced', sql, constant: (value) => toStorage(type, storage, value) }
    }
  }
  if (expr.kind === 'cast' && type.name === 'numeric' && isInteger(expr.arg.type)) {
    return scaled(printer.print(expr.arg), 0)
  }
  return universal(expr, op, printer)
}

const isInteger = (type: LogicalType): boolean =>
  type.name === 'smallint' || type.name === 'integer' || type.name === 'bigint'

function scaled(sql: string, scale: number): Comparable {
  return { tag: `scaled ${scale}`, sql, constant: (value, op) => scaledConstant(decimalOf(String(value)), scale, op) }
}

/** No integer equals it: stands for a decimal with more digits than the column has. */
const NEVER_EQUAL = 0.5

function scaledConstant(value: Decimal, scale: number, op: Comparison): SqlValue {
  const shifted = shift(value, scale)
  if (shifted.scale === 0) return clamp(shifted.unscaled)
  if (op === 'lt' || op === 'gte') return clamp(ceilDecimal(shifted).unscaled)
  if (op === 'lte' || op === 'gt') return clamp(floorDecimal(shifted).unscaled)
  return NEVER_EQUAL
}

/** The value times 10^scale, with as few digits after the point as it needs. */
function shift(value: Decimal, scale: number): Decimal {
  if (value.scale <= scale) return { unscaled: atScale(value, scale), scale: 0 }
  const divisor = 10n ** BigInt(value.scale - scale)
  if (value.unscaled % divisor === 0n) return { unscaled: value.unscaled / divisor, scale: 0 }
  return { unscaled: value.unscaled, scale: value.scale - scale }
}

function clamp(value: bigint): SqlValue {
  if (BigInt.asIntN(64, value) === value) return value
  return value > 0n ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}

/** A form that any expression of the type can be brought into. */
export function universal(expr: Expr, op: Comparison, printer: ExprPrinter): Comparable {
  const { type } = expr
  const sql = printer.print(expr)
  const ordered = op !== 'eq' && op !== 'neq' && op !== 'distinct'
  switch (type.name) {
    case 'numeric':
      return {
        tag: 'key',
        sql: printer.udf('numeric_key', sql),
        constant: (value) => toSortKey(decimalOf(String(value))),
      }
    case 'interval':
      return { tag: 'length', sql: printer.udf('interval_length', sql), constant: (value) => lengthOf(String(value)) }
    case 'jsonb':
      return { tag: 'jsonb', sql: printer.udf('jsonb_key', sql), constant: (value) => jsonbKey(String(value)) }
    case 'array': {
      const kind = elementKind(type.element)
      const constant = (value: Value): SqlValue => arrayKey(String(toPlain(type, value)), kind)
      return { tag: 'array', sql: printer.udf('array_key', sql, quoteText(kind)), constant }
    }
    case 'enum': {
      if (!ordered) break
      const values = type.values ?? []
      const arms = values.map((value, rank) => `WHEN ${quoteText(value)} THEN ${rank}`)
      const constant = (value: Value): SqlValue => BigInt(values.indexOf(String(value)))
      return { tag: 'rank', sql: `(CASE ${sql} ${arms.join(' ')} END)`, constant }
    }
  }
  return { tag: 'plain', sql, constant: (value) => toPlain(type, value) }
}

function lengthOf(interval: string): bigint {
  const length = intervalLength(parseInterval(interval))
  return BigInt.asIntN(64, length) === length ? length : length > 0n ? 2n ** 63n - 1n : -(2n ** 63n)
}

/** SQL whose plain order is PostgreSQL's order of the expression: for ORDER BY, min and max. */
export function sortKey(expr: Expr, printer: ExprPrinter): string {
  return comparable(expr, 'lt', printer).sql
}

/** `arg IN (…)`: with a list param one bound JSON array, else equalities joined by OR, which SQLite turns into an IN where it can. */
export function printInList(expr: InList, printer: ExprPrinter): string {
  const [first] = expr.items
  if (first?.kind === 'param' && first.form === 'list') return printInParam(expr.arg, first, printer)
  if (expr.items.length === 0) return 'FALSE'
  return `(${expr.items.map((item) => printComparison('eq', [expr.arg, item], printer)).join(' OR ')})`
}

function printInParam(arg: Expr, list: Param, printer: ExprPrinter): string {
  const side = comparable(arg, 'eq', printer)
  const slot = listOf(list, { side, op: 'eq' }, printer)
  return `(${side.sql} IN (SELECT ${fromStorageJson(arg.type, 'value')} FROM json_each(${slot})))`
}

function listOf(list: Param, { side, op }: Against, printer: ExprPrinter): string {
  const key = `${list.index}:${side.tag}:${op}:${printer.typeKey(list.type)}`
  return printer.list(list.index, key, (text, input) =>
    storageJson(side.constant(fromText(list.type, text, input), op)),
  )
}

/** `arg op ANY (array)` and `ALL`: true, false or unknown as PostgreSQL decides it. */
export function printQuantified(expr: Quantified, printer: ExprPrinter): string {
  const { array, fn, arg, all } = expr
  if (array.kind === 'param' && array.form === 'list') {
    if (fn === 'eq' && !all) return printInParam(arg, array, printer)
    if (isComparison(fn)) {
      const side = comparable(arg, fn, printer)
      const slot = listOf(array, { side, op: fn }, printer)
      const element = fromStorageJson(arg.type, 'q.value')
      return quantify(`(${side.sql} ${SYMBOL[fn]} ${element})`, slot, all)
    }
    if (fn === 'like' || fn === 'ilike') {
      const subject = fn === 'like' ? printer.print(arg) : printer.udf('lower', printer.print(arg))
      const key = `${array.index}:${fn}`
      const slot = printer.list(array.index, key, (text) => JSON.stringify(asGlob(fn, text)))
      return quantify(`(${searchFuel(printer.print(arg))} AND ${subject} GLOB q.value)`, slot, all)
    }
    const isRegex = fn === 'match' || fn === 'imatch'
    const checked = (text: string): string => JSON.stringify(isRegex ? asRegex(fn, text) : text)
    const slot = printer.list(array.index, `${array.index}:${isRegex ? fn : 'text'}`, checked)
    return quantify(printer.callFunction(fn, [printer.print(arg), 'q.value']), slot, all)
  }
  const list = printer.print(array)
  const element = array.type.name === 'array' ? printer.element(array.type.element, 'q') : 'q.value'
  const test = isComparison(fn)
    ? `(${universal(arg, fn, printer).sql} ${SYMBOL[fn]} ${printer.universalOf(arg.type, fn, element)})`
    : printer.callFunction(fn, [printer.print(arg), element])
  return `(CASE WHEN ${list} IS NOT NULL THEN ${quantify(test, list, all)} END)`
}

/** A request's LIKE pattern as SQLite's GLOB takes it. Throws 54001 for one that it would search for too long. */
export function asGlob(fn: 'like' | 'ilike', pattern: string): string {
  const folded = fn === 'like' ? pattern : pattern.toLowerCase()
  checkLike(folded)
  return toGlob(folded)
}

/** A request's regular expression. Throws 2201B for what is none. */
export function asRegex(fn: 'match' | 'imatch', pattern: string): string {
  compileRegex(pattern, { caseless: fn === 'imatch' })
  return pattern
}

/** Bytes from which a text is so long that its search is announced: below, the count of rows is enough. */
const LONG_TEXT = 4096

/** A condition that is true, and that ends the statement where searching this text would take longer than there is time. */
export function searchFuel(subject: string): string {
  return `(octet_length(${subject}) < ${LONG_TEXT} OR pilar_fuel_for(octet_length(${subject})))`
}

function quantify(test: string, list: string, all: boolean): string {
  const decisive = all ? 'min(r) = 0 THEN 0' : 'max(r) = 1 THEN 1'
  const rest = all ? 1 : 0
  return (
    `(SELECT CASE WHEN ${decisive} WHEN count(*) > count(r) THEN NULL ELSE ${rest} END ` +
    `FROM (SELECT ${test} AS r FROM json_each(${list}) AS q))`
  )
}
