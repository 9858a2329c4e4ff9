import { failure } from '../../../errors/error.ts'
import { parseExpression } from '../../../policy/expression/index.ts'
import type { Catalog, Check, Column, ForeignKey, Index, Table } from '../../../schema/catalog.ts'
import { quoteName } from '../../sql/printer.ts'
import { nativeCheck, printNative } from '../checks.ts'
import { declaredType } from '../codecs.ts'
import { nativeGenerated } from '../generated.ts'
import { noteColumn, noteTable, noteText } from '../notes.ts'
import { readTableText } from '../read-table-sql.ts'
import { parseDefault, printStored } from '../stored-expr.ts'
import { tableName } from '../tables.ts'
import { printView } from '../view.ts'

export interface TablePrint {
  readonly catalog: Catalog
  /** Definitions of columns that are not printed from the table, by name: what somebody else wrote, and what is retired. */
  readonly given?: ReadonlyMap<string, string>
  /** All columns in the order of the file, those of `given` included; absent: those of the table. */
  readonly order?: readonly string[]
  /** Unique keys that are kept as indexes of their own, by name. */
  readonly uniqueIndexes?: ReadonlySet<string>
  /** False where the rowid is kept apart from the key. */
  readonly mayBeRowid?: boolean
}

/** A whole CREATE TABLE of ours, without indexes. What SQLite's own functions can't say stands in it as a note only, and writes see to it. */
export function printCreateTable(table: Table, print: TablePrint): string {
  const { catalog, given, uniqueIndexes, order = table.columns.map((column) => column.name) } = print
  const rowidKey = print.mayBeRowid === false ? null : rowidKeyOf(table)
  const parts = order.map((name) => given?.get(name) ?? printOwn(name, table, { catalog, rowidKey }))
  if (rowidKey === null && table.primaryKey.length > 0) parts.push(printPrimaryKey(table))
  for (const unique of table.uniques) {
    if (uniqueIndexes?.has(unique.name) === true) continue
    parts.push(`CONSTRAINT ${quoteName(unique.name)} UNIQUE (${quoteNames(unique.columns)})`)
  }
  for (const key of table.foreignKeys) parts.push(printForeignKey(key, catalog))
  for (const check of table.checks) parts.push(printCheck(check, table, catalog))
  const sql = (note: string): string => `CREATE TABLE ${quoteName(tableName(table))} (${note}${parts.join(', ')})`
  const plain = sql(noteTable(table))
  return readTableText(plain, table.name).own ? plain : sql(noteTable(table, { own: true }))
}

function printOwn(name: string, table: Table, own: { catalog: Catalog; rowidKey: Column | null }): string {
  const column = table.column.get(name)
  if (column === undefined) throw new Error(`assertion failed: ${table.key} has the column ${name}`)
  return printColumn(column, table, { catalog: own.catalog, isRowidKey: column === own.rowidKey })
}

export const quoteNames = (columns: readonly string[]): string => columns.map(quoteName).join(', ')

export function printPrimaryKey(table: Table): string {
  const name = quoteName(table.primaryKeyName ?? `${table.name}_pkey`)
  return `CONSTRAINT ${name} PRIMARY KEY (${quoteNames(table.primaryKey)})`
}

export function printForeignKey(key: ForeignKey, catalog: Catalog): string {
  return `CONSTRAINT ${quoteName(key.name)} FOREIGN KEY (${quoteNames(key.columns)}) ${printReferences(key, catalog)}`
}

/** A single integer key is the rowid itself, so that looking a row up takes one tree instead of two. */
export function rowidKeyOf(table: Table): Column | null {
  const [name, second] = table.primaryKey
  if (name === undefined || second !== undefined) return null
  const column = table.column.get(name)
  return column !== undefined && ['smallint', 'integer', 'bigint'].includes(column.type.name) ? column : null
}

export interface ColumnPrint {
  readonly catalog: Catalog
  readonly isRowidKey: boolean
  /** True in a table that somebody else made, where only the note says that a column is ours. */
  readonly isGuest?: boolean
  /** In a STRICT table, which takes no words of ours for types. */
  readonly isStrict?: boolean
}

