import type { Catalog, Table, TableKey } from '../catalog.ts'
import type { FormerRow } from '../retired.ts'
import { retiresValues } from './apply-column-steps.ts'
import type { MigrationStep } from './step.ts'

/**
 * The structure that was found, with what the steps that led to it know and an engine may not remember: how retired columns became the ones in their
 * place, and what has become of the rows that the expressions saw, which are those before the first step.
 */
export function withConversions(
  steps: readonly MigrationStep[],
  { before, found }: { readonly before: Catalog; readonly found: Catalog },
): Catalog {
  const changed = changedRows(steps, before)
  const columns = [...found.retired.columns]
  const places = [...changed].map(([{ using, column }, table]) => {
    const at = columns.findLastIndex(
      (each) => each.table === table.key && each.column.name === column && (each.converted?.using ?? using) === using,
    )
    const retired = columns[at]
    if (retired !== undefined) columns[at] = { ...retired, converted: { using } }
    return { at, using, table }
  })
  const known = { ...found, retired: { ...found.retired, columns } }
  for (const { at, using, table } of places) {
    const retired = columns[at]
    if (retired !== undefined && using !== null)
      columns[at] = { ...retired, converted: { using, row: rowNow(table, known) } }
  }
  return known
}

type ChangeType = Extract<MigrationStep, { kind: 'change-type' }>

/** A table before the first step, and where it and the values of its columns are by now. */
interface Followed {
  readonly origin: Table
  key: TableKey
  /** By the former name: the present one, or the one that a column had when it was retired. */
  readonly places: Map<string, Place>
}

interface Place {
  readonly name: string
  readonly kind: 'live' | 'retired' | 'converted'
}

/** Each change of type with its table. */
function changedRows(steps: readonly MigrationStep[], before: Catalog): ReadonlyMap<ChangeType, Followed> {
  const tables = [...before.tables.values()].map((origin): Followed => {
    const places = origin.columns.map(({ name }) => [name, { name, kind: 'live' }] as const)
    return { origin, key: origin.key, places: new Map<string, Place>(places) }
  })
  const changed = new Map<ChangeType, Followed>()
  for (const step of steps) {
    if (!('table' in step) || typeof step.table !== 'string') continue
    const table = tables.find(({ key }) => key === step.table)
    if (table === undefined) continue
    if (step.kind === 'rename-table') table.key = step.to
    if (step.kind === 'change-type') changed.set(step, table)
    followColumn(step, table)
  }
  return changed
}

function followColumn(step: MigrationStep, { places, origin }: Followed): void {
  if (step.kind !== 'rename-column' && step.kind !== 'retire-column' && step.kind !== 'change-type') return
  const [former] = [...places].find(([, { name, kind }]) => kind === 'live' && name === step.column) ?? []
  const column = origin.column.get(former ?? '')
  if (former === undefined || column === undefined) return
  if (step.kind === 'rename-column') places.set(former, { name: step.to, kind: 'live' })
  else if (step.kind === 'retire-column') places.set(former, { name: step.column, kind: 'retired' })
  else if (retiresValues(step, column)) places.set(former, { name: step.column, kind: 'converted' })
}

/** Without columns whose values are nowhere. */
function rowNow({ origin, key, places }: Followed, { tables, retired }: Catalog): FormerRow {
  const kept = retired.columns.filter((each) => each.table === key)
  const nameNow = ({ name, kind }: Place): string | undefined => {
    if (kind === 'live') return tables.get(key)?.column.get(name)?.name
    const isConverted = kind === 'converted'
    return kept.findLast((each) => each.column.name === name && (each.converted !== undefined) === isConverted)
      ?.storedAs
  }
  const columns = origin.columns.flatMap((column) => {
    const place = places.get(column.name)
    const now = place === undefined ? undefined : nameNow(place)
    return now === undefined ? [] : [{ column, now }]
  })
  return { table: origin.name, columns }
}
