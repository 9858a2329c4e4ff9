import type { Expr } from '../../query/expr.ts'
import { collect } from '../../query/expr-tools.ts'
import type { InsertPlan } from '../../query/plan.ts'
import type { Catalog, Column, Table } from '../../schema/catalog.ts'
import { quoteName, quoteText } from '../sql/printer.ts'
import { fromStorageJson, PLAIN } from './codecs.ts'
import type { ExprPrinter } from './expr.ts'
import { encodePayload, type PayloadColumn, payloadColumns } from './payload.ts'
import { tokenize } from './sql-text.ts'
import { isRandomUuid, parseDefault, parseGenerated, printStored } from './stored-expr.ts'
import { rowidName, tableName } from './tables.ts'

/** Where the rows of an insert come from, before they are rows: one select over the bound payload, used by every statement of the write. */
export interface Candidates {
  readonly payload: readonly PayloadColumn[]
  /** Columns that the insert names, in order. Others are left to the table. */
  readonly columns: readonly string[]
  /** `SELECT … FROM json_each(?)`, with every column of the table that an expression may ask for. */
  select(printer: ExprPrinter, wanted: ReadonlySet<string>): string
}

/** Position of a row in the payload. */
export const ORDINAL = '"~o"'

/** Columns of the payload first; then defaults, computed here where a policy must see them or now() must be the request's. */
export function candidates(plan: InsertPlan, catalog: Catalog): Candidates {
  const { table } = plan
  const given = payloadColumns(table, plan.columns)
  const names = new Set(given.map((column) => column.name))
  const defaults = new Map<string, Expr>()
  for (const column of table.columns) {
    const parsed = defaultOf(column, catalog)
    if (parsed !== null) defaults.set(column.name, parsed)
  }
  const isUuid = (column: Column): boolean =>
    !names.has(column.name) && isRandomUuid(defaults.get(column.name) ?? NOTHING)
  const uuids = table.columns.filter(isUuid).map(uuidColumn)
  const payload = [...given, ...uuids]
  const computed = table.columns.filter(
    (column) => !payload.some(({ name }) => name === column.name) && defaults.has(column.name),
  )
  const columns = [...payload.map(({ name }) => name), ...computed.map(({ name }) => name)]
  const source: Source = { table, catalog, payload, defaults, missing: plan.missing }
  return { payload, columns, select: (printer, wanted) => printCandidates(source, wanted, printer) }
}

const NOTHING: Expr = { kind: 'literal', type: { name: 'unknown' }, value: null }

const uuidColumn = (column: Column): PayloadColumn => ({
  name: column.name,
  type: column.type,
  storage: PLAIN,
  cells: [],
  uuid: true,
})

/** A default as an Expr; null where there is none, or where only the table itself knows it. */
function defaultOf(column: Column, catalog: Catalog): Expr | null {
  if (column.default === null || column.generated !== null || column.nativeDefault === true) return null
  try {
    return parseDefault(column.default, column, catalog)
  } catch (error) {
    if (column.storage === undefined) throw error
    return null
  }
}

interface Source {
  readonly table: Table
  readonly catalog: Catalog
  readonly payload: readonly PayloadColumn[]
  readonly defaults: ReadonlyMap<string, Expr>
  readonly missing: InsertPlan['missing']
}

function printCandidates(source: Source, wanted: ReadonlySet<string>, printer: ExprPrinter): string {
  const { table, payload } = source
  const slot = printer.slots.add('payload', (input) => (input.payload ??= encodePayload(payload, input)))
  const stored = table.columns.filter((column) => column.generated === null)
  const list = stored.map((column) => `${printCandidate(column, source, printer)} AS ${quoteName(column.name)}`)
  const rows = `SELECT k.key AS ${ORDINAL}, ${list.join(', ')} FROM json_each(${slot}) AS k`
  return withGenerated({ table, catalog: source.catalog, rows, wanted }, printer)
}

