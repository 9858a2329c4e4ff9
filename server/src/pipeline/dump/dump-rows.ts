import type { Snapshot } from '../../engines/transfer.ts'
import type { Catalog, Table } from '../../schema/catalog.ts'
import { typeLabel } from '../../schema/types.ts'
import { DUMP_FORMAT, dumpName } from './format.ts'

export interface DumpOptions {
  /** As `dumpOrder` gives them. */
  readonly tables: readonly Table[]
  /** Of the Pilar that writes it. */
  readonly version: string
  /** Told now and then. */
  readonly progress: (table: string, rows: number) => void
}

/** Rows between two calls of `progress`. */
const PROGRESS_ROWS = 10_000

/** The lines of a dump, without their ends: see format.ts. */
export function* dumpRows(snapshot: Snapshot, { tables, version, progress }: DumpOptions): Iterable<string> {
  const described = Object.fromEntries(tables.map((table) => [dumpName(table), columnsOf(table)]))
  yield JSON.stringify({ pilar: 'dump', format: DUMP_FORMAT, version, tables: described })
  let total = 0
  for (const table of tables) {
    const begin = `{"table":${JSON.stringify(dumpName(table))},"row":`
    let rows = 0
    for (const row of snapshot.rows(table)) {
      yield `${begin}${row}}`
      rows++
      if (rows % PROGRESS_ROWS === 0) progress(dumpName(table), rows)
    }
    total += rows
  }
  for (const [table, last] of snapshot.sequences()) {
    if (tables.includes(table)) yield JSON.stringify({ sequence: dumpName(table), last })
  }
  yield JSON.stringify({ end: total })
}

function columnsOf(table: Table): Readonly<Record<string, string>> {
  const stored = table.columns.filter((column) => column.generated === null && column.name !== table.openColumn)
  return Object.fromEntries(stored.map((column) => [column.name, typeLabel(column.type)]))
}

/** The tables that hold rows of the user's, each after those it refers to, as far as that is possible. */
export function dumpOrder(catalog: Catalog): readonly Table[] {
  const ordered = new Set<Table>()
  const visiting = new Set<Table>()
  const visit = (table: Table): void => {
    if (ordered.has(table) || visiting.has(table)) return
    visiting.add(table)
    for (const key of table.foreignKeys) {
      const parent = catalog.tables.get(key.references.table)
      if (parent !== undefined) visit(parent)
    }
    ordered.add(table)
  }
  for (const table of catalog.tables.values()) if (table.kind === 'table' && !table.system) visit(table)
  return [...ordered]
}
