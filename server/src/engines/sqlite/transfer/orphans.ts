import type { DatabaseSync } from 'node:sqlite'
import { failure, type PilarError } from '../../../errors/error.ts'
import type { Table } from '../../../schema/catalog.ts'
import { quoteName } from '../../sql/printer.ts'
import { introspect } from '../introspect.ts'
import { tableName } from '../tables.ts'

/** Rows whose parent is missing, in the whole file. Those of an adopted one may have been there before us. */
export function countOrphans(database: DatabaseSync): number {
  return Number(database.prepare('SELECT count(*) AS total FROM pragma_foreign_key_check').get()?.['total'])
}

/** The error that names one row whose parent is missing; null when there is none. */
export function orphanError(database: DatabaseSync): PilarError | null {
  const found = database.prepare('SELECT "table", rowid, fkid, parent FROM pragma_foreign_key_check LIMIT 1').get()
  if (found === undefined) return null
  const name = String(found['table'])
  const parts = database
    .prepare('SELECT "from" FROM pragma_foreign_key_list(?) WHERE id = ? ORDER BY seq')
    .all(name, Number(found['fkid']))
  const columns = parts.map((part) => String(part['from']))
  const table = ownTable(name, database)
  const key = table?.foreignKeys.find((each) => each.columns.join() === columns.join())
  const constraint = key === undefined ? 'a foreign key constraint' : `foreign key constraint "${key.name}"`
  const list = columns.map((column) => `CAST(${quoteName(column)} AS TEXT)`).join(" || ', ' || ")
  const row =
    found['rowid'] === null
      ? undefined
      : database.prepare(`SELECT ${list} AS value FROM ${quoteName(name)} WHERE rowid = ?`).get(Number(found['rowid']))
  const values = row === undefined ? '' : `=(${row['value']})`
  const details = `Key (${columns.join(', ')})${values} is not present in table "${found['parent']}".`
  const message = `insert or update on table "${table?.name ?? name}" violates ${constraint}: ${details}`
  return failure('23503', { message }, { details })
}

function ownTable(name: string, database: DatabaseSync): Table | undefined {
  return [...introspect(database).tables.values()].find((table) => tableName(table) === name)
}
