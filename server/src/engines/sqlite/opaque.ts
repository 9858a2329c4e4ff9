import { tableKey } from '../../schema/catalog.ts'
import type { Opaque } from '../../schema/retired.ts'
import { type Found, type FoundFile, nameOf } from './found-file.ts'
import { indexColumns, readDangling } from './introspect-keys.ts'
import { isTransient } from './migrate/reserved.ts'

/** What the file has and a Catalog has no word for. Checks, defaults and generated columns in SQLite's words stand in the Catalog, as native ones. */
export function readOpaque(file: FoundFile): readonly Opaque[] {
  const byName = new Map(file.tables.map((found) => [found.name.toLowerCase(), found]))
  const keyOf = (name: string): string | null => {
    const found = byName.get(name.toLowerCase())
    return found === undefined ? null : keyOfFound(found)
  }
  const objects = file.objects.flatMap((object): Opaque[] => {
    if (object.sql === null || isTransient(object.name) || isTransient(object.tbl_name)) return []
    const text = object.sql
    if (object.type === 'view' && byName.get(object.name.toLowerCase())?.text.own === false)
      return [{ kind: 'view', table: keyOf(object.name), name: object.name, text }]
    if (object.type === 'trigger') return [{ kind: 'trigger', table: keyOf(object.tbl_name), name: object.name, text }]
    if (object.type === 'table' && file.virtual.includes(object.name))
      return [{ kind: 'virtual table', table: null, name: object.name, text }]
    if (object.type !== 'index' || !byName.has(object.tbl_name.toLowerCase())) return []
    const kind = kindOfIndex(object, file)
    return kind === null ? [] : [{ kind, table: keyOf(object.tbl_name), name: object.name, text }]
  })
  const dangling = file.tables.flatMap((found) =>
    readDangling(found, file).map((one): Opaque => ({ kind: 'foreign key', table: keyOfFound(found), ...one })),
  )
  return [...objects, ...dangling, ...file.tables.flatMap(collations)]
}

const keyOfFound = (found: Found): string => {
  const { schema, name } = nameOf(found)
  return tableKey(schema, name)
}

function kindOfIndex(index: { name: string; tbl_name: string }, file: FoundFile): string | null {
  const columns = indexColumns(index, file)
  if (columns.some((column) => column.name === null)) return 'index on an expression'
  const own = file.tables.find((found) => found.name === index.tbl_name)?.text.collations
  const differs = columns.some(
    (column) => column.coll.toUpperCase() !== unquoted(own?.get(column.name ?? '') ?? 'BINARY').toUpperCase(),
  )
  return differs ? 'index with a collation' : null
}

const unquoted = (name: string): string => name.replace(/^["`[](.*)["`\]]$/, '$1')

function collations(found: Found): Opaque[] {
  return [...found.text.collations].map(([column, name]) => ({
    kind: 'collation',
    table: keyOfFound(found),
    name: column,
    text: `COLLATE ${name}`,
  }))
}
