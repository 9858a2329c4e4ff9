import type { Table } from '../catalog.ts'
import { generatedName } from '../names.ts'

interface Renamed {
  readonly before: Table
  /** The same table with its new table and column names; constraints still have their old ones. */
  readonly after: Table
}

/**
 * After a rename, gives constraints and indexes whose names were made from the names of the table and its columns the names they would be given
 * now: so that a rename in schema.ts is one step. Names that somebody chose stay.
 */
export function followNames({
  before,
  after,
}: Renamed): Pick<Table, 'primaryKeyName' | 'uniques' | 'foreignKeys' | 'checks' | 'indexes'> {
  const taken = new Set(
    [...after.uniques, ...after.foreignKeys, ...after.checks, ...after.indexes].map((one) => one.name),
  )
  const follow = (name: string, label: string, [old, now]: readonly [readonly string[], readonly string[]]): string => {
    const next = renamed(name, label, { before: before.name, after: after.name, old, now })
    if (next === name || taken.has(next)) return name
    taken.delete(name)
    taken.add(next)
    return next
  }
  const columnsOf = (name: string, at: number): string => after.columns[at]?.name ?? name
  const ofCheck = (name: string): string => {
    const whole = follow(name, 'check', [[], []])
    if (whole !== name) return whole
    for (const [at, column] of before.columns.entries()) {
      const next = follow(name, 'check', [[column.name], [columnsOf(column.name, at)]])
      if (next !== name) return next
    }
    return name
  }
  const key = before.primaryKeyName
  return {
    primaryKeyName:
      key === null ? null : renamed(key, 'pkey', { before: before.name, after: after.name, old: [], now: [] }),
    uniques: after.uniques.map((one, at) => ({
      ...one,
      name: follow(one.name, 'key', [before.uniques[at]?.columns ?? [], one.columns]),
    })),
    foreignKeys: after.foreignKeys.map((one, at) => ({
      ...one,
      name: follow(one.name, 'fkey', [before.foreignKeys[at]?.columns ?? [], one.columns]),
    })),
    checks: after.checks.map((one) => ({ ...one, name: ofCheck(one.name) })),
    indexes: after.indexes.map((one, at) => ({
      ...one,
      name: follow(one.name, 'idx', [(before.indexes[at]?.columns ?? []).map(nameOf), one.columns.map(nameOf)]),
    })),
  }
}

const nameOf = (column: { readonly name: string }): string => column.name

/** How many constraints of one table may have been given the same name but for a number. */
const NUMBERED_MAX = 20

function renamed(
  name: string,
  label: string,
  given: { before: string; after: string; old: readonly string[]; now: readonly string[] },
): string {
  for (let pass = 0; pass < NUMBERED_MAX; pass++) {
    const numbered = pass === 0 ? label : `${label}${pass}`
    if (generatedName({ table: given.before, columns: given.old, label: numbered }) !== name) continue
    return generatedName({ table: given.after, columns: given.now, label: numbered })
  }
  return name
}
