import { failure, PilarError } from '../../../errors/error.ts'
import { ExpressionError, parseExpression } from '../../../policy/expression/index.ts'
import { parseUsing } from '../../../policy/using.ts'
import { baseType } from '../../../query/common-type.ts'
import { AGGREGATES, type Expr } from '../../../query/expr.ts'
import { literal, mapExpr, walk } from '../../../query/expr-tools.ts'
import type { Catalog, Column, Table } from '../../../schema/catalog.ts'
import { makeCatalog, makeTable } from '../../../schema/make-catalog.ts'
import { castRule } from '../../../schema/migration/casts.ts'
import type { RetiredColumn } from '../../../schema/retired.ts'
import { type ColumnType, TIMESTAMPTZ, typeLabel } from '../../../schema/types.ts'
import { formatTimestamptz } from '../../../schema/values/temporal.ts'
import { assert } from '../../../std/assert.ts'
import { quoteName, quoteText } from '../../sql/printer.ts'
import { castSql } from '../cast.ts'
import { storageOf } from '../codecs.ts'
import { ExprPrinter, Usage } from '../expr.ts'
import { printComputed } from '../generated.ts'
import { printStored, toStored } from '../stored-expr.ts'
import { rowidName, tableName } from '../tables.ts'
import { convertValue } from './convert-values.ts'

/** The row that values come from: a row of `table`, named `s` in SQL, in the database as it is before the first step. */
export interface ConversionSource {
  readonly found: Catalog
  /** As `found` has it, its columns under the names of the file. */
  readonly table: Table
  /** What `now()` is, for all rows and however often a batch is run again. Microseconds since the epoch. */
  readonly nowMicros: bigint
}

/** How a column of the migrated table gets its value. */
export interface ColumnValue {
  /** The column as it will be; `storage` is the one it will have (absent: the standard of its type). */
  readonly column: Column
  /** The column of the found table whose value it takes or converts; null for a new one. */
  readonly from: Column | null
  /** Of add-column and change-type. */
  readonly using: string | null
  /** Gives a value where there is none: `using` of set-not-null and restore-column. */
  readonly fill: string | null
  /** Of change-type: the former values. With `from` null (restore-column): the values that come back. */
  readonly restores: RetiredColumn | null
}

export interface Conversion {
  /** The value as the column keeps it, over `s`. */
  readonly sql: string
  /** Tables of the file that it reads besides the row, by their names there. */
  readonly reads: readonly string[]
  /** True where the same row gives another value each time: gen_random_uuid(). */
  readonly isVolatile: boolean
  /** True where it is the very value that `from` (or what is restored) holds, for every row: then nothing needs to be copied. */
  readonly isSame: boolean
}

/** Alias of the source row in all SQL made here. */
export const SOURCE = 's'

/**
 * SQL for the value of one column, with every function of ours (so for connections that have them). Throws PILAR_SCHEMA, with the place in the
 * expression, for a text that does not parse or fit; 42846 for a change of type that needs a `using`.
 */
export function convertColumn(value: ColumnValue, source: ConversionSource): Conversion {
  const work = new Work(source)
  const base = baseSql(value, work)
  const fill = fillOf(value, work)
  const sql = fill === null ? base.sql : `ifnull(${base.sql}, ${fill})`
  return { sql, reads: work.reads(), isVolatile: work.isVolatile, isSame: base.isSame && fill === null }
}

/** A generated column that SQLite can't compute by itself, from the new values of the other columns. */
export function convertComputed(
  column: Column,
  after: { readonly table: Table; readonly catalog: Catalog },
  newValue: (name: string) => string,
): string {
  const printer = new ExprPrinter(after.catalog, new Usage())
  return printComputed(column, after.table, { of: newValue, printer })
}

/** The value that the former one, kept as retired, was given by a change of type: rows that still have it were not changed since. */
export function convertForward(
  { from, restores }: Pick<ColumnValue, 'from' | 'restores'>,
  source: ConversionSource,
): string {
  assert(from !== null && restores !== null, 'a change of type is undone')
  return forwardSql(from, restores, new Work(source))
}

/** One conversion in the making: a printer, and what the expressions turned out to be. */
class Work {
  readonly source: ConversionSource
  readonly printer: ExprPrinter
  isVolatile = false

