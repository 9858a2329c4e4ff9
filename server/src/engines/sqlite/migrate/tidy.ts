import type { DatabaseSync } from 'node:sqlite'
import { quoteName } from '../../sql/printer.ts'
import { COPY_PREFIX, RUBBISH_PREFIX } from './reserved.ts'

/**
 * Takes away some of what migrations have left behind: old tables, and copies other than those whose names begin with `keep`. True when nothing is
 * left. Rows go in batches, since a large table dropped at once would keep writers waiting.
 */
export function sweep(database: DatabaseSync, keep: string | null, rows: number): boolean {
  const all = database
    .prepare(
      `SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL AND (substr(name, 1, ${COPY_PREFIX.length}) = '${COPY_PREFIX}'
        OR substr(name, 1, ${RUBBISH_PREFIX.length}) = '${RUBBISH_PREFIX}')
        ORDER BY CASE type WHEN 'trigger' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, rowid`,
    )
    .all() as unknown as readonly { type: string; name: string }[]
  const [next] = all.filter(({ name }) => keep === null || !name.startsWith(keep))
  if (next === undefined) return true
  if (next.type !== 'table' || isEmptied(database, next.name, rows))
    database.exec(`DROP ${next.type} ${quoteName(next.name)}`)
  return false
}

function isEmptied(database: DatabaseSync, table: string, rows: number): boolean {
  const key = keyOf(database, table)
  const name = quoteName(table)
  try {
    const { changes } = database
      .prepare(`DELETE FROM ${name} WHERE (${key}) IN (SELECT ${key} FROM ${name} LIMIT ?)`)
      .run(rows)
    return Number(changes) < rows
  } catch (error) {
    // A key over a virtual column, which rubbish has no more: then all at once.
    if (error instanceof Error && 'errcode' in error) return true
    throw error
  }
}

function keyOf(database: DatabaseSync, table: string): string {
  const wr = database.prepare("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?").get(table)?.['wr']
  const columns = database.prepare('SELECT name, pk FROM pragma_table_xinfo(?) ORDER BY pk').all(table)
  if (wr === 1)
    return columns
      .filter(({ pk }) => Number(pk) > 0)
      .map(({ name }) => quoteName(String(name)))
      .join(', ')
  const names = new Set(columns.map(({ name }) => String(name).toLowerCase()))
  return (
    ['rowid', '_rowid_', 'oid'].find((name) => !names.has(name)) ??
    quoteName(String(columns.find(({ pk }) => pk === 1)?.['name']))
  )
}
