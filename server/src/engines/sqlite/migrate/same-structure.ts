import type { Catalog, Table } from '../../../schema/catalog.ts'
import { PILAR_SCHEMA } from '../../../schema/migration/retired-names.ts'

/**
 * Where two structures differ, in words for whoever has to find the mistake; null when they are the same. What only a declaration says
 * does not count, and neither do Pilar's own tables, which come with the first lease.
 */
export function firstDifference(expected: Catalog, found: Catalog): string | null {
  return differenceOf(byKey(expected), byKey(found)) ?? differenceOf(retired(expected), retired(found))
}

const byKey = (catalog: Catalog): ReadonlyMap<string, string> =>
  new Map(
    [...catalog.tables]
      .filter(([, table]) => !isOwn(table))
      .map(([key, table]) => [key, textOf({ ...table, column: null })]),
  )

const isOwn = ({ schema, name }: Table): boolean => schema === PILAR_SCHEMA || name.startsWith(`${PILAR_SCHEMA}.`)

const retired = ({ retired: { columns, tables } }: Catalog): ReadonlyMap<string, string> =>
  new Map([
    ...columns.map((one) => [`retired ${one.table}.${one.storedAs}`, textOf(one)] as const),
    ...tables.map(
      (one) => [`retired ${one.storedAs}`, textOf({ ...one, table: { ...one.table, column: null } })] as const,
    ),
  ])

function differenceOf(expected: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string | null {
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const [a, b] = [expected.get(key), found.get(key)]
    if (a !== b) return `${key}: expected ${a ?? 'nothing'}, found ${b ?? 'nothing'}`
  }
  return null
}

const DECLARED_ONLY: ReadonlySet<string> = new Set(['was', 'using'])

/** JSON with members in one order. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (name, member: unknown) => {
    if (DECLARED_ONLY.has(name)) return undefined
    if (member === null || typeof member !== 'object' || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