  constructor(source: ConversionSource) {
    this.source = { ...source, found: withTable(source.found, source.table) }
    this.printer = new ExprPrinter(this.source.found, new Usage())
  }

  /** `now()` becomes a constant, so that a batch that is run again gives the same. */
  prepare(expr: Expr): Expr {
    walk(expr, (node) => {
      if (node.kind === 'call' && node.fn === 'gen_random_uuid') this.isVolatile = true
    })
    return withNow(expr, this.source.nowMicros)
  }

  reads(): readonly string[] {
    assert(this.printer.slots.list.length === 0, 'a conversion depends on no request')
    return readNames(this.printer, this.source.found)
  }
}

/** The Catalog with this table in the place of the one of its key: a table that comes back is in none. */
export function withTable(found: Catalog, table: Table): Catalog {
  if (found.tables.get(table.key) === table) return found
  const { version, schemas, tables, functions, retired } = found
  return makeCatalog({
    ...{ version, schemas, retired },
    ...{ tables: [...tables.values(), table], functions: [...functions.values()] },
  })
}

/** Names in the file of the tables that were printed; behind a view that somebody else made may be any table. */
export function readNames(printer: ExprPrinter, found: Catalog): readonly string[] {
  const keys = new Set(printer.usage.reads.keys())
  const tables = [...keys].flatMap((key) => found.tables.get(key) ?? [])
  const isOpen = tables.some((table) => table.kind === 'view' && table.definition === null)
  const read = isOpen ? [...found.tables.values()] : tables
  return read.filter((table) => table.kind === 'table').map(tableName)
}

/** The expression with `now()` as a constant. */
export function withNow(expr: Expr, nowMicros: bigint): Expr {
  const now = literal(formatTimestamptz(nowMicros), TIMESTAMPTZ)
  return mapExpr(expr, { node: (node) => (node.kind === 'context' && node.name === 'now' ? now : node) })
}

interface Printed {
  readonly sql: string
  readonly isSame: boolean
}

const changed = (sql: string): Printed => ({ sql, isSame: false })

function baseSql(value: ColumnValue, work: Work): Printed {
  const { column, from, using, restores } = value
  if (from !== null && restores !== null) return changed(undoneSql({ ...value, from, restores }, work))
  if (from === null && restores !== null) {
    return convertStored({ from: restores.column, to: column }, rawColumn(restores.storedAs), work.printer)
  }
  if (using !== null) return changed(usingSql(using, column, work))
  if (from !== null) return convertStored({ from, to: column }, rawColumn(from.name), work.printer)
  if (column.identity !== null && column.default === null) return changed(numberSql(work))
  return changed(column.default === null ? 'NULL' : defaultSql(column, work))
}

/** Rows that exist are numbered as they were inserted. */
function numberSql({ source }: Work): string {
  const name = rowidName(source.table)
  return name === null ? 'NULL' : `${SOURCE}.${name}`
}

function fillOf({ column, fill, from, restores }: ColumnValue, work: Work): string | null {
  if (fill !== null) return usingSql(fill, column, work)
  // Rows that were written while the column was away would have had its default.
  const isRestored = from === null && restores !== null
  return isRestored && !column.nullable && column.default !== null ? defaultSql(column, work) : null
}

const rawColumn = (name: string): string => `${SOURCE}.${quoteName(name)}`

/** A stored value of one column as another one keeps it. Throws 42846 where only an expression could say it. */
function convertStored(
  { from, to }: { readonly from: Column; readonly to: Column },
  raw: string,
  printer: ExprPrinter,
): Printed {
  const [before, after] = [storageOf(from), storageOf(to)]
  const isKeptAlike = JSON.stringify(before) === JSON.stringify(after)
  if (isKeptAlike && isSameType(from.type, to.type)) return { sql: raw, isSame: true }
  const rule = castRule(from.type, to.type)
  if (rule.kind === 'none') throw needsUsing(from, to)
  if (isKeptAlike && rule.kind === 'exact' && isFree(from.type, to.type)) return { sql: raw, isSame: true }
  const plain = printer.plainOf(from.type, before, raw)
  return changed(toStored(to, convertPlain({ from: from.type, to: to.type }, plain, printer), printer))
}

export const isSameType = (a: ColumnType, b: ColumnType): boolean =>
  typeLabel(a) === typeLabel(b) && JSON.stringify(valuesOf(a)) === JSON.stringify(valuesOf(b))

