import { column as columnRef } from '../../query/expr-tools.ts'
import type { DeletePlan, InsertPlan, UpdatePlan } from '../../query/plan.ts'
import type { Catalog, Column, ForeignKey, Table } from '../../schema/catalog.ts'
import { quoteName } from '../sql/printer.ts'
import { type Candidates, ORDINAL } from './candidates.ts'
import { castSql } from './cast.ts'
import { ExprPrinter, Usage } from './expr.ts'
import type { PayloadColumn } from './payload.ts'
import { tableName } from './tables.ts'
import { printNewRows, printWhere } from './update-rows.ts'
import type { Diagnose, Diagnosis, Question } from './write-plan.ts'

/**
 * SQLite says that a key was broken, not which row broke it. These statements look for one such row afterwards, among the rows as they would
 * have been written; each gives the texts of the constraint's columns.
 */
type Rows = (printer: ExprPrinter) => string

function diagnosis(catalog: Catalog, print: (printer: ExprPrinter) => string): Diagnosis {
  const printer = new ExprPrinter(catalog, new Usage())
  const sql = print(printer)
  return { sql, slots: printer.slots.list }
}

function texts(table: Table, names: readonly string[], alias: string, printer: ExprPrinter): string {
  return names
    .map((name) =>
      castSql(
        (table.column.get(name) as Column).type,
        { name: 'text' },
        printer.print(columnRef(alias, table, name)),
        printer,
      ),
    )
    .join(', ')
}

const pairs = (left: string, right: string, names: readonly string[], others: readonly string[]): string =>
  names.map((name, index) => `${left}.${quoteName(name)} = ${right}.${quoteName(others[index] ?? name)}`).join(' AND ')

function brokenUnique(table: Table, columns: readonly string[], rows: Rows, printer: ExprPrinter): string {
  const taken = `EXISTS (SELECT 1 FROM ${printer.from(table)} AS o WHERE ${pairs('o', 'n', columns, columns)})`
  const select = `SELECT ${texts(table, columns, 'n', printer)} FROM (${rows(printer)}) AS n`
  return `${select} WHERE ${taken} LIMIT 1`
}

function missingParent(table: Table, key: ForeignKey, rows: Rows, printer: ExprPrinter): string {
  const parent = printer.table(key.references.table)
  const given = key.columns.map((name) => `n.${quoteName(name)} IS NOT NULL`).join(' AND ')
  const found = `EXISTS (SELECT 1 FROM ${printer.from(parent)} AS o WHERE ${pairs('o', 'n', key.references.columns, key.columns)})`
  return `SELECT ${texts(table, key.columns, 'n', printer)} FROM (${rows(printer)}) AS n WHERE ${given} AND NOT ${found} LIMIT 1`
}

function childLeft(
  question: Question & { kind: 'child-left' },
  rows: Rows,
  table: Table,
  printer: ExprPrinter,
): string {
  const { child, key } = question
  const met = pairs('o', 'n', key.columns, key.references.columns)
  const left = `EXISTS (SELECT 1 FROM ${printer.from(child)} AS o WHERE ${met})`
  return `SELECT ${texts(table, key.references.columns, 'n', printer)} FROM (${rows(printer)}) AS n WHERE ${left} LIMIT 1`
}

function answer(
  question: Question,
  table: Table,
  catalog: Catalog,
  rows: { after: Rows; before: Rows | null },
): Diagnosis | null {
  switch (question.kind) {
    case 'unique':
      return diagnosis(catalog, (printer) => brokenUnique(table, question.columns, rows.after, printer))
    case 'missing-parent':
      return diagnosis(catalog, (printer) => missingParent(table, question.key, rows.after, printer))
    case 'child-left': {
      const { before } = rows
      return before === null ? null : diagnosis(catalog, (printer) => childLeft(question, before, table, printer))
    }
  }
}

export function diagnoseInsert(plan: InsertPlan, candidates: Candidates, catalog: Catalog): Diagnose {
  const after: Rows = (printer) => `${candidates.select(printer, new Set())} ORDER BY ${ORDINAL}`
  return (question) => answer(question, plan.table, catalog, { after, before: null })
}

export function diagnoseUpdate(plan: UpdatePlan, columns: readonly PayloadColumn[], catalog: Catalog): Diagnose {
  const after: Rows = (printer) => `SELECT * FROM ${printNewRows(plan, columns, new Set(), printer)}`
  return (question) => answer(question, plan.table, catalog, { after, before: oldRows(plan) })
}

export function diagnoseDelete(plan: DeletePlan, catalog: Catalog): Diagnose {
  const rows = oldRows(plan)
  return (question) => answer(question, plan.table, catalog, { after: rows, before: rows })
}

function oldRows(plan: UpdatePlan | DeletePlan): Rows {
  const { table, source } = plan
  return (printer) => {
    printer.from(table)
    return `SELECT ${quoteName(source)}.* FROM ${quoteName(tableName(table))} AS ${quoteName(source)}${printWhere(plan, printer)}`
  }
}