export function printColumn(column: Column, table: Table, print: ColumnPrint): string {
  const { catalog, isRowidKey, isGuest = false, isStrict = false } = print
  const word = declaredType(column.type)
  const type = isRowidKey ? 'INTEGER' : isStrict ? word.replace(/[_(].*$/, '') : word
  // SQLite takes all before GENERATED for the type, a note as well, and a STRICT table refuses that.
  const isNotedLast = isStrict && column.generated !== null
  const note = noteColumn(column, { isGuest })
  const parts = [quoteName(column.name), type, isNotedLast ? '' : note]
  if (isRowidKey) {
    const name = quoteName(table.primaryKeyName ?? `${table.name}_pkey`)
    // Never again a number that was given out before, as a sequence does it.
    parts.push(`CONSTRAINT ${name} PRIMARY KEY${column.identity === null ? '' : ' AUTOINCREMENT'}`)
  }
  if (!column.nullable) parts.push('NOT NULL')
  if (column.default !== null) parts.push(printDefault(column, catalog))
  if (column.generated !== null) parts.push(printGenerated(column, table, catalog))
  if (isNotedLast) parts.push(note)
  return parts.filter((part) => part !== '').join(' ')
}

/** A DEFAULT for those who write to the file without Pilar; where SQLite has none like it, there is none. */
export function printDefault(column: Column, catalog: Catalog): string {
  const expr = parseDefault(column.default ?? 'null', column, catalog)
  if (mentionsNow(column.default ?? '')) {
    const format = { date: '%Y-%m-%d', time: '%H:%M:%f', timestamp: '%Y-%m-%dT%H:%M:%f' }[column.type.name as 'date']
    return `DEFAULT (strftime('${format ?? '%Y-%m-%dT%H:%M:%f+00:00'}', 'now'))`
  }
  const sql = printNative((printer) => printStored(expr, column, printer), catalog, 'table')
  return sql === null || sql.includes('?') ? '' : `DEFAULT (${sql})`
}

const mentionsNow = (text: string): boolean =>
  /^\s*(now\(\)|current_(timestamp|date|time)|localtimestamp|localtime)\s*$/i.test(text)

/** True for a default that is the same for every row, so that rows that exist need not be written to have it. */
export function hasConstantDefault(column: Column, catalog: Catalog): boolean {
  return column.default === null || parseDefault(column.default, column, catalog).kind === 'literal'
}

/** Empty where SQLite can't compute it: then it is an ordinary column, which writes fill. */
export function printGenerated(column: Column, table: Table, catalog: Catalog): string {
  const sql = nativeGenerated(column, table, catalog)
  return sql === null ? '' : `GENERATED ALWAYS AS (${sql}) ${column.generated?.stored === true ? 'STORED' : 'VIRTUAL'}`
}

function printReferences(key: ForeignKey, catalog: Catalog): string {
  const target = catalog.tables.get(key.references.table)
  const [schema = 'public', name = ''] = splitKey(key.references.table)
  const table = quoteName(tableName(target ?? { schema, name }))
  return `REFERENCES ${table} (${quoteNames(key.references.columns)}) ON DELETE ${key.onDelete.toUpperCase()} ON UPDATE ${key.onUpdate.toUpperCase()}`
}

function splitKey(key: string): readonly string[] {
  const dot = key.indexOf('.')
  return [key.slice(0, dot), key.slice(dot + 1)]
}

export function printCheck(check: Check, table: Table, catalog: Catalog): string {
  const name = `CONSTRAINT ${quoteName(check.name)}`
  if (check.native === true) return `${name} CHECK (${check.expression})`
  const sql = nativeCheck(check.expression, table, catalog)
  return `${name} CHECK (${sql ?? 'TRUE'} ${noteText(check.expression)})`
}

export function printCreateView(view: Table, catalog: Catalog): string {
  const placeholder = (): string =>
    `SELECT ${view.columns.map((column) => `NULL AS ${quoteName(column.name)}`).join(', ')} WHERE FALSE`
  const select = printNative((printer) => printView(view, printer), catalog, 'view') ?? placeholder()
  return `CREATE VIEW ${quoteName(tableName(view))} AS ${noteTable(view)}${select}`
}

export function printCreateIndex(index: Index, table: Table, catalog: Catalog): string {
  const columns = index.columns
    .map(({ name, descending }) => `${quoteName(name)}${descending ? ' DESC' : ''}`)
    .join(', ')
  const where = index.where === null ? '' : ` WHERE ${indexCondition(index, table, catalog)} ${noteText(index.where)}`
  return `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${quoteName(index.name)} ON ${quoteName(tableName(table))} (${columns})${where}`
}

function indexCondition(index: Index, table: Table, catalog: Catalog): string {
  const expected = { kind: 'condition', of: 'WHERE' } as const
  const expr = parseExpression(index.where ?? 'true', {
    catalog,
    self: table,
    expected,
    noSubqueries: 'index predicate',
  })
  const sql = printNative((printer) => printer.print(expr), catalog, 'table')
  if (sql === null) throw notNative('condition of the index', index.name)
  return sql
}

function notNative(what: string, where: string): Error {
  const message = `the ${what} ${where} needs a function that SQLite does not have, and the file must stay usable without Pilar`
  return failure(
    '0A000',
    { message },
    { hint: 'Use simpler functions, or compute the value in the query or the application.' },
  )
}