const valuesOf = (type: ColumnType): readonly string[] =>
  (type.name === 'array' ? type.element.values : type.values) ?? []

function needsUsing(from: Column, to: Column): Error {
  const hint = `Say what becomes of the values: .using('…'), an expression over the row as it is.`
  return failure('42846', { from: typeLabel(from.type), to: typeLabel(to.type) }, { hint })
}

const AS_TEXT = new Set(['text', 'varchar', 'uuid', 'date', 'time', 'interval', 'enum'])
const INTEGERS = new Set(['smallint', 'integer', 'bigint'])

/** Exact conversions between columns of the same storage that leave the stored value as it is. */
function isFree(from: ColumnType, to: ColumnType): boolean {
  if (from.name === 'numeric' || INTEGERS.has(from.name)) {
    return from.name === 'numeric' ? to.name === 'numeric' : INTEGERS.has(to.name)
  }
  if (to.name === 'text' || to.name === 'varchar' || to.name === 'enum') return AS_TEXT.has(from.name)
  return (from.name === 'real' && to.name === 'double') || (from.name === 'boolean' && to.name === 'integer')
}

/** Standard form to standard form. */
function convertPlain(
  { from, to }: { readonly from: ColumnType; readonly to: ColumnType },
  sql: string,
  printer: ExprPrinter,
): string {
  const isBounded = typeLabel(to) !== typeLabel(baseType(to)) || to.name === 'enum' || to.name === 'array'
  if (isBounded || to.name === 'time') return convertCall({ from, to }, sql, printer)
  return castSql({ from, to }, sql, printer)
}

const typeText = (type: ColumnType): string => quoteText(JSON.stringify(type))

function convertCall(
  { from, to }: { readonly from: ColumnType; readonly to: ColumnType },
  sql: string,
  printer: ExprPrinter,
): string {
  return printer.udf('convert', typeText(from), typeText(to), sql)
}

/** The SQL of what `pilar_conversion` says of a stored value: null, LOSES or an error. Null where nothing can go wrong. */
export function conversionOutcome(
  { from, to }: { readonly from: Column; readonly to: Column },
  raw: string,
  printer: ExprPrinter,
): string | null {
  if (castRule(from.type, to.type).kind !== 'checked') return null
  const plain = printer.plainOf(from.type, storageOf(from), raw)
  return printer.udf('conversion', typeText(from.type), typeText(to.type), plain)
}

function usingSql(text: string, column: Column, work: Work): string {
  return located({ where: `${work.source.table.name}.${column.name}`, part: 'using' }, () => {
    const { found, table } = work.source
    return fittedSql(work.prepare(parseUsing(text, column, { found, table, sourceId: SOURCE })), column, work.printer)
  })
}

function defaultSql(column: Column, work: Work): string {
  return located({ where: `${work.source.table.name}.${column.name}`, part: 'default' }, () => {
    const { found: catalog } = work.source
    const expected = { kind: 'unfitted', name: `column "${column.name}"`, type: column.type } as const
    const options = { catalog, self: null, expected: { ...expected, what: 'default expression' } }
    return fittedSql(work.prepare(parseExpression(column.default ?? 'null', options)), column, work.printer)
  })
}

/** A value of the column's type but for its length and scale, fitted into them and as the column keeps it. */
export function fittedSql(expr: Expr, column: Column, printer: ExprPrinter): string {
  const { type } = column
  if (expr.kind === 'literal') {
    return printStored(literal(constantOf(expr, type), type), column, printer)
  }
  if (expr.kind === 'column' && expr.source !== AGGREGATES) {
    const from = { ...printer.columnOf(expr), type: expr.type }
    if (castRule(from.type, type).kind === 'exact')
      return convertStored({ from, to: column }, printer.rawColumn(expr), printer).sql
  }
  const sql = printer.print(expr)
  const isFitted =
    castRule(expr.type, type).kind === 'exact' && JSON.stringify(baseType(expr.type)) === JSON.stringify(baseType(type))
  return toStored(column, isFitted ? sql : convertPlain({ from: expr.type, to: type }, sql, printer), printer)
}

function constantOf(expr: Expr, type: ColumnType) {
  if (expr.kind !== 'literal' || expr.value === null) return null
  return expr.type.name === 'unknown' ? expr.value : convertValue(expr.type, type, expr.value)
}

