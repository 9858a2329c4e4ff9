/** What the rows of a file should be: some cells are not known, all others are exact. */
import type { Cell } from './cells.ts'
import type { FileTable, Row, RowKey, Snapshot } from './snapshot.ts'

export type ExpectedRow = ReadonlyMap<string, Cell | undefined>

export interface ExpectedTable {
  /** Its name in the file. */
  readonly name: string
  /** Keys are null where it is not known what finds a row. */
  readonly rows: readonly { readonly key: RowKey | null; readonly cells: ExpectedRow }[]
}

/** The key that a row has by what is in it: `old` where its columns do not say, null where they are not known. */
export function keyOf(table: FileTable | undefined, cells: ExpectedRow, old: RowKey): RowKey | null {
  const columns = table?.key ?? null
  if (columns === null) return old
  const values = columns.map((column) => cells.get(column))
  return values.includes(undefined) ? null : values.join('\u0000')
}

/** The first differences, in words; empty when all is as expected. */
export function compareTables(expected: readonly ExpectedTable[], found: Snapshot): readonly string[] {
  return expected.flatMap((table) => {
    const present = found.get(table.name)
    return present === undefined ? [`there is no table ${table.name}`] : compareTable(table, present).slice(0, 5)
  })
}

function compareTable(expected: ExpectedTable, found: FileTable): readonly string[] {
  if (expected.rows.some(({ key }) => key === null)) return compareUnordered(expected, found)
  const differences: string[] = []
  const { name } = expected
  const keys = new Set(expected.rows.map(({ key }) => key))
  for (const key of found.rows.keys()) if (!keys.has(key)) differences.push(`${name} ${key}: a row too many`)
  for (const { key, cells } of expected.rows) {
    const row = found.rows.get(key ?? '')
    if (row === undefined) differences.push(`${name} ${key}: the row is gone`)
    else for (const text of compareRow(cells, row)) differences.push(`${name} ${key}: ${text}`)
  }
  return differences
}

function compareRow(cells: ExpectedRow, row: Row): readonly string[] {
  return [...cells].flatMap(([column, cell]) => {
    const found = row.get(column)
    if (found === undefined) return [`there is no column ${column}`]
    return cell === undefined || cell === found ? [] : [`${column} is ${found}, not ${cell}`]
  })
}

/** Rows that nothing tells apart, by the columns that are known of all of them. */
function compareUnordered({ name, rows }: ExpectedTable, found: FileTable): readonly string[] {
  const names = [...(rows[0]?.cells.keys() ?? [])]
  const known = names.filter((column) => rows.every(({ cells }) => cells.get(column) !== undefined))
  const lines = (list: readonly ExpectedRow[]): string =>
    list
      .map((row) => known.map((column) => row.get(column) ?? '').join('\u0000'))
      .sort()
      .join('\n')
  const isSame = lines(rows.map(({ cells }) => cells)) === lines([...found.rows.values()])
  return isSame && rows.length === found.rows.size ? [] : [`${name}: other rows`]
}
