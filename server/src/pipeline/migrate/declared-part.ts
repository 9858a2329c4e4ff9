import type { Catalog, Column, Table } from '../../schema/catalog.ts'
import { makeCatalog, makeTable } from '../../schema/make-catalog.ts'

/**
 * What of a database without a journal counts as declared before: all that Pilar itself made, and of somebody else's tables what `wanted` speaks of. What this
 * lacks is never retired.
 */
export function declaredPart(found: Catalog, wanted: Catalog): Catalog {
  const tables = [...found.tables.values()].flatMap((table) => declaredTable(table, wanted))
  return makeCatalog({ version: 0, schemas: found.schemas, tables })
}

function declaredTable(table: Table, wanted: Catalog): readonly Table[] {
  if (table.system) return []
  if (isOwn(table)) return [table]
  const now = [...wanted.tables.values()].find((one) => one.key === table.key || formerKey(one) === table.key)
  if (now === undefined) return []
  const named = new Set(now.columns.flatMap(({ name, was }) => (was === undefined ? [name] : [name, was])))
  return [
    makeTable({ ...table, columns: table.columns.filter((column) => named.has(column.name) || isOwnColumn(column)) }),
  ]
}

const formerKey = ({ schema, was }: Table): string | null => (was === undefined ? null : `${schema}.${was}`)

/** Only what Pilar did not make needs a word for how it is stored. */
const isOwnColumn = ({ storage }: Column): boolean => storage === undefined
const isOwn = (table: Table): boolean => table.storage === undefined && table.columns.every(isOwnColumn)
