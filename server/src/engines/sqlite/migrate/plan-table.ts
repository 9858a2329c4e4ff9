import { failure } from '../../../errors/error.ts'
import type { Catalog, Column, Table } from '../../../schema/catalog.ts'
import type { RetiredColumn, RetiredTable } from '../../../schema/retired.ts'
import { inPieces, type Pieces } from '../../../std/pieces.ts'
import { nativeGenerated } from '../generated.ts'
import { readTableText, type TableText } from '../read-table-sql.ts'
import { tableName } from '../tables.ts'
import { isNative } from './adopted-ddl.ts'
import { blaming } from './blame.ts'
import { type Conversion, convertColumn, located, withTable } from './convert.ts'
import { hasConstantDefault } from './print-table.ts'
import type { Scratch } from './scratch.ts'
import { parseTable } from './table-ddl.ts'
import type { ColumnTrace, NamedKind, NamedTrace, TableTrace, Trace } from './trace.ts'

/** One table of the migrated file, and where everything of it comes from. */
export interface PlannedTable {
  readonly trace: TableTrace
  /** As it will be; of a retired one, as it was. */
  readonly table: Table
  readonly retired: RetiredTable | null
  /** Its name in the file afterwards. */
  readonly name: string
  readonly columns: readonly PlannedColumn[]
  /** Pilar made it: its text is printed anew, unless somebody else changed it. */
  readonly isOwn: boolean
  readonly isPrinted: boolean
  readonly isWithoutRowid: boolean
  /** Columns that SQLite does not compute although they are generated. */
  readonly computed: ReadonlySet<string>
  /** Unique keys that are indexes of their own, by their names before. */
  readonly uniqueIndexes: ReadonlySet<string>
}

export interface PlannedColumn {
  /** In the file, afterwards. */
  readonly name: string
  /** As it will be; of a retired one, as it was. */
  readonly column: Column
  readonly retired: RetiredColumn | null
  readonly trace: ColumnTrace
  /** Null where the column keeps its values, or has none of its own. */
  readonly conversion: Conversion | null
}

export interface PlanInput {
  readonly found: Catalog
  readonly nowMicros: bigint
  readonly scratch: Scratch
}

/** Everything that was there before and stays, in the order it was found. */
export function* plannedTables(trace: Trace, input: PlanInput): Pieces<readonly PlannedTable[]> {
  const tables = yield* inPieces(trace.tables, ([key, table]) => plannedTable(key, table, { trace, input }))
  return tables.flat()
}

/** One, or none where there is nothing of it afterwards or nothing to do. */
function plannedTable(
  key: string,
  each: TableTrace,
  { trace, input }: { readonly trace: Trace; readonly input: PlanInput },
): readonly PlannedTable[] {
  if (each.origin === null || each.from === null) return []
  const retired = trace.after.retired.tables.find((one) => one.storedAs === key) ?? null
  const table = retired?.table ?? trace.after.tables.get(key)
  if (table === undefined) throw new Error(`assertion failed: ${key} is in the migrated catalog`)
  if (input.scratch.object('table', each.origin) === null) {
    if (table === each.from) return []
    throw unmakeable('table', each.origin)
  }
  return [planTable({ trace: each, table, retired, name: retired?.storedAs ?? tableName(table) }, trace.after, input)]
}

/** What nobody touches is left alone, whether it can be made here or not. */
export function unmakeable(kind: string, name: string): Error {
  const message = `the ${kind} ${name} needs a function or collation that only the program that made it has`
  return failure('0A000', { message }, { hint: 'Change the table with that program.' })
}

type Given = Pick<PlannedTable, 'trace' | 'table' | 'retired' | 'name'>

