import { nearest } from '../../std/nearest.ts'
import type { Column, Table } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import type { Work } from './difference-work.ts'
import { isAkin, sameType } from './type-change.ts'

/** How many columns of both tables have the same name and a type that could be the other's. */
export function sharedColumns(a: Table, b: Table): number {
  return a.columns.filter((column) => {
    const other = b.column.get(column.name)
    return other !== undefined && isAkin(column.type, other.type)
  }).length
}

/** Warns of a column that comes while one like it goes: its values would stay behind with the old one. One with `using` has been thought about. */
export function warnOfColumns(
  work: Work,
  table: Table,
  change: { readonly going: readonly Column[]; readonly coming: readonly Column[] },
): void {
  const left = new Set(change.going)
  for (const column of change.coming) {
    if (column.using !== undefined) continue
    const old = likeliest(column, [...left])
    if (old === null) continue
    left.delete(old)
    const message = `column "${column.name}" is new, and "${old.name}" goes: is it the same one under a new name? As it stands, it begins empty, and the values stay with the retired "${old.name}".`
    const hint = `If it was renamed, write .was('${old.name}') behind ${column.name}.`
    work.warnings.push({ kind: 'probable-rename', table: table.key, message, hint })
  }
}

/** The one of the same type, or else of a type akin to it; among several the one whose name is nearest. */
function likeliest(column: Column, going: readonly Column[]): Column | null {
  const plain = going.filter((old) => (old.generated === null) === (column.generated === null))
  const same = plain.filter((old) => sameType(old.type, column.type))
  const akin = same.length > 0 ? same : plain.filter((old) => isAkin(old.type, column.type))
  const named = nearest(
    column.name,
    akin.map((old) => old.name),
  )
  return akin.find((old) => old.name === named) ?? akin[0] ?? null
}

/** Warns of a table that comes while one with mostly the same columns goes. */
export function warnOfTables(
  work: Work,
  change: { readonly going: readonly Table[]; readonly coming: readonly Table[] },
): void {
  const left = new Set(change.going)
  for (const table of change.coming) {
    if (table.using !== undefined) continue
    const isLike = (old: Table) =>
      old.schema === table.schema && sharedColumns(old, table) * 2 > Math.max(old.columns.length, table.columns.length)
    const old = [...left].filter(isLike).sort((a, b) => sharedColumns(b, table) - sharedColumns(a, table))[0]
    if (old === undefined) continue
    left.delete(old)
    const [name, former] = [shortKey(table.key), shortKey(old.key)]
    const message = `table "${name}" is new, and "${former}", which has mostly the same columns, goes: is it the same one under a new name? As it stands, it begins empty, and the rows stay with the retired "${former}".`
    const hint = `If it was renamed, write .was('${old.name}') behind it.`
    work.warnings.push({ kind: 'probable-rename', table: table.key, message, hint })
  }
}
