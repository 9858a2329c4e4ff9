import type { DatabaseSync } from 'node:sqlite'
import { quoteName } from '../../sql/printer.ts'
import { canaryName, logName, readsName } from './copy-sql.ts'
import { renameIndex } from './index-text.ts'
import type { SchemaRewrite, TableCopy } from './migration.ts'
import { rubbishName } from './reserved.ts'
import { withoutForeignKeys } from './table-ddl.ts'

interface SchemaRow {
  readonly name: string
  readonly sql: string
}

const rowsOf = (database: DatabaseSync, type: string, table: string): readonly SchemaRow[] =>
  database
    .prepare(
      'SELECT name, sql FROM sqlite_schema WHERE type = ? AND tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL ORDER BY rowid',
    )
    .all(type, table) as unknown as readonly SchemaRow[]

/** Takes away what noted changes of the source, and the notes. */
export function dropLog(database: DatabaseSync, copy: Pick<TableCopy, 'target'>): void {
  const triggers = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND substr(name, 1, length(?)) = ?")
    .all(`${copy.target}_`, `${copy.target}_`)
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${quoteName(String(name))}`)
  for (const table of [logName(copy), readsName(copy), canaryName(copy)])
    database.exec(`DROP TABLE IF EXISTS ${quoteName(table)}`)
}

/**
 * Puts a copy in the place of its table, and the table away as rubbish. Names alone change hands: what points to the table points to the copy from now on.
 * Needs `foreign_keys` off, and `legacy_alter_table`, which leaves other texts as they are.
 */
export function putInPlace(database: DatabaseSync, { target, name }: { target: string; name: string }): void {
  const rubbish = rubbishName(target)
  const triggers = rowsOf(database, 'trigger', name)
  for (const trigger of triggers) database.exec(`DROP TRIGGER ${quoteName(trigger.name)}`)
  const rewrites = rowsOf(database, 'index', name).map((index, at): SchemaRewrite => {
    const newName = `${rubbish}_${at}`
    return { type: 'index', name: index.name, newName, sql: renameIndex(index.sql, newName) }
  })
  rewriteSchema(database, rewrites)
  const sequence = sequenceOf(database, name)
  database.exec(`ALTER TABLE ${quoteName(name)} RENAME TO ${quoteName(rubbish)}`)
  // They would hold back deletes of the rows they point to. All else stays: rows and trees of the file are as they were.
  rewriteSchema(database, [{ type: 'table', name: rubbish, sql: withoutForeignKeys(textOf(database, rubbish)) }])
  database.exec(`ALTER TABLE ${quoteName(target)} RENAME TO ${quoteName(name)}`)
  if (sequence !== null) setSequence(database, { name, rubbish, sequence })
  for (const trigger of triggers) database.exec(trigger.sql)
}

/** A copy that is put in no place. */
export function setAside(database: DatabaseSync, target: string): void {
  database.exec(`ALTER TABLE ${quoteName(target)} RENAME TO ${quoteName(rubbishName(target))}`)
}

/** Exchanges texts in sqlite_schema, and has SQLite read them anew. */
export function rewriteSchema(database: DatabaseSync, rewrites: readonly SchemaRewrite[]): void {
  if (rewrites.length === 0) return
  database.exec('PRAGMA writable_schema = ON')
  const update = database.prepare(
    'UPDATE sqlite_schema SET sql = ?, name = ? WHERE type = ? AND name = ? COLLATE NOCASE',
  )
  for (const { sql, name, newName, type } of rewrites) {
    const { changes } = update.run(sql, newName ?? name, type, name)
    if (Number(changes) !== 1) throw new Error(`assertion failed: the file has the ${type} ${name}`)
  }
  const version = Number(database.prepare('PRAGMA main.schema_version').get()?.['schema_version'])
  database.exec(`PRAGMA main.schema_version = ${version + 1}; PRAGMA writable_schema = RESET`)
}

function textOf(database: DatabaseSync, table: string): string {
  return String(database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table)?.['sql'])
}

/** The last number that AUTOINCREMENT gave out; null where the table counts none. */
function sequenceOf(database: DatabaseSync, table: string): bigint | null {
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get() === undefined) return null
  const statement = database.prepare('SELECT seq FROM sqlite_sequence WHERE name = ? COLLATE NOCASE')
  statement.setReadBigInts(true)
  const seq = statement.get(table)?.['seq']
  return typeof seq === 'bigint' ? seq : null
}

/** No number is given out twice, whatever rows were deleted since. */
function setSequence(
  database: DatabaseSync,
  { name, rubbish, sequence }: { name: string; rubbish: string; sequence: bigint },
): void {
  database.prepare('DELETE FROM sqlite_sequence WHERE name = ? COLLATE NOCASE').run(rubbish)
  const own = database
    .prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE")
    .get(name)
  if (!/\bAUTOINCREMENT\b/i.test(String(own?.['sql']))) return
  const { changes } = database
    .prepare('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ? COLLATE NOCASE')
    .run(sequence, name)
  if (Number(changes) === 0)
    database.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(name, sequence)
}
