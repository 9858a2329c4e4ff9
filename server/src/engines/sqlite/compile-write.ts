import type { Expr } from '../../query/expr.ts'
import { column as columnRef } from '../../query/expr-tools.ts'
import type { DeletePlan, InsertPlan, SelectNode, UpdatePlan } from '../../query/plan.ts'
import type { Catalog, Column, Table } from '../../schema/catalog.ts'
import { TEXT } from '../../schema/types.ts'
import { quoteName } from '../sql/printer.ts'
import { type Candidates, candidates, columnsOf, ORDINAL, withGenerated } from './candidates.ts'
import { castSql } from './cast.ts'
import { enforcedChecks } from './checks.ts'
import { printComparison } from './compare.ts'
import { outputOf, readsOf } from './compile-read.ts'
import { diagnoseDelete, diagnoseInsert, diagnoseUpdate } from './diagnose.ts'
import { ExprPrinter, Usage } from './expr.ts'
import { computedColumns, printComputed } from './generated.ts'
import { payloadColumns } from './payload.ts'
import type { SqliteProgram } from './program.ts'
import { KEYS_ALIAS, NO_JOINS, printRows, type RowKeys } from './select.ts'
import { KEYS_SLOT } from './slots.ts'
import { orAbort, rowidName, tableName } from './tables.ts'
import { unnamed } from './unnamed.ts'
import { newValue, printNew, printNewRows, printTarget, printWhere, type RowChange } from './update-rows.ts'
import type { MayName, Refusal, RowCheck, WritePlan, WriteStep } from './write-plan.ts'

/** One write being compiled: each statement has its own printer and slots, all share what they use. */
export class WriteCompiler {
  readonly catalog: Catalog
  readonly mayName: MayName
  readonly usage = new Usage()
  readonly table: Table
  readonly steps: WriteStep[] = []
  readonly keyColumns: readonly string[]

  constructor(plan: InsertPlan | UpdatePlan | DeletePlan, catalog: Catalog, mayName: MayName) {
    this.catalog = catalog
    this.mayName = mayName
    this.table = catalog.tables.get(plan.table.key) ?? plan.table
    this.keyColumns = plan.returning === 'minimal' ? [] : plan.table.primaryKey
  }

  /** The plan over the whole table: its own lacks the role's hidden columns, which defaults, checks and policies are about all the same. */
  whole<P extends InsertPlan | UpdatePlan | DeletePlan>(plan: P): P {
    return { ...plan, table: this.table }
  }

  step(kind: WriteStep['kind'], print: (printer: ExprPrinter) => string, options: Partial<WriteStep> = {}): void {
    const printer = new ExprPrinter(this.catalog, this.usage)
    const sql = print(printer)
    const slots = printer.slots.list
    const keysAt = slots.indexOf(KEYS_SLOT)
    this.steps.push(Object.freeze({ kind, sql, slots, keysAt, returnsKeys: false, refusal: null, ...options }))
  }

  refuse(refusal: Refusal, print: (printer: ExprPrinter) => string): void {
    this.step('refuse', print, { refusal })
  }

