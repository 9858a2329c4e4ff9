/** What undoing a migration makes of rows: the former ones, and those that were written since, where that is defined. */
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { type Cell, NULL } from './cells.ts'
import { convert } from './conversions.ts'
import { fileName } from './expect-forward.ts'
import { type ExpectedTable, keyOf } from './expected.ts'
import { type ColumnLineage, isSameType, lineageOf, type TableLineage } from './lineage.ts'
import type { FileTable, Row, RowKey, Snapshot } from './snapshot.ts'

export interface Undoing {
  readonly before: SchemaDefinition
  readonly after: SchemaDefinition
  /** Before the migration, right after it, and right before its undo. */
  readonly first: Snapshot
  readonly second: Snapshot
  readonly present: Snapshot
  /** After the undo: only which columns are the key is taken from it. */
  readonly found: Snapshot
  /** Keys before the migration, by the table's name in the file after it and the key there. */
  readonly keys: ReadonlyMap<string, ReadonlyMap<RowKey, RowKey>>
  readonly isAdopted: boolean
}

export function expectUndo(undoing: Undoing): readonly ExpectedTable[] {
  // Triggers of somebody else's write to a retired table as before: what they note has no key.
  const isFollowed = ({ before, after }: TableLineage): boolean =>
    after !== null || before.primaryKey !== null || !undoing.isAdopted
  return lineageOf(undoing.before, undoing.after)
    .filter(isFollowed)
    .map((lineage) => {
      const former = undoing.first.get(fileName(lineage.before))
      if (former === undefined) throw new Error(`assertion failed: the file had ${lineage.before.key}`)
      if (lineage.after !== null) return survivingTable(lineage, former, undoing)
      const rows = [...former.rows].map(([key, row]) => ({ key, cells: onlyWritten(lineage, row) }))
      return { name: fileName(lineage.before), rows }
    })
}

function onlyWritten({ columns }: TableLineage, row: Row): Row {
  const names = columns.filter(({ before }) => before.generated === null).map(({ before }) => before.name)
  return new Map(names.map((name) => [name, row.get(name) ?? NULL]))
}

interface Versions {
  /** Undefined for a row that was written since. */
  readonly first: Row | undefined
  readonly second: Row | undefined
  readonly present: Row
}

function survivingTable(lineage: TableLineage, former: FileTable, undoing: Undoing): ExpectedTable {
  const name = fileName(lineage.after ?? lineage.before)
  const keys = undoing.keys.get(name)
  const table = undoing.found.get(fileName(lineage.before))
  const rows = [...(undoing.present.get(name)?.rows ?? [])].map(([key, present]) => {
    const then = undoing.second.get(name)?.rows.get(key)
    const second = then !== undefined && isSameRow(lineage, then, present) ? then : undefined
    const old = second === undefined ? undefined : keys?.get(key)
    const first = old === undefined ? undefined : former.rows.get(old)
    const isSure = then === undefined || second !== undefined || (lineage.after?.primaryKey ?? []).length > 0
    const isFollowed = isSure && (keys !== undefined || second === undefined)
    const cells = cellsOf(lineage, { first, second, present }, undoing.isAdopted || !isFollowed)
    return { key: keys === undefined ? null : keyOf(table, cells, key), cells }
  })
  return { name: fileName(lineage.before), rows }
}

/** A rowid may have been given to another row since: keys never change. */
function isSameRow({ before, after }: TableLineage, then: Row, now: Row): boolean {
  const key = after?.primaryKey ?? []
  if (key.length === 0) return before.foreignKeys.length === 0 && after?.foreignKeys.length === 0
  return key.every((column) => then.get(column) === now.get(column))
}

function cellsOf({ columns }: TableLineage, versions: Versions, isVague: boolean): Map<string, Cell | undefined> {
  return new Map(columns.map((column) => [column.before.name, cellOf(column, versions, isVague)]))
}

function cellOf({ before, after }: ColumnLineage, versions: Versions, isVague: boolean): Cell | undefined {
  const { first, second, present } = versions
  if (before.generated !== null) return undefined
  if (after === null) return first === undefined ? undefined : (first.get(before.name) ?? NULL)
  const cell = present.get(after.name) ?? NULL
  if (isSameType(before.type, after.type)) return cell === NULL && !before.nullable ? undefined : cell
  // A moment or a random value can't be recognised again.
  const isVolatile = after.using?.endsWith('()') ?? false
  const isUntouched = second !== undefined && second.get(after.name) === cell
  if (first !== undefined && isUntouched) {
    const former = first.get(before.name) ?? NULL
    // What was filled with a default stays, and so does what was filled in somebody else's column, which is only read otherwise: both are told.
    const isFilled = former === NULL && !after.nullable && (isVague || after.using === null)
    return isVolatile || isFilled ? undefined : former
  }
  return isVague || cell === NULL ? undefined : convert(after.type, before.type, cell)
}
