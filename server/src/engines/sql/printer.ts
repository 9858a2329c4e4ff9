import type {
  ArrayExpr,
  Call,
  Case,
  Cast,
  ColumnRef,
  Context,
  EmbedExists,
  EmbedValue,
  Expr,
  InList,
  InQuery,
  Is,
  Literal,
  Param,
  Quantified,
  Query,
} from '../../query/expr.ts'
import { assert } from '../../std/assert.ts'

/** An identifier as SQL text. Identifiers come from the catalog only, and are quoted always. */
export function quoteName(name: string): string {
  assert(!name.includes('\0'), 'an identifier has no NUL')
  return `"${name.replaceAll('"', '""')}"`
}

/** A text constant. For texts of the schema (enum values, literals of policies), never for a value of a request. */
export function quoteText(text: string): string {
  assert(!text.includes('\0'), 'a text constant has no NUL')
  return `'${text.replaceAll("'", "''")}'`
}

/** What an engine says itself; everything else is printed here, the same for all of SQL. */
export interface Dialect {
  literal(expr: Literal): string
  param(expr: Param): string
  context(expr: Context): string
  column(expr: ColumnRef): string
  call(expr: Call): string
  cast(expr: Cast): string
  inList(expr: InList): string
  inQuery(expr: InQuery): string
  quantified(expr: Quantified): string
  array(expr: ArrayExpr): string
  embedExists(expr: EmbedExists): string
  embedValue(expr: EmbedValue): string
  /** `exists` gives `select 1 …`, `scalar` the one value. */
  query(query: Query, form: 'exists' | 'scalar'): string
}

/**
 * An Expr as SQL text with three-valued logic. Every operand is put in parentheses where SQL's precedence could bite; a boolean result is
 * 1, 0 or NULL.
 */
export function printExpr(expr: Expr, dialect: Dialect): string {
  switch (expr.kind) {
    case 'literal':
      return dialect.literal(expr)
    case 'param':
      return dialect.param(expr)
    case 'context':
      return dialect.context(expr)
    case 'column':
      return dialect.column(expr)
    case 'call':
      return dialect.call(expr)
    case 'and':
      return printLogic(expr.args, ' AND ', dialect)
    case 'or':
      return printLogic(expr.args, ' OR ', dialect)
    case 'not':
      return `(NOT ${printExpr(expr.arg, dialect)})`
    case 'is':
      return printIs(expr, dialect)
    case 'case':
      return printCase(expr, dialect)
    case 'cast':
      return dialect.cast(expr)
    case 'in':
      return dialect.inList(expr)
    case 'in-query':
      return dialect.inQuery(expr)
    case 'quantified':
      return dialect.quantified(expr)
    case 'array':
      return dialect.array(expr)
    case 'exists':
      return `EXISTS (${dialect.query(expr.query, 'exists')})`
    case 'scalar-query':
      return `(${dialect.query(expr.query, 'scalar')})`
    case 'embed-exists':
      return dialect.embedExists(expr)
    case 'embed-value':
      return dialect.embedValue(expr)
  }
}

function printLogic(args: readonly Expr[], separator: string, dialect: Dialect): string {
  assert(args.length > 0, 'a connective has operands')
  return `(${args.map((arg) => printExpr(arg, dialect)).join(separator)})`
}

function printIs(expr: Is, dialect: Dialect): string {
  const not = expr.negated ? 'NOT ' : ''
  const arg = printExpr(expr.arg, dialect)
  switch (expr.test) {
    case 'null':
    case 'unknown':
      return `(${arg} IS ${not}NULL)`
    case 'true':
      return `(${arg} IS ${not}TRUE)`
    case 'false':
      return `(${arg} IS ${not}FALSE)`
  }
}

function printCase(expr: Case, dialect: Dialect): string {
  const arms = expr.whens.map((arm) => `WHEN ${printExpr(arm.when, dialect)} THEN ${printExpr(arm.then, dialect)}`)
  const otherwise = expr.otherwise === null ? '' : ` ELSE ${printExpr(expr.otherwise, dialect)}`
  return `(CASE ${arms.join(' ')}${otherwise} END)`
}

/** Conditions that must all hold, or null when there is none. */
export function allOf(conditions: readonly (string | null)[]): string | null {
  const present = conditions.filter((condition) => condition !== null)
  return present.length === 0 ? null : present.join(' AND ')
}