  /** The key of a row as text, then the texts of its primary key. `prefix` is the row's alias, or nothing in RETURNING. */
  keys(prefix: string, printer: ExprPrinter): string {
    const rowid = rowidName(this.table)
    const name = (column: string): string => `${prefix}${quoteName(column)}`
    const key =
      rowid === null ? `json_array(${this.table.primaryKey.map(name).join(', ')})` : `CAST(${prefix}${rowid} AS TEXT)`
    return [key, ...this.keyColumns.map((column) => this.#keyText(column, name(column), printer))].join(', ')
  }

  #keyText(name: string, sql: string, printer: ExprPrinter): string {
    const { type, storage } = this.table.column.get(name) as Column
    const kept = printer.storageOf(columnRef('', this.table, name))
    const plain = storage !== undefined || kept.kind === 'plain' ? sql : printer.plainOf(type, kept, sql)
    return castSql({ from: type, to: TEXT }, plain, printer)
  }

  /** json_each over the keys of an earlier statement. */
  rowKeys(printer: ExprPrinter, source: string): RowKeys {
    const each = `json_each(${printer.slots.add('keys', KEYS_SLOT)})`
    return { each, condition: this.matchKeys(`${quoteName(source)}.`, `${KEYS_ALIAS}.value`) }
  }

  matchKeys(prefix: string, value: string): string {
    const rowid = rowidName(this.table)
    if (rowid !== null) return `${prefix}${rowid} = ${value}`
    const parts = this.table.primaryKey.map(
      (name, index) => `${prefix}${quoteName(name)} = (${value} ->> '$[${index}]')`,
    )
    return parts.join(' AND ')
  }

  representation(node: SelectNode): void {
    this.step('read', (printer) => {
      const { object, from } = printRows(node, { ...NO_JOINS, keys: this.rowKeys(printer, node.source) }, printer)
      return `SELECT ifnull(group_concat(${object}, ','), ''), count(*) FROM ${from}`
    })
  }

  program(
    plan: InsertPlan | UpdatePlan | DeletePlan,
    parts: Pick<WritePlan, 'action' | 'inserted' | 'diagnose'>,
  ): SqliteProgram {
    const write: WritePlan = Object.freeze({
      ...parts,
      table: this.table,
      catalog: this.catalog,
      mayName: this.mayName,
      steps: Object.freeze(this.steps),
      keyColumns: this.keyColumns,
      representation: plan.representation !== null,
      counts: plan.count === 'exact' || plan.count === 'estimated',
    })
    return Object.freeze({
      kind: 'write' as const,
      engine: 'sqlite' as const,
      output: plan.representation === null ? [] : outputOf(plan.representation),
      reads: readsOf(this.usage, null, 0),
      writes: [this.table.key],
      claims: [...this.usage.context],
      text: this.steps.map((step) => step.sql),
      read: null,
      write,
      inline: false,
    })
  }
}

const DENIED = (table: Table): Refusal => ({
  code: '42501',
  values: { message: `new row violates row-level security policy for table "${table.name}"` },
})
const DENIED_MERGE = (table: Table): Refusal => ({
  code: '42501',
  values: { message: `new row violates row-level security policy (USING expression) for table "${table.name}"` },
})

export function compileInsert(given: InsertPlan, catalog: Catalog, mayName: MayName): SqliteProgram {
  const compiler = new WriteCompiler(given, catalog, mayName)
  const plan = compiler.whole(given)
  const { table, source } = plan
  const rows = candidates(plan, catalog)
  const from = (printer: ExprPrinter, conditions: readonly (Expr | null)[], alias = source): string =>
    `(${rows.select(printer, columnsOf(conditions, source))}) AS ${quoteName(alias)}`
  checkReplaceKey(plan, compiler, from)
  const checks: RowCheck[] = enforcedChecks(table, source, compiler)
  if (plan.check !== null) checks.unshift({ condition: plan.check, refusal: DENIED(table) })
  for (const { condition, refusal } of checks) {
    const failed = refusal.code === '42501' ? 'IS NOT TRUE' : 'IS FALSE'
    compiler.refuse(
      refusal,
      (p) => `SELECT 1 FROM ${from(p, [condition])} WHERE (${p.print(condition)}) ${failed} LIMIT 1`,
    )
  }
  if (plan.conflict?.resolution === 'merge') mergeSteps(plan, rows, compiler)
  if (needsKey(plan, rows)) checkKeyGiven(plan, compiler, from)
  compiler.step('change', (printer) => printInsert(plan, { rows, compiler }, printer), {
    returnsKeys: returnsKeys(plan),
  })
  if (plan.conflict?.resolution === 'merge') recheckOwnKeys(plan, rows, compiler)
  if (plan.representation !== null) compiler.representation(plan.representation)
  const inserted = plan.conflict?.resolution ?? null
  return compiler.program(plan, { action: 'insert', inserted, diagnose: diagnoseInsert(plan, rows, catalog) })
}

/**
 * A merge that sets the key of a table which references itself ON UPDATE SET NULL makes SQLite (3.53) skip the foreign keys of new rows: they are
 * looked up here, over the whole table, for there is no other way to tell.
 */
function recheckOwnKeys(plan: InsertPlan, rows: Candidates, compiler: WriteCompiler): void {
  const { table, conflict } = plan
  const set = rows.payload.filter(({ name }) => conflict?.columns.includes(name) !== true)
  const skipped = table.foreignKeys.filter(({ references, onUpdate }) => {
    const isMoved = references.columns.some((name) => set.some((column) => column.name === name))
    return references.table === table.key && onUpdate === 'set null' && isMoved
  })
  for (const { name, columns, references } of skipped) {
    const isKnown = compiler.mayName(table.key, [...columns, ...references.columns])
    const message = isKnown
      ? `insert or update on table "${table.name}" violates foreign key constraint "${name}"`
      : unnamed('23503', table)
    const given = columns.map((column) => `c.${quoteName(column)} IS NOT NULL`).join(' AND ')
    const equal = columns.map((column, at) => `p.${quoteName(references.columns[at] ?? '')} = c.${quoteName(column)}`)
    const target = quoteName(tableName(table))
    const parent = `SELECT 1 FROM ${target} AS p WHERE ${equal.join(' AND ')}`
    const sql = `SELECT 1 FROM ${target} AS c WHERE ${given} AND NOT EXISTS (${parent}) LIMIT 1`
    compiler.refuse({ code: '23503', values: { message } }, () => sql)
  }
}

const returnsKeys = (plan: InsertPlan | UpdatePlan): boolean => plan.returning !== 'minimal'

type From = (printer: ExprPrinter, conditions: readonly (Expr | null)[], alias?: string) => string

/** PUT: the row's key must be the URL's. */
function checkReplaceKey(plan: InsertPlan, compiler: WriteCompiler, from: From): void {
  for (const { column, value } of plan.replaceKey) {
    compiler.refuse({ code: 'PGRST115', values: {} }, (printer) => {
      const equal = printComparison('eq', [columnRef(plan.source, plan.table, column), value], printer)
      return `SELECT 1 FROM ${from(printer, [])} WHERE ${equal} IS NOT TRUE LIMIT 1`
    })
  }
}

/** The column that SQLite makes its rowid, to which it gives no NOT NULL of its own. */
function rowidKey(table: Table): Column | null {
  const [name, second] = table.primaryKey
  const column = name === undefined || second !== undefined ? undefined : table.column.get(name)
  return column !== undefined && ['smallint', 'integer', 'bigint'].includes(column.type.name) ? column : null
}

const keyMissing = ({ table, mayName }: WriteCompiler, column: Column): Refusal => ({
  code: '23502',
  values: { column: column.name, table: table.name },
  ...(mayName(table.key, [column.name]) ? {} : { message: unnamed('23502', table) }),
})

/** An INTEGER PRIMARY KEY would fill itself in; a column that is no identity must be given, as in PostgreSQL. */
function needsKey({ table }: InsertPlan, rows: Candidates): boolean {
  const column = rowidKey(table)
  if (column === null || column.identity !== null) return false
  return column.default === null || rows.payload.some((given) => given.name === column.name)
}

function checkKeyGiven(plan: InsertPlan, compiler: WriteCompiler, from: From): void {
  const { table } = plan
  const column = rowidKey(table)
  if (column === null) return
  compiler.refuse(
    keyMissing(compiler, column),
    (p) => `SELECT 1 FROM ${from(p, [])} WHERE ${quoteName(plan.source)}.${quoteName(column.name)} IS NULL LIMIT 1`,
  )
}

const REPEATED: Refusal = {
  code: '21000',
  values: { message: 'ON CONFLICT DO UPDATE command cannot affect row a second time' },
  hint: 'Ensure that no rows proposed for insertion within the same command have duplicate constrained values.',
}

/** Before a merge: no key twice in the payload, and every row it meets may be updated by this role, into what it becomes. */
function mergeSteps(plan: InsertPlan, rows: Candidates, compiler: WriteCompiler): void {
  const { table, source, conflict, conflictUsing, conflictCheck } = plan
  const keys = conflict?.columns ?? []
  const names = keys.map(quoteName)
  const select = (printer: ExprPrinter): string => rows.select(printer, new Set())
  compiler.refuse(REPEATED, (printer) => {
    const given = names.map((name) => `${name} IS NOT NULL`).join(' AND ')
    return `SELECT 1 FROM (${select(printer)}) WHERE ${given} GROUP BY ${names.join(', ')} HAVING count(*) > 1 LIMIT 1`
  })
  const met = names.map((name) => `n.${name} = ${quoteName(source)}.${name}`).join(' AND ')
  const joined = (printer: ExprPrinter): string =>
    `(${select(printer)}) AS n CROSS JOIN ${printer.from(table)} AS ${quoteName(source)} ON ${met}`
  if (conflictUsing !== null) {
    compiler.refuse(
      DENIED_MERGE(table),
      (p) => `SELECT 1 FROM ${joined(p)} WHERE (${p.print(conflictUsing)}) IS NOT TRUE LIMIT 1`,
    )
  }
  if (conflictCheck !== null) {
    compiler.refuse(DENIED(table), (printer) => {
      const given = new Set(rows.payload.filter((column) => !column.uuid).map((column) => column.name))
      const merged = table.columns
        .filter((column) => column.generated === null)
        .map((column) => {
          const name = quoteName(column.name)
          return `${given.has(column.name) ? 'n' : quoteName(source)}.${name} AS ${name}`
        })
      const inner = `SELECT ${merged.join(', ')} FROM ${joined(printer)}`
      const wanted = columnsOf([conflictCheck], source)
      const all = withGenerated({ table, catalog: compiler.catalog, rows: inner, wanted }, printer)
      return `SELECT 1 FROM (${all}) AS ${quoteName(source)} WHERE (${printer.print(conflictCheck)}) IS NOT TRUE LIMIT 1`
    })
  }
  compiler.step('count', (printer) => `SELECT count(*) FROM ${joined(printer)}`)
}

function printInsert(
  plan: InsertPlan,
  { rows, compiler }: { rows: Candidates; compiler: WriteCompiler },
  printer: ExprPrinter,
): string {
  const { table, conflict } = plan
  const computed = computedColumns(table, compiler.catalog)
  const names = [...rows.columns, ...computed.map((column) => column.name)].map(quoteName)
  const target = quoteName(tableName(table))
  const select = rows.select(printer, new Set(computed.map((column) => column.name)))
  // A table whose columns are all left out: each row is DEFAULT VALUES, which has no form for several rows.
  const columns =
    names.length > 0 ? names : [quoteName(table.columns.find((column) => column.generated === null)?.name ?? '')]
  const list = columns.join(', ')
  const returning = returnsKeys(plan) ? ` RETURNING ${compiler.keys('', printer)}` : ''
  const body = `INSERT${orAbort(table)} INTO ${target} (${list}) SELECT ${list} FROM (${select}) WHERE TRUE ORDER BY ${ORDINAL}`
  if (conflict === null) return `${body}${returning}`
  const given = rows.payload.filter((column) => !column.uuid).map(({ name }) => quoteName(name))
  const keys = conflict.columns.map(quoteName)
  // The columns of the conflict are equal by definition. Setting them would make SQLite (3.53) skip the foreign keys of a new row in a table
  // that references itself ON UPDATE SET NULL.
  const others = given.filter((name) => !keys.includes(name))
  const set = (others.length === 0 ? given : others).map((name) => `${name} = excluded.${name}`)
  const merged = (name: string): string => `${given.includes(quoteName(name)) ? 'excluded' : target}.${quoteName(name)}`
  for (const column of set.length === 0 ? [] : computed) {
    set.push(`${quoteName(column.name)} = ${printComputed(column, table, { of: merged, printer })}`)
  }
  const action = conflict.resolution === 'ignore' || set.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${set.join(', ')}`
  return `${body} ON CONFLICT (${keys.join(', ')}) ${action}${returning}`
}

export function compileUpdate(given: UpdatePlan, catalog: Catalog, mayName: MayName): SqliteProgram {
  const compiler = new WriteCompiler(given, catalog, mayName)
  const plan = compiler.whole(given)
  const { table, source } = plan
  const columns = payloadColumns(table, plan.columns)
  if (columns.length > 0) {
    const checks: RowCheck[] = enforcedChecks(table, source, compiler)
    if (plan.check !== null) checks.unshift({ condition: plan.check, refusal: DENIED(table) })
    for (const check of checks)
      compiler.refuse(check.refusal, (printer) => printUpdateCheck({ plan, columns }, check, printer))
    const key = rowidKey(table)
    if (key !== null && columns.some(({ name }) => name === key.name)) {
      const missing = (printer: ExprPrinter): string => printNewRows({ plan, columns }, new Set(), printer)
      const isNull = `${quoteName(source)}.${quoteName(key.name)} IS NULL`
      compiler.refuse(
        keyMissing(compiler, key),
        (printer) => `SELECT 1 FROM ${missing(printer)} WHERE ${isNull} LIMIT 1`,
      )
    }
    compiler.step(
      'change',
      (printer) => {
        const sets = columns.map((column) => `${quoteName(column.name)} = ${printNew(plan, column, printer)}`)
        for (const column of computedColumns(table, catalog)) {
          const value = printComputed(column, table, {
            of: (name) => newValue({ plan, columns }, name, printer),
            printer,
          })
          sets.push(`${quoteName(column.name)} = ${value}`)
        }
        const returning = returnsKeys(plan) ? ` RETURNING ${compiler.keys('', printer)}` : ''
        return `UPDATE${orAbort(table)} ${printTarget(table, source)} SET ${sets.join(', ')}${printWhere(plan, printer)}${returning}`
      },
      { returnsKeys: returnsKeys(plan) },
    )
    if (plan.representation !== null) compiler.representation(plan.representation)
  }
  return compiler.program(plan, { action: 'update', inserted: null, diagnose: diagnoseUpdate(plan, columns, catalog) })
}

function printUpdateCheck(change: RowChange, { condition, refusal }: RowCheck, printer: ExprPrinter): string {
  const rows = printNewRows(change, columnsOf([condition], change.plan.source), printer)
  const failed = refusal.code === '42501' ? 'IS NOT TRUE' : 'IS FALSE'
  return `SELECT 1 FROM ${rows} WHERE (${printer.print(condition)}) ${failed} LIMIT 1`
}

export function compileDelete(given: DeletePlan, catalog: Catalog, mayName: MayName): SqliteProgram {
  const compiler = new WriteCompiler(given, catalog, mayName)
  const plan = compiler.whole(given)
  const { table, source } = plan
  if (plan.representation === null && !cascadesToItself(table, catalog)) {
    const needsKeys = plan.returning !== 'minimal'
    const returning = (printer: ExprPrinter): string => (needsKeys ? ` RETURNING ${compiler.keys('', printer)}` : '')
    compiler.step('change', (p) => `DELETE FROM ${printTarget(table, source)}${printWhere(plan, p)}${returning(p)}`, {
      returnsKeys: needsKeys,
    })
  } else {
    compiler.step(
      'keys',
      (printer) => {
        const keys = compiler.keys(`${quoteName(source)}.`, printer)
        return `SELECT ${keys} FROM ${printer.from(table)} AS ${quoteName(source)}${printWhere(plan, printer)}`
      },
      { returnsKeys: true },
    )
    if (plan.representation !== null) compiler.representation(plan.representation)
    compiler.step('change', (printer) => {
      const keys = printer.slots.add('keys', KEYS_SLOT)
      return `DELETE FROM ${printTarget(table, source)} WHERE EXISTS (SELECT 1 FROM json_each(${keys}) AS ${KEYS_ALIAS} WHERE ${compiler.matchKeys(`${quoteName(source)}.`, `${KEYS_ALIAS}.value`)})`
    })
  }
  return compiler.program(plan, { action: 'delete', inserted: null, diagnose: diagnoseDelete(plan, catalog) })
}

/** True where a deleted row may take rows of the same table along: a DELETE then meets fewer rows than the filter found. */
function cascadesToItself(table: Table, catalog: Catalog): boolean {
  const reached = new Set([table.key])
  for (const from of reached) {
    for (const child of catalog.tables.values()) {
      const follows = child.foreignKeys.some((key) => key.references.table === from && key.onDelete === 'cascade')
      if (follows && child.key === table.key) return true
      if (follows) reached.add(child.key)
    }
  }
  return false
}
