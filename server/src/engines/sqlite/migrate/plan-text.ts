import type { Catalog, Table } from '../../../schema/catalog.ts'
import { assert } from '../../../std/assert.ts'
import { wrapNote } from '../notes.ts'
import { keyText } from '../read-table-sql.ts'
import {
  type ConstraintEdits,
  editColumn,
  editTable,
  isNative,
  newColumnPart,
  noteEdited,
  printedAnew,
  retireColumnText,
} from './adopted-ddl.ts'
import { goneOf, type PlannedColumn, type PlannedTable } from './plan-table.ts'
import {
  printCheck,
  printColumn,
  printCreateTable,
  printForeignKey,
  printPrimaryKey,
  rowidKeyOf,
} from './print-table.ts'
import { type Part, printTable, type TableDdl } from './table-ddl.ts'

export interface TextInput {
  readonly after: Catalog
  /** The statement as it is after the renames. */
  readonly ddl: TableDdl
  /** What the columns of the file are called after the renames, by their name before. */
  readonly renamed: ReadonlyMap<string, string>
  /** Of a copy, a column may stand anywhere. */
  readonly isCopied: boolean
  /** Of a table of ours: whether its single whole key is the rowid itself. */
  readonly mayBeRowid: boolean
}

/** The CREATE TABLE that the migrated file is to have. */
export function finalText(planned: PlannedTable, input: TextInput): string {
  if (planned.retired !== null) return retiredText(planned, input)
  return planned.isPrinted ? ownText(planned, input) : editedText(planned, input)
}

const partOf = (each: PlannedColumn, { ddl, renamed }: TextInput): Part | null => {
  const { origin } = each.trace
  if (origin === null) return null
  const name = renamed.get(origin) ?? origin
  return ddl.parts.find((part) => part.column === name) ?? null
}

/** Names in the order of the file: in place, nothing moves. */
function orderOf(planned: PlannedTable, input: TextInput): readonly PlannedColumn[] {
  if (input.isCopied && planned.isPrinted) return planned.columns
  const at = (each: PlannedColumn): number => {
    const part = partOf(each, input)
    return part === null ? Number.POSITIVE_INFINITY : input.ddl.parts.indexOf(part)
  }
  return planned.columns.toSorted((a, b) => (at(a) === at(b) ? 0 : at(a) - at(b)))
}

function ownText(planned: PlannedTable, input: TextInput): string {
  const { table, columns, uniqueIndexes, trace } = planned
  const given = new Map<string, string>()
  for (const each of columns) {
    const part = partOf(each, input)
    if (each.retired !== null) given.set(each.name, retiredColumnText(each, part))
  }
  const asIndexes = trace.named.uniques.filter(
    ({ origin }) => origin === null || uniqueIndexes.has(trace.from?.uniques[origin]?.name ?? ''),
  )
  return printCreateTable(table, {
    catalog: input.after,
    given,
    order: orderOf(planned, input).map((each) => each.name),
    uniqueIndexes: new Set(asIndexes.map((unique) => unique.name)),
    mayBeRowid: input.mayBeRowid,
  })
}

function retiredColumnText({ retired }: PlannedColumn, part: Part | null): string {
  assert(retired !== null && part !== null, 'what is retired was there')
  return retireColumnText(part, retired)
}

function edited({ column, trace }: PlannedColumn, part: Part, within: Within): Part {
  const from = trace.from ?? trace.restores?.column ?? column
  const { table, planned } = within
  const isWholeType = part.pieces.some((piece) => piece.kind === 'type' && /^INTEGER$/i.test(piece.text))
  const isKey = table.primaryKey.length === 1 && table.primaryKey[0] === column.name && !planned.isWithoutRowid
  return editColumn(
    part,
    {
      ...{ column, from, isRestored: trace.from === null, generatedChanged: trace.generated !== null },
      becomesRowid: planned.trace.keyStep !== null && isKey && isWholeType,
    },
    within,
  )
}

interface Within {
  readonly table: Table
  readonly catalog: Catalog
  readonly planned: PlannedTable
}