function planTable(given: Given, after: Catalog, input: PlanInput): PlannedTable {
  const { trace, table, name, retired } = given
  const origin = trace.origin ?? ''
  const sql = input.scratch.object('table', origin)?.sql ?? ''
  const text = readTableText(sql, origin)
  const key = retired?.storedAs ?? table.key
  const stored = after.retired.columns.filter((each) => each.table === key)
  const computed = retired === null ? computedNames(given, after, text) : new Set<string>()
  const columns = [
    ...table.columns.map((column) => planColumn(column, given, { ...input, computed, after })),
    ...stored.map((each): PlannedColumn => {
      const from = trace.stored.get(each.storedAs)
      if (from === undefined) throw new Error(`assertion failed: ${each.storedAs} is followed`)
      return { name: each.storedAs, column: each.column, retired: each, trace: from, conversion: null }
    }),
  ]
  const uniques = input.scratch.indexesOf(origin).filter(({ sql: index }) => /\/\*pilar:"unique"\*\//.test(index ?? ''))
  return {
    ...given,
    columns,
    isOwn: text.own,
    isPrinted: text.own && !(trace.from?.columns.some((column) => isNative(column)) ?? false),
    isWithoutRowid: /\bWITHOUT\s+ROWID\b/i.test(parseTable(sql)?.tail ?? ''),
    computed,
    uniqueIndexes: new Set(uniques.map((index) => bareIndexName(index.name, origin))),
    name,
  }
}

/**
 * What no step is about keeps its text, unread: a value that somebody has written may have changed what the types of its columns are taken for, so
 * that expressions do not fit any more.
 */
export function isUntouched({ table, trace, name, retired }: Given): boolean {
  return retired === null && table === trace.from && trace.purged.length === 0 && trace.origin === name
}

/** What an expression has wrong for types as the file has them is the mistake of the step that declared it. */
function computedNames(given: Given, after: Catalog, text: TableText): ReadonlySet<string> {
  const { table, trace } = given
  const computed = table.columns.filter((column) => {
    if (column.generated === null || column.storage !== undefined) return false
    if (isUntouched(given)) return !text.generated.has(column.name)
    const { generated, step } = trace.columns.get(column.name) ?? { generated: null, step: null }
    const place = { where: `${table.name}.${column.name}`, part: 'generated' }
    return blaming(generated ?? step, () => located(place, () => nativeGenerated(column, table, after))) === null
  })
  return new Set(computed.map((column) => column.name))
}

function planColumn(
  column: Column,
  { trace, retired }: Given,
  input: PlanInput & { computed: ReadonlySet<string>; after: Catalog },
): PlannedColumn {
  const from = trace.columns.get(column.name)
  if (from === undefined || trace.from === null) throw new Error(`assertion failed: ${column.name} is followed`)
  const plain = { name: column.name, column, retired: null, trace: from, conversion: null }
  if (from.converted === null || retired !== null || column.generated !== null) return plain
  if (from.twice !== null) throw twice(`${trace.from.key}.${column.name}`, from.twice)
  if (isFreshAndFree(column, from, input.after)) return plain
  const { using, fill, restores } = from
  const source = { found: input.found, table: trace.from, nowMicros: input.nowMicros }
  const value = { column, from: from.from, using, fill, restores }
  return { ...plain, conversion: blaming(from.converted, () => convertColumn(value, source)) }
}

function twice(column: string, step: number): Error {
  const message = `the values of ${column} are to change twice in one migration`
  return failure('0A000', { message }, { hint: 'Make two migrations of it.', details: { step } })
}

/** A new column whose rows need not be written: they are read as the default, or null. */
function isFreshAndFree(column: Column, trace: ColumnTrace, after: Catalog): boolean {
  const isFresh = trace.origin === null && trace.using === null && trace.restores === null && trace.fill === null
  return isFresh && column.identity === null && hasConstantDefault(column, after)
}

/** Names of indexes are of the whole file: those of a retired table have its reserved name before their own. */
export function bareIndexName(index: string, table: string): string {
  return index.startsWith(`${table}:`) && table.startsWith('pilar.retired_') ? index.slice(table.length + 1) : index
}

/** How a column is computed: by SQLite when it is read, by SQLite when it is written, by us when it is written, or not at all. */
type Computing = 'virtual' | 'stored' | 'computed' | 'none'

export function computingOf(column: Column, table: Table, catalog: Catalog): Computing {
  if (column.generated === null) return 'none'
  if (column.storage === undefined && nativeGenerated(column, table, withTable(catalog, table)) === null)
    return 'computed'
  return column.generated.stored ? 'stored' : 'virtual'
}

export interface CopyReason {
  readonly step: number | null
  readonly why: string
}

/** Rows from which on a new rule is verified while copying: verifying it at the switch would keep writers waiting. */
export const VERIFY_ROWS_MAX = 200_000
/** What looking at a row costs where an index is to be built, and where equal values are to be found before: so many times a check of it. */
const INDEX_COST = 4
const UNIQUE_COST = 7

/** Why the rows have to be copied; null where the text alone changes. */
export function copyReason(
  planned: PlannedTable,
  after: Catalog,
  { found, rows }: { readonly found: Catalog; readonly rows: () => number },
): CopyReason | null {
  const { trace, table, columns } = planned
  if (isUntouched(planned)) return null
  if (trace.keyStep !== null) return { step: trace.keyStep, why: 'the primary key changes' }
  for (const each of columns) {
    const why = columnReason(each, planned, { after, found })
    if (why !== null)
      return { step: each.trace.generated ?? each.trace.converted ?? each.trace.step, why: `${each.name} ${why}` }
  }
  const lost = lostColumns(planned, found)
  if (lost.length > 0) return { step: null, why: `${lost.join(', ')} goes` }
  const unique = goneOf('uniques', trace).find((at) => !planned.uniqueIndexes.has(trace.from?.uniques[at]?.name ?? ''))
  if (unique !== undefined && planned.retired === null) return { step: null, why: 'a unique key goes' }
  if (planned.retired !== null) return null
  const rule = newRule(planned)
  return rule === null || rows() * rule.cost <= VERIFY_ROWS_MAX
    ? null
    : { step: rule.step, why: `${table.name} has many rows, and a new rule` }
}

function columnReason(
  each: PlannedColumn,
  planned: PlannedTable,
  { after, found }: { after: Catalog; found: Catalog },
): string | null {
  const { trace, column, conversion, retired } = each
  if (retired !== null) {
    const isShared = planned.columns.some((other) => other !== each && other.trace.origin === trace.origin)
    return isShared ? 'has new values, and keeps the former ones' : null
  }
  if (planned.retired !== null) return null
  if (conversion !== null && !conversion.isSame) return 'gets new values'
  const now = column.generated === null ? 'none' : computingOf(column, planned.table, after)
  if (trace.origin === null) return now === 'none' || now === 'virtual' ? null : 'is computed'
  // Rows that are older than their column are read as its default: with another one they would be other rows.
  const before = trace.from ?? trace.restores?.column
  if (before !== undefined && before.default !== column.default) return 'has another default'
  if (trace.from === null) return null
  if (isOwnIdentity(trace.from) !== isOwnIdentity(column)) return 'begins or ceases to count'
  if (trace.generated === null || planned.trace.from === null) return null
  const then = computingOf(trace.from, planned.trace.from, found)
  if (now === 'stored' || now === 'computed') return 'is computed anew'
  if (then !== 'virtual') return now === 'virtual' ? 'is computed' : null
  return now === 'none' || isIndexed(column.name, planned.table) ? 'was computed' : null
}

const isOwnIdentity = (column: Column): boolean => column.identity !== null && column.storage === undefined

const isIndexed = (column: string, { indexes, uniques }: Table): boolean =>
  indexes.some((index) => index.columns.some((each) => each.name === column) || index.where !== null) ||
  uniques.some((unique) => unique.columns.includes(column))

/** Columns of the file that are nowhere afterwards, those that are in no row left out. */
function lostColumns({ trace, columns }: PlannedTable, found: Catalog): readonly string[] {
  const { from, purged } = trace
  if (from === null) return []
  const kept = new Set(columns.map((each) => each.trace.origin))
  const before = from.columns.filter((column) => computingOf(column, from, found) !== 'virtual')
  return [...before.map((column) => column.name), ...purged].filter((name) => !kept.has(name))
}

/** Places among those of the found table of what is there no more. */
export function goneOf(kind: NamedKind, trace: TableTrace): readonly number[] {
  const kept = new Set(trace.named[kind].map((each) => each.origin))
  return (trace.from?.[kind] ?? []).map((_, at) => at).filter((at) => !kept.has(at))
}

const newOf = (kind: NamedKind, trace: TableTrace): readonly NamedTrace[] =>
  trace.named[kind].filter((each) => each.origin === null)

/** The first step that makes a rule the rows have to be looked at for, and what all of them cost together. */
function newRule({ trace, columns }: PlannedTable): { readonly step: number | null; readonly cost: number } | null {
  const [checks, uniques, indexes] = [newOf('checks', trace), newOf('uniques', trace), newOf('indexes', trace)]
  const required = columns.filter((each) => isNewlyRequired(each) && !isReadAsDefault(each))
  const cost = checks.length + required.length + uniques.length * UNIQUE_COST + indexes.length * INDEX_COST
  const step = [...checks, ...uniques, ...indexes][0]?.step ?? required[0]?.trace.step ?? null
  return cost === 0 ? null : { step, cost }
}

/** A new column that is in no row: all of them are read as its default. */
export function isReadAsDefault({ column, trace, conversion }: PlannedColumn): boolean {
  return trace.origin === null && conversion === null && column.generated === null
}

/** Not null from now on. */
export function isNewlyRequired({ column, trace, retired }: PlannedColumn): boolean {
  if (retired !== null || column.nullable) return false
  return trace.origin === null || trace.from === null || trace.from.nullable
}
