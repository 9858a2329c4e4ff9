import type { ForeignKey } from '../../../schema/catalog.ts'
import { quoteName, quoteText } from '../../sql/printer.ts'
import { SOURCE } from './convert.ts'
import type { TableCopy } from './migration.ts'
import type { RowKey } from './plan-copy.ts'
import { type PlannedTable, VERIFY_ROWS_MAX } from './plan-table.ts'
import { isNew } from './plan-text.ts'

/** What looking a key up costs, in no order: 3 s for 1,000,000 rows on busy cores. So many times a check of the row. */
const LOOKUP_COST = 8

interface Keyed {
  readonly planned: PlannedTable
  /** Before the renames. */
  readonly key: RowKey
}

/** A new foreign key of a large table, between values that are there already: it is verified before the switch. */
interface KeyToVerify {
  readonly child: Keyed
  readonly parent: PlannedTable
  readonly foreignKey: ForeignKey
  readonly step: number
}

export function keysToVerify(tables: readonly Keyed[], rows: (table: string) => number): readonly KeyToVerify[] {
  const live = tables.filter(({ planned }) => planned.retired === null)
  const parents = new Map(live.map(({ planned }) => [planned.table.key, planned]))
  return live.flatMap((child) => {
    const { planned, key } = child
    const { table, trace } = planned
    if (key.rowid === null || rows(trace.origin ?? '') * LOOKUP_COST <= VERIFY_ROWS_MAX) return []
    return table.foreignKeys.flatMap((foreignKey, at): KeyToVerify[] => {
      const { references, columns } = foreignKey
      const parent = parents.get(references.table)
      if (parent === undefined || !isNew(planned, 'foreignKeys', at)) return []
      const names = [
        ...columns.map((name) => nameBefore(planned, name)),
        ...references.columns.map((name) => nameBefore(parent, name)),
      ]
      if (names.includes(null)) return []
      return [{ child, parent, foreignKey, step: trace.named.foreignKeys[at]?.step ?? trace.step ?? 0 }]
    })
  })
}

/** What the file calls a column before the first step; null where it is to have other values. */
function nameBefore({ columns }: PlannedTable, name: string): string | null {
  const each = columns.find((one) => one.retired === null && one.name === name)
  if (each === undefined || each.column.generated !== null) return null
  return each.conversion === null || each.conversion.isSame ? each.trace.origin : null
}

/**
 * Verifies the key as tables are copied: in batches, and then what was changed meanwhile. The copy has the numbers of the rows and no more, and is
 * put in no place.
 */
export function verifyingCopy({ child, parent, foreignKey, step }: KeyToVerify, target: string): TableCopy {
  const { planned, key } = child
  const before = (of: PlannedTable, name: string): string => quoteName(nameBefore(of, name) ?? '')
  const own = foreignKey.columns.map((name) => `${SOURCE}.${before(planned, name)}`)
  const same = foreignKey.references.columns.map((name, at) => `p.${before(parent, name)} = ${own[at]}`)
  const parentName = parent.trace.origin ?? ''
  const found = `SELECT 1 FROM ${quoteName(parentName)} AS p WHERE ${same.join(' AND ')}`
  const isGiven = own.map((sql) => `${sql} IS NOT NULL`).join(' AND ')
  const refused = `pilar_orphan(${quoteText(orphanMessage(planned, foreignKey))})`
  return {
    source: planned.trace.origin ?? '',
    target,
    create: [`CREATE TABLE ${quoteName(target)} (orphan)`],
    key: [key.rowid ?? ''],
    targetKey: ['rowid'],
    columns: ['rowid', 'orphan'],
    values: [`${SOURCE}.${key.rowid}`, `CASE WHEN ${isGiven} AND NOT EXISTS (${found}) THEN ${refused} END`],
    reads: [parentName],
    blame: [{ column: 'orphan', step }],
  }
}

export const orphanMessage = ({ table }: PlannedTable, { name }: ForeignKey): string =>
  `insert or update on table "${table.name}" violates foreign key constraint "${name}"`