function editedText(planned: PlannedTable, input: TextInput): string {
  const { table, trace, name } = planned
  const counted = trace.keyStep === null ? null : rowidKeyOf(table)
  const key = counted !== null && counted.identity !== null && !isNative(counted) ? counted : null
  const isStrict = /\bSTRICT\b/i.test(input.ddl.tail)
  const columns = orderOf(planned, input).map((each): Part => {
    const { column, retired } = each
    const part = partOf(each, input)
    if (retired !== null) {
      return { ...newColumnPart(each.name, retiredColumnText(each, part), part ?? undefined), after: part?.after ?? '' }
    }
    if (part !== null && isNative(column)) return edited(each, part, { table, catalog: input.after, planned })
    const isRowidKey = column === key || (trace.keyStep === null && part !== null && isWholeKey(part))
    const print = { catalog: input.after, isRowidKey, isGuest: true, isStrict }
    const text = printColumn(column, table, print).trimEnd()
    const isReplaced = planned.columns.some((other) => other !== each && other.trace.origin === each.trace.origin)
    if (part !== null && !isReplaced) return printedAnew(part, text, isRowidKey)
    return newColumnPart(
      each.name,
      text,
      input.ddl.parts.findLast((one) => one.column !== null),
    )
  })
  const added = [
    ...(trace.keyStep !== null && key === null && table.primaryKey.length > 0 ? [printPrimaryKey(table)] : []),
    ...table.foreignKeys
      .filter((_, at) => isNew(planned, 'foreignKeys', at))
      .map((one) => printForeignKey(one, input.after)),
    ...table.checks.filter((_, at) => isNew(planned, 'checks', at)).map((one) => printCheck(one, table, input.after)),
  ]
  const ddl = editTable(input.ddl, columns, {
    table,
    gone: goneKeys(planned, input),
    checks: checkEdits(planned, input),
    added,
  })
  return printTable(noteEdited(ddl, { table, name, isOwn: planned.isOwn }))
}

/** A table that comes back begins without foreign keys. */
export function isNew(
  { trace, retired }: PlannedTable,
  kind: 'foreignKeys' | 'checks' | 'uniques',
  at: number,
): boolean {
  const wasRetired = trace.origin?.startsWith('pilar.retired_') === true && retired === null
  return trace.named[kind][at]?.origin === null || (wasRetired && kind === 'foreignKeys')
}

/** The rowid under a name of its own. */
const isWholeKey = ({ pieces }: Part): boolean =>
  pieces.some((piece) => piece.kind === 'primary') && pieces.some((piece) => /^INTEGER$/i.test(piece.text))

function goneKeys({ trace }: PlannedTable, { renamed }: TextInput): ReadonlySet<string> {
  const now = (columns: readonly string[]): readonly string[] => columns.map((column) => renamed.get(column) ?? column)
  const uniques = goneOf('uniques', trace).map((at) => keyText('unique', now(trace.from?.uniques[at]?.columns ?? [])))
  const foreign = goneOf('foreignKeys', trace).map((at) =>
    keyText('foreign', now(trace.from?.foreignKeys[at]?.columns ?? [])),
  )
  return new Set([...uniques, ...foreign, ...(trace.keyStep === null ? [] : ['primary'])])
}

/** Where a column is renamed or converted, the notes and texts of our own checks have to follow; SQLite sees to those of others. */
function checkEdits({ trace, table, columns }: PlannedTable, { after }: TextInput): ConstraintEdits['checks'] {
  const isConverted = columns.some((each) => each.conversion !== null)
  return (trace.from?.checks ?? []).map((before, at) => {
    const place = trace.named.checks.findIndex((check) => check.origin === at)
    const check = table.checks[place]
    if (check === undefined) return null
    const isStale = check.native !== true && (isConverted || check.expression !== before.expression)
    return { name: check.name, text: isStale ? printCheck(check, table, after) : null }
  })
}

/** As it is, but for its foreign keys: they are remembered in its note. */
function retiredText(planned: PlannedTable, input: TextInput): string {
  const { retired } = planned
  assert(retired !== null, 'the table is retired')
  const parts = input.ddl.parts
    .map((part) => ({ ...part, pieces: part.pieces.filter((piece) => piece.kind !== 'foreign') }))
    .filter((part) => part.pieces.length > 0)
  const { column: _, ...table } = retired.table
  const mark = planned.isOwn ? ({ own: true } as const) : ({ adopted: true } as const)
  const note = wrapNote({ ...mark, retired: { table, retiredAt: retired.retiredAt } })
  return printTable({ ...input.ddl, parts, note })
}