/**
 * Going back to a former type: the former value, where converting it gives the value of today; else today's value converted back. Where no
 * conversion back is defined, the row is refused.
 */
function undoneSql(
  { column, from, using, restores }: ColumnValue & { from: Column; restores: RetiredColumn },
  work: Work,
): string {
  const today = rawColumn(from.name)
  const former = rawColumn(restores.storedAs)
  const forward = forwardSql(from, restores, work)
  const restored = convertStored({ from: restores.column, to: column }, former, work.printer).sql
  return `CASE WHEN ${today} IS ${forward} THEN ${restored} ELSE ${backSql({ column, from, using }, work)} END`
}

/** What the change of type made of the former value: by the expression it was made with, which went with the retired column, or by the cast. */
function forwardSql(from: Column, restores: RetiredColumn, work: Work): string {
  const using = restores.converted?.using ?? null
  if (using === null)
    return convertStored({ from: restores.column, to: from }, rawColumn(restores.storedAs), work.printer).sql
  const { found, table } = work.source
  const row = formerRow(from, restores, work)
  const name = restores.converted?.row?.table ?? table.name
  const then = makeTable({ ...table, name, columns: row.map(({ column }) => column) })
  const catalog = withTable(found, then)
  try {
    const printer = new ExprPrinter(catalog, work.printer.usage)
    const expr = parseUsing(using, from, { found: catalog, table: then, sourceId: 'u' })
    const value = fittedSql(work.prepare(expr), from, printer)
    const values = row.map(({ column, sql }) => `${sql} AS ${quoteName(column.name)}`)
    return `(SELECT ${value} FROM (SELECT ${values.join(', ')}) AS u)`
  } catch (error) {
    throw lostExpression(`${table.name}.${from.name}`, error)
  }
}

interface FormerValue {
  readonly column: Column
  /** Its value as the column keeps it, over `s`. */
  readonly sql: string
}

/** The row that the expression knew, made of the columns of today. */
function formerRow(from: Column, { column: former, storedAs, converted }: RetiredColumn, work: Work): FormerValue[] {
  const { found, table } = work.source
  if (converted?.row === undefined) {
    return table.columns.map((each) =>
      each.name === from.name
        ? { column: former, sql: rawColumn(storedAs) }
        : { column: each, sql: rawColumn(each.name) },
    )
  }
  return converted.row.columns.flatMap(({ column: { storage: _, ...column }, now }) => {
    const retired = found.retired.columns.find((each) => each.table === table.key && each.storedAs === now)
    const present = table.column.get(now) ?? retired?.column
    if (present === undefined) return []
    if (isSameType(present.type, column.type))
      return [{ column: { ...present, name: column.name }, sql: rawColumn(now) }]
    return [{ column, sql: convertStored({ from: present, to: column }, rawColumn(now), work.printer).sql }]
  })
}

function lostExpression(place: string, error: unknown): unknown {
  if (!(error instanceof ExpressionError) && !(error instanceof PilarError)) return error
  const message = `the former values of ${place} can't be told from those that were written since: what its expression read is there no more (${error.message})`
  const hint = "Write a migration that changes the type back, with an expression of your own: .using('…')."
  return failure('0A000', { message }, { hint, cause: error })
}

function backSql(
  { column, from, using }: Pick<ColumnValue, 'column' | 'using'> & { from: Column },
  work: Work,
): string {
  if (using !== null) return usingSql(using, column, work)
  if (castRule(from.type, column.type).kind === 'none') {
    const message = `nothing turns a value of type ${typeLabel(from.type)} back into ${typeLabel(column.type)}`
    return `iif(${rawColumn(from.name)} IS NULL, NULL, ${work.printer.udf('undefined', quoteText(message))})`
  }
  return convertStored({ from, to: column }, rawColumn(from.name), work.printer).sql
}

/** Mistakes of an expression's text become the error of who declared it: where, and at which character. */
export function located<T>({ where, part }: { readonly where: string; readonly part: string }, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!(error instanceof ExpressionError) && !(error instanceof PilarError)) throw error
    const position = error instanceof ExpressionError ? error.position : null
    const place = position === null ? part : `${part}, character ${position}`
    const message = `${where}: ${error.message} (${place})`
    throw failure('PILAR_SCHEMA', { message }, error.hint === null ? {} : { hint: error.hint })
  }
}
