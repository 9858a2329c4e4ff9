import { column as columnRef } from '../../query/expr-tools.ts'
import type { DeletePlan, InsertPlan, UpdatePlan } from '../../query/plan.ts'
import type { Catalog, Column, ForeignKey, Table } from '../../schema/catalog.ts'
import { type ColumnType, TEXT } from '../../schema/types.ts'
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

function texts(table: Table, names: readonly string[], printer: ExprPrinter): string {
  const typed = (name: string): ColumnType => (table.column.get(name) as Column).type
  const value = (name: string): string => printer.print(columnRef('n', table, name))
  return names.map((name) => castSql({ from: typed(name), to: TEXT }, value(name), printer)).join(', ')
}

/** `o."a" = n."b" AND …`: columns of the other table and of the row, pairwise. */
const pairs = (others: readonly string[], names: readonly string[]): string =>
  others.map((other, index) => `o.${quoteName(other)} = n.${quoteName(names[index] ?? other)}`).join(' AND ')

/** The rows of a write, and the printer of the statement that looks for one of them. */
interface Search {
  readonly table: Table
  readonly rows: Rows
  readonly printer: ExprPrinter
}

function brokenUnique(columns: readonly string[], { table, rows, printer }: Search): string {
  const taken = `EXISTS (SELECT 1 FROM ${printer.from(table)} AS o WHERE ${pairs(columns, columns)})`
  return `SELECT ${texts(table, columns, printer)} FROM (${rows(printer)}) AS n WHERE ${taken} LIMIT 1`
}

function missingParent({ columns, references }: ForeignKey, { table, rows, printer }: Search): string {
  const parent = printer.table(references.table)
  const given = columns.map((name) => `n.${quoteName(name)} IS NOT NULL`).join(' AND ')
  const found = `EXISTS (SELECT 1 FROM ${printer.from(parent)} AS o WHERE ${pairs(references.columns, columns)})`
  return `SELECT ${texts(table, columns, printer)} FROM (${rows(printer)}) AS n WHERE ${given} AND NOT ${found} LIMIT 1`
}

function childLeft({ child, key }: Question & { kind: 'child-left' }, { table, rows, printer }: Search): string {
  const { columns } = key.references
  const left = `EXISTS (SELECT 1 FROM ${printer.from(child)} AS o WHERE ${pairs(key.columns, columns)})`
  return `SELECT ${texts(table, columns, printer)} FROM (${rows(printer)}) AS n WHERE ${left} LIMIT 1`
}

/** Rows of a write: as they would become, and as they were. */
interface Written {
  readonly table: Table
  readonly after: Rows
  readonly before: Rows | null
}

function answer(question: Question, { table, after, before }: Written, catalog: Catalog): Diagnosis | null {
  switch (question.kind) {
    case 'unique':
      return diagnosis(catalog, (printer) => brokenUnique(question.columns, { table, rows: after, printer }))
    case 'missing-parent':
      return diagnosis(catalog, (printer) => missingParent(question.key, { table, rows: after, printer }))
    case 'child-left':
      if (before === null) return null
      return diagnosis(catalog, (printer) => childLeft(question, { table, rows: before, printer }))
  }
}

export function diagnoseInsert(plan: InsertPlan, candidates: Candidates, catalog: Catalog): Diagnose {
  const after: Rows = (printer) => `${candidates.select(printer, new Set())} ORDER BY ${ORDINAL}`
  return (question) => answer(question, { table: plan.table, after, before: null }, catalog)
}

export function diagnoseUpdate(plan: UpdatePlan, columns: readonly PayloadColumn[], catalog: Catalog): Diagnose {
  const after: Rows = (printer) => `SELECT * FROM ${printNewRows({ plan, columns }, new Set(), printer)}`
  return (question) => answer(question, { table: plan.table, after, before: oldRows(plan) }, catalog)
}

export function diagnoseDelete(plan: DeletePlan, catalog: Catalog): Diagnose {
  const rows = oldRows(plan)
  return (question) => answer(question, { table: plan.table, after: rows, before: rows }, catalog)
}

function oldRows(plan: UpdatePlan | DeletePlan): Rows {
  const { table, source } = plan
  return (printer) => {
    printer.from(table)
    return `SELECT ${quoteName(source)}.* FROM ${quoteName(tableName(table))} AS ${quoteName(source)}${printWhere(plan, printer)}`
  }
}
