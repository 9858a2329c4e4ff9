import { failure } from '../../errors/error.ts'
import { parseExpression } from '../../policy/expression/index.ts'
import type { Catalog, Check, Column, ForeignKey, Index, Table } from '../../schema/catalog.ts'
import type { MigrationStep } from '../../schema/diff.ts'
import { makeCatalog, makeTable } from '../../schema/make-catalog.ts'
import { quoteName } from '../sql/printer.ts'
import { nativeCheck, printNative } from './checks.ts'
import { declaredType } from './codecs.ts'
import { nativeGenerated } from './generated.ts'
import { noteColumn, noteTable, noteText } from './notes.ts'
import { parseDefault, printStored } from './stored-expr.ts'
import { tableName } from './tables.ts'
import { printView } from './view.ts'

/**
 * Steps as SQL statements, to be run in one transaction. What SQLite's own functions can't say (a check with a regular expression) stands in the
 * table as a note only, and writes check it. `found` is the database as it is.
 */
export function migrationStatements(steps: readonly MigrationStep[], found: Catalog): readonly string[] {
  const catalog = catalogAfter(steps, found)
  return steps.flatMap((step) => statementsOf(step, catalog))
}

function statementsOf(step: MigrationStep, catalog: Catalog): readonly string[] {
  switch (step.kind) {
    case 'create-table':
      return [createTable(step.table, catalog)]
    case 'create-view':
      return [createView(step.table, catalog)]
    case 'replace-view':
      return [`DROP VIEW ${quoteName(tableName(step.table))}`, createView(step.table, catalog)]
    case 'add-column':
      return [addColumn(step, catalog)]
    case 'create-index':
      return [createIndex(step.index, tableOf(catalog, step.table), catalog)]
  }
}

function tableOf(catalog: Catalog, key: string): Table {
  const table = catalog.tables.get(key)
  if (table === undefined) throw new Error(`assertion failed: the migrated catalog has ${key}`)
  return table
}

function catalogAfter(steps: readonly MigrationStep[], found: Catalog): Catalog {
  const tables = new Map(found.tables)
  for (const step of steps) {
    if (step.kind === 'create-index') continue
    if (step.kind !== 'add-column') {
      tables.set(step.table.key, step.table)
      continue
    }
    const table = tableOf({ ...found, tables }, step.table)
    tables.set(table.key, makeTable({ ...table, columns: [...table.columns, step.column] }))
  }
  return makeCatalog({ version: found.version, schemas: found.schemas, tables: [...tables.values()] })
}

function createTable(table: Table, catalog: Catalog): string {
  const rowidKey = rowidKeyOf(table)
  const parts = table.columns.map((column) =>
    columnDefinition(column, table, { catalog, isRowidKey: column === rowidKey }),
  )
  if (rowidKey === null && table.primaryKey.length > 0) {
    parts.push(
      `CONSTRAINT ${quoteName(table.primaryKeyName ?? `${table.name}_pkey`)} PRIMARY KEY (${names(table.primaryKey)})`,
    )
  }
  for (const unique of table.uniques)
    parts.push(`CONSTRAINT ${quoteName(unique.name)} UNIQUE (${names(unique.columns)})`)
  for (const key of table.foreignKeys)
    parts.push(`CONSTRAINT ${quoteName(key.name)} FOREIGN KEY (${names(key.columns)}) ${references(key, catalog)}`)
  for (const check of table.checks) parts.push(checkDefinition(check, table, catalog))
  return `CREATE TABLE ${quoteName(tableName(table))} (${noteTable(table)}${parts.join(', ')})`
}

const names = (columns: readonly string[]): string => columns.map(quoteName).join(', ')

/** A single integer key is the rowid itself, so that looking a row up takes one tree instead of two. */
function rowidKeyOf(table: Table): Column | null {
  const [name, second] = table.primaryKey
  if (name === undefined || second !== undefined) return null
  const column = table.column.get(name)
  return column !== undefined && ['smallint', 'integer', 'bigint'].includes(column.type.name) ? column : null
}

