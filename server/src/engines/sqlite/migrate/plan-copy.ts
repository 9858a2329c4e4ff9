import { failure } from '../../../errors/error.ts'
import type { Catalog } from '../../../schema/catalog.ts'
import { quoteName } from '../../sql/printer.ts'
import type { SchemaRow } from '../found-file.ts'
import { convertComputed, SOURCE } from './convert.ts'
import { renameIndex } from './index-text.ts'
import type { TableCopy } from './migration.ts'
import { computingOf, type PlannedColumn, type PlannedTable } from './plan-table.ts'
import type { Scratch } from './scratch.ts'
import { parseTable, printTable, withoutForeignKeys } from './table-ddl.ts'

/** What finds a row of a table of the file. */
export interface RowKey {
  /** The column that is the rowid, or null. */
  readonly alias: string | null
  /** A name that reaches the rowid; null in a WITHOUT ROWID table. */
  readonly rowid: string | null
  readonly primaryKey: readonly string[]
}

interface ColumnRow {
  readonly name: string
  readonly pk: number
}

export function rowKeyOf(scratch: Scratch, table: string): RowKey {
  const { database } = scratch
  const columns = database
    .prepare('SELECT name, pk FROM pragma_table_xinfo(?) ORDER BY pk')
    .all(table) as unknown as readonly ColumnRow[]
  const primaryKey = columns.filter((column) => column.pk > 0).map((column) => column.name)
  const list = database.prepare("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE")
  if (list.get(table)?.['wr'] === 1) return { alias: null, rowid: null, primaryKey }
  const index = database.prepare("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'").get(table)
  const names = new Set(columns.map((column) => column.name.toLowerCase()))
  const rowid = ['rowid', '_rowid_', 'oid'].find((name) => !names.has(name)) ?? null
  const alias = index === undefined && primaryKey.length === 1 ? (primaryKey[0] ?? null) : null
  return { alias, rowid: rowid ?? (alias === null ? null : quoteName(alias)), primaryKey }
}

export interface CopyInput {
  readonly planned: PlannedTable
  readonly after: Catalog
  readonly scratch: Scratch
  readonly target: string
  /** Before the renames. */
  readonly source: RowKey
  /** The CREATE TABLE of the migrated file. */
  readonly text: string
  /** Statements of its indexes, in the migrated file. */
  readonly indexes: readonly SchemaRow[]
}

export const indexOfCopy = (target: string, at: number): string => `${target}_i${at}`

/** How the rows of a table are copied. Makes the copy on the scratch. */
function needsKey(table: string): Error {
  const message = `the table ${table} is kept WITHOUT ROWID, and such a table needs a primary key`
  return failure('0A000', { message }, { hint: 'Declare another primary key for it.' })
}

export function planCopy(input: CopyInput): TableCopy {
  const { planned, scratch, target, source, text, indexes } = input
  if (source.rowid === null && planned.table.primaryKey.length === 0) throw needsKey(planned.name)
  const create = [
    bareText(text, target),
    ...indexes.map((index, at) => renameIndex(index.sql ?? '', indexOfCopy(target, at), target)),
  ]
  for (const statement of create) scratch.database.exec(statement)
  const made = rowKeyOf(scratch, target)
  const values = copiedValues(input)
  const keys = keysOf(input, made)
  const own = made.rowid !== null && made.alias === null && source.rowid !== null
  const rowid: [string, string][] = own && made.rowid !== null ? [[made.rowid, `${SOURCE}.${source.rowid}`]] : []
  const fresh = numberedColumn(input, made)
  if (fresh !== null && source.rowid !== null) values.set(fresh, `${SOURCE}.${source.rowid}`)
  const list = [...rowid, ...[...values].map(([name, sql]): [string, string] => [quoteName(name), sql])]
  return {
    source: planned.trace.origin ?? '',
    target,
    create,
    ...keys,
    columns: list.map(([name]) => name),
    values: list.map(([, sql]) => sql),
    reads: [...new Set(planned.columns.flatMap((each) => each.conversion?.reads ?? []))],
    blame: blameOf(planned),
  }
}

