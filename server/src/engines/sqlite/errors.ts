import { failure, PilarError } from '../../errors/error.ts'
import type { ForeignKey, Table } from '../../schema/catalog.ts'
import { checkColumns } from './checks.ts'
import type { SqlValue } from './codecs.ts'
import { isSqliteError } from './faults.ts'
import { tableName } from './tables.ts'
import { unnamed } from './unnamed.ts'
import type { Diagnosis, Question, WritePlan } from './write-plan.ts'
import { WriterFault } from './writer.ts'

/** SQLite's result codes that have a SQLSTATE of their own. The low byte is the primary code. */
const PRIMARY = {
  perm: 3,
  busy: 5,
  locked: 6,
  nomem: 7,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  toobig: 18,
  mismatch: 20,
  auth: 23,
  notadb: 26,
}
const CONSTRAINT = {
  check: 275,
  foreignKey: 787,
  notNull: 1299,
  primaryKey: 1555,
  trigger: 1811,
  unique: 2067,
  rowid: 2579,
}

/** What a constraint's error is explained with; null where no write is known (reads, migrations). */
export interface ErrorContext {
  readonly write: WritePlan | null
  /** Runs a diagnosis; null when it finds nothing. */
  probe(diagnosis: Diagnosis): readonly SqlValue[] | null
  /** True for a text that the caller sent: only such values may stand in details. */
  sent(text: string): boolean
}

const NO_CONTEXT: ErrorContext = { write: null, probe: () => null, sent: () => false }

/** Any error of the engine as the error of the request: PostgreSQL's SQLSTATE and words. A bug stays what it is. */
export function mapError(error: unknown, context: ErrorContext = NO_CONTEXT): unknown {
  if (error instanceof PilarError) return error
  const found = sqliteError(error)
  if (found === null) return error instanceof WriterFault && error.fault.kind === 'timeout' ? failure('57014') : error
  return constraintError(found, context) ?? systemError(found, error)
}

function sqliteError(error: unknown): { number: number; message: string } | null {
  if (error instanceof WriterFault) return error.fault.kind === 'sqlite' ? error.fault : null
  return isSqliteError(error) ? { number: error.errcode, message: error.message } : null
}

function systemError({ number, message }: { number: number; message: string }, cause: unknown): unknown {
  if (message.includes('integer overflow')) return failure('22003', { message: 'bigint out of range' }, { cause })
  switch (number & 0xff) {
    case PRIMARY.busy:
    case PRIMARY.locked:
      return failure('55P03', {}, { cause })
    case PRIMARY.readonly:
    case PRIMARY.perm:
      return failure('25006', { statement: 'INSERT, UPDATE or DELETE' }, { cause })
    case PRIMARY.full:
      return failure('53100', {}, { cause })
    case PRIMARY.ioerr:
    case PRIMARY.cantopen:
      return failure('58030', { message }, { cause })
    case PRIMARY.corrupt:
    case PRIMARY.notadb:
      return failure('XX001', { message }, { cause })
    case PRIMARY.nomem:
    case PRIMARY.toobig:
      return failure('54001', { message: 'the result is too large' }, { cause })
    case PRIMARY.mismatch:
      return failure('42804', { message: 'the value does not fit the type of the primary key' }, { cause })
    default:
      return cause
  }
}

function constraintError({ number, message }: { number: number; message: string }, context: ErrorContext): unknown {
  switch (number) {
    case CONSTRAINT.unique:
    case CONSTRAINT.primaryKey:
    case CONSTRAINT.rowid:
      return uniqueError(message, context)
    case CONSTRAINT.notNull:
      return notNullError(message, context)
    case CONSTRAINT.check:
      return checkError(message, context)
    case CONSTRAINT.foreignKey:
      return foreignKeyError(context)
    case CONSTRAINT.trigger:
      return message.includes('FOREIGN KEY') ? foreignKeyError(context) : failure('P0001', { message })
    default:
      return null
  }
}

/** `UNIQUE constraint failed: posts.id, posts.slug` → the table and its columns. Names may contain dots and commas: the catalog decides. */
function namedColumns(message: string, context: ErrorContext): { table: Table; columns: readonly string[] } | null {
  const names = message.slice(message.indexOf(': ') + 2)
  for (const table of tablesOf(context)) {
    const prefix = `${tableName(table)}.`
    if (!names.startsWith(prefix)) continue
    const columns = names.slice(prefix.length).split(`, ${prefix}`)
    if (columns.every((column) => table.column.has(column))) return { table, columns }
  }
  return null
}

function tablesOf(context: ErrorContext): readonly Table[] {
  const { write } = context
  return write === null ? [] : [write.table, ...write.catalog.tables.values()]
}

function uniqueError(message: string, context: ErrorContext): unknown {
  const indexName = /UNIQUE constraint failed: index '(.*)'/.exec(message)?.[1]
  const found = namedColumns(message, context)
  if (found === null) {
    const table = context.write?.table
    if (table !== undefined && !mayName(context, table, allColumns(table))) {
      return new PilarError('23505', unnamed('23505', table))
    }
    return failure('23505', { constraint: indexName ?? 'unknown' })
  }
  const { table, columns } = found
  if (!mayName(context, table, columns)) return new PilarError('23505', unnamed('23505', table))
  const isWritten = context.write?.table.key === table.key
  const row = isWritten ? probe({ kind: 'unique', columns }, context) : null
  const extra = row === null ? {} : detailed({ columns, row, end: 'already exists.' }, context)
  return failure('23505', { constraint: uniqueName(table, columns) }, extra)
}