function columnDefinition(column: Column, table: Table, options: { catalog: Catalog; isRowidKey: boolean }): string {
  const { catalog, isRowidKey } = options
  const note = noteColumn(column)
  // Never again a number that was given out before, as a sequence does it.
  const type = isRowidKey ? 'INTEGER' : declaredType(column.type)
  const parts = [quoteName(column.name), type, note]
  if (isRowidKey) {
    const name = quoteName(table.primaryKeyName ?? `${table.name}_pkey`)
    parts.push(`CONSTRAINT ${name} PRIMARY KEY${column.identity === null ? '' : ' AUTOINCREMENT'}`)
  }
  if (!column.nullable) parts.push('NOT NULL')
  if (column.default !== null) parts.push(defaultClause(column, catalog))
  if (column.generated !== null) parts.push(generatedClause(column, table, catalog))
  return parts.filter((part) => part !== '').join(' ')
}

/** A DEFAULT for those who write to the file without Pilar; where SQLite has none like it, there is none. */
function defaultClause(column: Column, catalog: Catalog): string {
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

function generatedClause(column: Column, table: Table, catalog: Catalog): string {
  const sql = nativeGenerated(column, table, catalog)
  return sql === null ? '' : `GENERATED ALWAYS AS (${sql}) ${column.generated?.stored === true ? 'STORED' : 'VIRTUAL'}`
}

function notNative(what: string, where: string): Error {
  const message = `the ${what} ${where} needs a function that SQLite does not have, and the file must stay usable without Pilar`
  return failure(
    '0A000',
    { message },
    { hint: 'Use simpler functions, or compute the value in the query or the application.' },
  )
}

function references(key: ForeignKey, catalog: Catalog): string {
  const target = catalog.tables.get(key.references.table)
  const [schema = 'public', name = ''] = splitKey(key.references.table)
  const table = quoteName(tableName(target ?? { schema, name }))
  return `REFERENCES ${table} (${names(key.references.columns)}) ON DELETE ${key.onDelete.toUpperCase()} ON UPDATE ${key.onUpdate.toUpperCase()}`
}

function splitKey(key: string): readonly string[] {
  const dot = key.indexOf('.')
  return [key.slice(0, dot), key.slice(dot + 1)]
}

function checkDefinition(check: Check, table: Table, catalog: Catalog): string {
  const sql = check.native === true ? check.expression : nativeCheck(check.expression, table, catalog)
  return `CONSTRAINT ${quoteName(check.name)} CHECK (${sql ?? 'TRUE'} ${noteText(check.expression)})`
}

function createView(view: Table, catalog: Catalog): string {
  const placeholder = (): string =>
    `SELECT ${view.columns.map((column) => `NULL AS ${quoteName(column.name)}`).join(', ')} WHERE FALSE`
  const select = printNative((printer) => printView(view, printer), catalog, 'view') ?? placeholder()
  return `CREATE VIEW ${quoteName(tableName(view))} AS ${noteTable(view)}${select}`
}

/** SQLite adds a column only with a constant default: others are left to the compiler. */
function addColumn(step: Extract<MigrationStep, { kind: 'add-column' }>, catalog: Catalog): string {
  const { column, foreignKey, check } = step
  const table = tableOf(catalog, step.table)
  if (column.generated !== null && nativeGenerated(column, table, catalog) === null) {
    throw notNative('generated column', `${table.name}.${column.name}`)
  }
  let definition = columnDefinition(column, table, { catalog, isRowidKey: false })
  if (column.default !== null && !isConstant(column, catalog)) {
    if (!column.nullable) {
      const message = `column ${table.name}.${column.name} is not null and its default is not constant: existing rows would have no value`
      throw failure('0A000', { message }, { hint: 'Add .nullable(), or give it a constant default.' })
    }
    definition = columnDefinition({ ...column, default: null }, table, { catalog, isRowidKey: false })
  }
  const key = foreignKey === null ? '' : ` CONSTRAINT ${quoteName(foreignKey.name)} ${references(foreignKey, catalog)}`
  const condition = check === null ? '' : ` ${checkDefinition(check, table, catalog)}`
  return `ALTER TABLE ${quoteName(tableName(table))} ADD COLUMN ${definition}${key}${condition}`
}

function isConstant(column: Column, catalog: Catalog): boolean {
  return parseDefault(column.default ?? 'null', column, catalog).kind === 'literal'
}

function createIndex(index: Index, table: Table, catalog: Catalog): string {
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