/** Foreign keys begin with the switch. */
function bareText(text: string, target: string): string {
  const ddl = parseTable(withoutForeignKeys(text))
  if (ddl === null) throw new Error('assertion failed: a table has definitions')
  return printTable({ ...ddl, name: quoteName(target) })
}

/** In the order of the columns; SQLite computes the rest. */
function copiedValues({ planned, after }: CopyInput): Map<string, string> {
  const values = new Map<string, string>()
  const hasNewValues = planned.columns.some((each) => each.conversion !== null && !each.conversion.isSame)
  const computed: PlannedColumn[] = []
  for (const each of planned.columns) {
    const { name, column, trace, conversion, retired } = each
    const computing = retired === null && column.generated !== null ? computingOf(column, planned.table, after) : 'none'
    const raw = `${SOURCE}.${quoteName(trace.origin ?? '')}`
    if (computing === 'virtual' || computing === 'stored') continue
    if (computing === 'computed' && (hasNewValues || trace.origin === null || trace.generated !== null))
      computed.push(each)
    else if (conversion !== null) values.set(name, conversion.sql)
    else if (trace.origin !== null) values.set(name, raw)
  }
  for (const { name, column } of computed) {
    const of = (other: string): string => values.get(other) ?? 'NULL'
    values.set(name, convertComputed(column, { table: planned.table, catalog: after }, of))
  }
  return values
}

/** A new column that counts begins with the numbers of the rows. */
function numberedColumn({ planned }: CopyInput, made: RowKey): string | null {
  const alias = planned.columns.find((each) => each.name === made.alias)
  return alias !== undefined && alias.trace.origin === null && alias.conversion?.sql === 'NULL' ? alias.name : null
}

function keysOf({ planned, source }: CopyInput, made: RowKey): Pick<TableCopy, 'key' | 'targetKey'> {
  const bySource = new Map(
    planned.columns.flatMap(({ name, trace, conversion }): [string, string][] =>
      trace.origin === null || (conversion !== null && !conversion.isSame) ? [] : [[trace.origin, name]],
    ),
  )
  const alias = planned.columns.find((each) => each.name === made.alias)
  if (source.rowid !== null && made.rowid !== null) {
    const keepsRowid = alias === undefined || alias.trace.origin === source.alias || alias.trace.origin === null
    if (keepsRowid) return { key: [source.rowid], targetKey: [made.rowid] }
    const { origin } = alias.trace
    if (origin !== null && bySource.has(origin)) return { key: [quoteName(origin)], targetKey: [quoteName(alias.name)] }
  }
  const names = source.primaryKey.map((name) => bySource.get(name))
  if (source.primaryKey.length === 0 || names.includes(undefined)) throw keyless(planned)
  return {
    key: source.primaryKey.map(quoteName),
    targetKey: names.flatMap((name) => (name === undefined ? [] : [quoteName(name)])),
  }
}

function keyless({ table, trace }: PlannedTable): Error {
  const message = `the rows of ${table.name} would have nothing in common with the former ones to be found again by`
  const hint = 'Change the key and the type of its columns in two migrations.'
  return failure('0A000', { message }, { hint, details: { step: trace.keyStep } })
}

function blameOf({ columns, trace, table }: PlannedTable): TableCopy['blame'] {
  const ofKey = trace.keyStep === null ? [] : table.primaryKey.map((column) => ({ column, step: trace.keyStep ?? 0 }))
  const ofUniques = table.uniques.flatMap(({ columns: names }, at) => {
    const step = trace.named.uniques[at]?.step ?? null
    return step === null ? [] : names.map((column) => ({ column, step }))
  })
  const ofColumns = columns.flatMap(({ name, trace: { converted, step } }) => {
    const blamed = converted ?? step
    return blamed === null ? [] : [{ column: name, step: blamed }]
  })
  const ofChecks = trace.named.checks.flatMap(({ name, step }) => (step === null ? [] : [{ column: name, step }]))
  return [...ofKey, ...ofColumns, ...ofUniques, ...ofChecks]
}
