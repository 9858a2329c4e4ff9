import type { Catalog, Column, Table } from '../../../schema/catalog.ts'
import { PILAR_SCHEMA } from '../../../schema/migration/retired-names.ts'
import { WITHOUT_ROWID } from '../tables.ts'

/**
 * Where two structures differ, in words for whoever has to find the mistake; null when they are the same. What only a declaration says
 * does not count, and neither do Pilar's own tables, which come with the first lease.
 */
export function firstDifference(expected: Catalog, found: Catalog): string | null {
  return differenceOf(byKey(expected), byKey(found)) ?? differenceOf(retired(expected), retired(found))
}

const byKey = (catalog: Catalog): ReadonlyMap<string, string> =>
  new Map(
    [...catalog.tables].filter(([, table]) => !isOwn(table)).map(([key, table]) => [key, textOf(comparable(table))]),
  )

/**
 * Without what means nothing: the order of columns and constraints, the text of expressions in SQLite's own words, which SQLite itself writes
 * anew when a column is renamed, and types in somebody else's storage, which may be guessed by a value that a write has exchanged since.
 */
function comparable({ column: _, storage, ...table }: Table): object {
  // The outputs of a view that somebody else made may follow the columns it reads.
  if (table.kind === 'view' && table.definition === null) return { kind: table.kind }
  const isNative = table.columns.some((each) => each.storage !== undefined)
  return {
    ...table,
    withoutRowid: storage?.includes(WITHOUT_ROWID) ?? false,
    columns: table.columns.map(comparableColumn).sort(byName),
    uniques: table.uniques.toSorted(byName),
    foreignKeys: table.foreignKeys.toSorted(byName),
    checks: table.checks.map((one) => (one.native === true ? { ...one, expression: null } : one)).sort(byName),
    indexes: table.indexes.map((one) => (isNative && one.where !== null ? { ...one, where: true } : one)).sort(byName),
  }
}

const comparableColumn = ({ generated, type, storage, ...column }: Column) => ({
  ...column,
  ...(storage === undefined ? { type } : { storage: 'native' }),
  generated: generated?.native === true ? { ...generated, expression: null } : generated,
})

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name === b.name ? 0 : a.name < b.name ? -1 : 1

const isOwn = ({ schema, name }: Table): boolean => schema === PILAR_SCHEMA || name.startsWith(`${PILAR_SCHEMA}.`)

const retired = ({ retired: { columns, tables } }: Catalog): ReadonlyMap<string, string> =>
  new Map([
    ...columns.map((one) => [`retired ${one.table}.${one.storedAs}`, textOf(one)] as const),
    ...tables.map((one) => [`retired ${one.storedAs}`, textOf({ ...one, table: comparable(one.table) })] as const),
  ])

function differenceOf(expected: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string | null {
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const [a, b] = [expected.get(key), found.get(key)]
    if (a !== b) return `${key}: expected ${a ?? 'nothing'}, found ${b ?? 'nothing'}`
  }
  return null
}

/** What only a declaration says, and in whose words a default is: it may be the same in both. */
const DECLARED_ONLY: ReadonlySet<string> = new Set(['was', 'using', 'nativeDefault'])

/** JSON with members in one order. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (name, member: unknown) => {
    if (DECLARED_ONLY.has(name)) return undefined
    if (member === null || typeof member !== 'object' || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