/** Puts generated columns around rows, when somebody wants them. */
export function withGenerated(
  given: { table: Table; catalog: Catalog; rows: string; wanted: ReadonlySet<string> },
  printer: ExprPrinter,
): string {
  const { table, catalog, rows, wanted } = given
  const generated = table.columns.filter((column) => column.generated !== null && wanted.has(column.name))
  if (generated.length === 0) return rows
  if (generated.some((column) => column.generated?.native === true)) return withNative(table, rows)
  const list = generated.map((column) => {
    const expr = parseGenerated(column, { table, catalog, source: 'g' })
    return `${printStored(expr, column, printer)} AS ${quoteName(column.name)}`
  })
  return `SELECT g.*, ${list.join(', ')} FROM (${rows}) AS g`
}

/**
 * The same in the words of an adopted table, whose generated columns may be made of each other: each stands around those that it mentions. Texts keep
 * their affinity, so that conditions see what the table will have.
 */
function withNative(table: Table, rows: string): string {
  let left = table.columns.filter((column) => column.generated !== null)
  let made = rows
  while (left.length > 0) {
    const names = new Set(left.map((column) => column.name.toLowerCase()))
    const isReady = ({ generated }: Column): boolean =>
      !tokenize(generated?.expression ?? '').some(
        (token) => token.kind === 'word' && names.has(token.text.toLowerCase()),
      )
    const ready = left.filter(isReady)
    // SQLite refuses circles, so that there is always one.
    const next = ready.length > 0 ? ready : left
    const list = next.map(({ name, type, generated }) => {
      const value = `(${generated?.expression ?? 'null'})`
      return `${type.name === 'text' || type.name === 'varchar' ? `CAST(${value} AS TEXT)` : value} AS ${quoteName(name)}`
    })
    made = `SELECT g.*, ${list.join(', ')} FROM (${made}) AS g`
    left = left.filter((column) => !next.includes(column))
  }
  return made
}

function printCandidate(column: Column, source: Source, printer: ExprPrinter): string {
  const position = source.payload.findIndex(({ name }) => name === column.name)
  if (position < 0) return printDefault(column, source, printer)
  const given = source.payload[position]
  const value = fromStorageJson(column.type, `(k.value ->> '$[${position}]')`)
  if (source.missing === 'null' || given?.uuid === true) return printGiven(value, position, source)
  return `CASE json_type(k.value, '$[${position}]') WHEN 'object' THEN ${printDefault(column, source, printer)} ELSE ${value} END`
}

/** An absent cell is NULL with `missing=null`. */
function printGiven(value: string, position: number, source: Source): string {
  if (source.payload[position]?.uuid === true) return value
  return `iif(json_type(k.value, '$[${position}]') = 'object', NULL, ${value})`
}

function printDefault(column: Column, source: Source, printer: ExprPrinter): string {
  const expr = source.defaults.get(column.name)
  if (expr !== undefined) return printStored(expr, column, printer)
  if (column.nativeDefault === true && column.default !== null) return nativeDefault(column.default)
  const { table } = source
  const isRowid = table.primaryKey.length === 1 && table.primaryKey[0] === column.name
  if (column.identity === null || (isRowid && rowidName(table) !== null)) return 'NULL'
  const name = quoteName(column.name)
  return `((SELECT ifnull(max(${name}), 0) FROM ${quoteName(tableName(table))}) + k.key + 1)`
}

const CONSTANTS = ['null', 'true', 'false', 'current_time', 'current_date', 'current_timestamp']

/** What the table itself would put there, in its own words. Of a DEFAULT, SQLite takes a bare word for a text. */
function nativeDefault(text: string): string {
  const [word, more] = tokenize(text).filter(({ kind }) => kind !== 'comment')
  const isText = word?.kind === 'word' && more === undefined
  if (isText && (word.quoted || !CONSTANTS.includes(word.text.toLowerCase()))) return quoteText(word.text)
  // A comment may end with the line.
  return `(${text}\n)`
}

/** Columns of one source that conditions mention. */
export function columnsOf(conditions: readonly (Expr | null)[], source: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const condition of conditions) {
    if (condition === null) continue
    for (const ref of collect(condition).columns) if (ref.source === source) names.add(ref.column)
  }
  return names
}
