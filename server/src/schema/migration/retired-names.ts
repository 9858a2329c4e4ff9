import { utf8Length } from '../../std/compare-text.ts'
import type { Catalog, Table, TableKey } from '../catalog.ts'
import { NAME_BYTES_MAX, RETIRED_PREFIX } from '../names.ts'
import type { RetiredColumn, RetiredTable } from '../retired.ts'
import { sameType } from './type-change.ts'

/** The schema of Pilar's own tables and of retired ones. */
export const PILAR_SCHEMA = 'pilar'

/** The reserved name that a column of this table gets when it is retired. The same wherever the same steps are run. */
export function retiredColumnName(column: string, table: Table, retired: Catalog['retired']): string {
  const names = table.columns.map((each) => each.name)
  const before = retired.columns.filter((each) => each.table === table.key).map((each) => each.storedAs)
  return freeName(`${RETIRED_PREFIX}${column}`, [...names, ...before])
}

/** The reserved key that a table gets when it is retired. */
export function retiredTableKey(table: Table, retired: Catalog['retired']): TableKey {
  const name = table.schema === 'public' ? table.name : `${table.schema}_${table.name}`
  const taken = retired.tables.map((each) => each.storedAs.slice(PILAR_SCHEMA.length + 1))
  return `${PILAR_SCHEMA}.${freeName(`retired_${name}`, taken)}`
}

/** Engines may not tell names apart by case. */
function freeName(wanted: string, taken: readonly string[]): string {
  const used = new Set(taken.map((name) => name.toLowerCase()))
  for (let number = 1; ; number++) {
    const ending = number === 1 ? '' : `_${number}`
    const name = fit(wanted, NAME_BYTES_MAX - ending.length) + ending
    if (!used.has(name.toLowerCase())) return name
  }
}

function fit(name: string, bytesMax: number): string {
  let letters = [...name]
  while (utf8Length(letters.join('')) > bytesMax) letters = letters.slice(0, -1)
  return letters.join('')
}

/**
 * The retired column that a step means, in this database: the one it names, or else the last one of that name and type. A migration that was
 * written elsewhere may know it by another date.
 */
export function findRetiredColumn(retired: Catalog['retired'], meant: RetiredColumn): RetiredColumn | null {
  const here = retired.columns.filter((each) => each.table === meant.table)
  const isSame = (each: RetiredColumn) =>
    each.column.name === meant.column.name && sameType(each.column.type, meant.column.type)
  return here.find((each) => each.storedAs === meant.storedAs && isSame(each)) ?? here.findLast(isSame) ?? null
}

/** The retired column that is kept, with what a step knows of the way it went. */
export function formerColumn(kept: RetiredColumn | null, meant: RetiredColumn): RetiredColumn {
  return kept === null ? meant : { ...kept, ...(meant.converted === undefined ? {} : { converted: meant.converted }) }
}

/** The retired table that a step means, in this database. */
export function findRetiredTable(retired: Catalog['retired'], meant: RetiredTable): RetiredTable | null {
  const isSame = (each: RetiredTable) => each.table.key === meant.table.key
  const named = retired.tables.find((each) => each.storedAs === meant.storedAs && isSame(each))
  return named ?? retired.tables.findLast(isSame) ?? null
}
