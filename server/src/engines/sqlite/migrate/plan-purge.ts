import { failure } from '../../../errors/error.ts'
import { tokenize } from '../sql-text.ts'
import type { PlannedTable } from './plan-table.ts'
import type { Scratch } from './scratch.ts'

/** What is to be destroyed, by its names in the file before anything is renamed. */
export interface Purged {
  readonly tables: readonly string[]
  readonly planned: readonly PlannedTable[]
}

/**
 * Throws 0A000 where something of somebody else still uses what is to be destroyed: every write that fires such a trigger would fail from then on.
 * ALTER TABLE has given them the reserved names, by which they are found.
 */
export function requireUnused({ tables, planned }: Purged, scratch: Scratch): void {
  const columns = planned.flatMap(({ trace }) =>
    trace.purged.map((column) => ({ column: lower(column), table: lower(trace.origin ?? '') })),
  )
  if (tables.length === 0 && columns.length === 0) return
  const gone = new Set(tables.map(lower))
  for (const { type, name, tbl_name, sql } of scratch.objects()) {
    if (gone.has(lower(tbl_name))) continue
    const words = tokenize(sql ?? '').map(({ text }) => lower(text))
    const own = lower(tbl_name)
    const usesTable = (table: string): boolean => words.includes(lower(table))
    const usesColumn = ({ column, table }: { column: string; table: string }): boolean => {
      // A table has the column itself, too.
      const times = words.filter((word) => word === column).length - (type === 'table' && own === table ? 1 : 0)
      return times > 0 && (own === table || words.includes(table))
    }
    const used = tables.find(usesTable) ?? columns.find(usesColumn)?.column
    if (used !== undefined) throw inUse({ type, name, used })
  }
}

function inUse({ type, name, used }: { type: string; name: string; used: string }): Error {
  const what = type === 'table' ? `a computed column or check of ${name}` : `the ${type} ${name}`
  const message = `${what} still uses what is kept as "${used}", and would fail without it`
  return failure('0A000', { message }, { hint: 'Drop or change it first, with the program that made it.' })
}

const lower = (name: string): string => name.toLowerCase()