const mayName = ({ write }: ErrorContext, table: Table, columns: readonly string[]): boolean =>
  write === null || write.mayName(table.key, columns)

const allColumns = (table: Table): readonly string[] => table.columns.map((column) => column.name)

function uniqueName(table: Table, columns: readonly string[]): string {
  const same = (names: readonly string[]): boolean =>
    names.length === columns.length && names.every((name) => columns.includes(name))
  if (same(table.primaryKey)) return table.primaryKeyName ?? `${table.name}_pkey`
  const unique = table.uniques.find((each) => same(each.columns))
  const index = table.indexes.find((each) => each.unique && same(each.columns.map((column) => column.name)))
  return unique?.name ?? index?.name ?? `${table.name}_${columns.join('_')}_key`
}

function notNullError(message: string, context: ErrorContext): unknown {
  const found = namedColumns(message, context)
  const column = found?.columns[0] ?? message.slice(message.lastIndexOf('.') + 1)
  if (found !== null && !mayName(context, found.table, [column])) {
    return new PilarError('23502', unnamed('23502', found.table))
  }
  return failure('23502', { column, table: found?.table.name ?? context.write?.table.name ?? '' })
}

/** An unnamed check of an adopted table is named by its text: PostgreSQL would have made a name up. */
function checkError(message: string, context: ErrorContext): unknown {
  const name = message.slice(message.indexOf(': ') + 2)
  const table =
    tablesOf(context).find((each) => each.checks.some((check) => check.name === name)) ?? context.write?.table
  const check = table?.checks.find((each) => each.name === name)
  const { write } = context
  if (table !== undefined && write !== null) {
    const columns = check === undefined ? allColumns(table) : checkColumns(check, table, write.catalog)
    if (!write.mayName(table.key, columns)) return new PilarError('23514', unnamed('23514', table))
  }
  return failure('23514', {
    table: table?.name ?? '',
    constraint: /^[\w .-]{1,63}$/.test(name) ? name : `${table?.name ?? ''}_check`,
  })
}

/** SQLite does not say which foreign key: each that the write could have broken is looked at. */
function foreignKeyError(context: ErrorContext): unknown {
  const { write } = context
  if (write === null) return failure('23503', { message: 'a foreign key constraint is violated' })
  const { table, action, catalog } = write
  if (action !== 'delete') {
    for (const key of table.foreignKeys) {
      const row = probe({ kind: 'missing-parent', key }, context)
      if (row !== null) return missingParent(key, row, { write, context })
    }
  }
  for (const child of catalog.tables.values()) {
    for (const key of child.foreignKeys) {
      if (key.references.table !== table.key) continue
      const row = probe({ kind: 'child-left', child, key }, context)
      if (row !== null) return childLeft({ child, key }, row, { write, context })
    }
  }
  const message =
    action === 'delete'
      ? `update or delete on table "${table.name}" violates a foreign key constraint`
      : `insert or update on table "${table.name}" violates a foreign key constraint`
  return failure('23503', { message })
}

function probe(question: Question, context: ErrorContext): readonly SqlValue[] | null {
  const diagnosis = context.write?.diagnose(question) ?? null
  return diagnosis === null ? null : context.probe(diagnosis)
}

interface Broken {
  readonly write: WritePlan
  readonly context: ErrorContext
}

function missingParent(key: ForeignKey, row: readonly SqlValue[], { write, context }: Broken): unknown {
  const { table, catalog } = write
  const parent = catalog.tables.get(key.references.table)?.name ?? key.references.table
  const isKnown = write.mayName(table.key, key.columns) && write.mayName(key.references.table, key.references.columns)
  if (!isKnown) return failure('23503', { message: unnamed('23503', table) })
  const message = `insert or update on table "${table.name}" violates foreign key constraint "${key.name}"`
  const end = `is not present in table "${parent}".`
  return failure('23503', { message }, detailed({ columns: key.columns, row, end }, context))
}

function childLeft(
  left: { child: Table; key: ForeignKey },
  row: readonly SqlValue[],
  { write, context }: Broken,
): unknown {
  const { child, key } = left
  const isKnown = write.mayName(child.key, key.columns) && write.mayName(write.table.key, key.references.columns)
  if (!isKnown) {
    return failure('23503', {
      message: `update or delete on table "${write.table.name}" violates a foreign key constraint`,
    })
  }
  const constraint = `foreign key constraint "${key.name}" on table "${child.name}"`
  const message = `update or delete on table "${write.table.name}" violates ${constraint}`
  const end = `is still referenced from table "${child.name}".`
  return failure('23503', { message }, detailed({ columns: key.references.columns, row, end }, context))
}

/** `Key (a, b)=(1, 2) …` for a row that breaks a constraint, if every value in it came from the caller. */
function detailed(
  key: { columns: readonly string[]; row: readonly SqlValue[]; end: string },
  context: ErrorContext,
): { details?: string } {
  const texts = key.row.map((value) => String(value))
  if (!texts.every((text) => context.sent(text))) return {}
  return { details: `Key (${key.columns.join(', ')})=(${texts.join(', ')}) ${key.end}` }
}
