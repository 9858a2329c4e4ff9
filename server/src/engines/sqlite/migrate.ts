import { failure } from '../../errors/error.ts'
import type { Catalog, Table } from '../../schema/catalog.ts'
import type { MigrationStep } from '../../schema/diff.ts'
import { makeCatalog, makeTable } from '../../schema/make-catalog.ts'
import { quoteName } from '../sql/printer.ts'
import { nativeGenerated } from './generated.ts'
import {
  hasConstantDefault,
  notNative,
  printCheck,
  printColumn,
  printCreateIndex,
  printCreateTable,
  printCreateView,
  printReferences,
} from './migrate/print-table.ts'
import { tableName } from './tables.ts'

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
      return [printCreateTable(step.table, { catalog })]
    case 'create-view':
      return [printCreateView(step.table, catalog)]
    case 'replace-view':
      return [`DROP VIEW ${quoteName(tableName(step.table))}`, printCreateView(step.table, catalog)]
    case 'add-column':
      return [addColumn(step, catalog)]
    case 'create-index':
      return [printCreateIndex(step.index, tableOf(catalog, step.table), catalog)]
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

/** SQLite adds a column only with a constant default: others are left to the compiler. */
function addColumn(step: Extract<MigrationStep, { kind: 'add-column' }>, catalog: Catalog): string {
  const { column, foreignKey, check } = step
  const table = tableOf(catalog, step.table)
  if (column.generated !== null && nativeGenerated(column, table, catalog) === null) {
    throw notNative('generated column', `${table.name}.${column.name}`)
  }
  let definition = printColumn(column, table, { catalog, isRowidKey: false })
  if (column.default !== null && !hasConstantDefault(column, catalog)) {
    if (!column.nullable) {
      const message = `column ${table.name}.${column.name} is not null and its default is not constant: existing rows would have no value`
      throw failure('0A000', { message }, { hint: 'Add .nullable(), or give it a constant default.' })
    }
    definition = printColumn({ ...column, default: null }, table, { catalog, isRowidKey: false })
  }
  const key =
    foreignKey === null ? '' : ` CONSTRAINT ${quoteName(foreignKey.name)} ${printReferences(foreignKey, catalog)}`
  const condition = check === null ? '' : ` ${printCheck(check, table, catalog)}`
  return `ALTER TABLE ${quoteName(tableName(table))} ADD COLUMN ${definition}${key}${condition}`
}
