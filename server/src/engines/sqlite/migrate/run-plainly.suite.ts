import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import type { Catalog } from '../../../schema/catalog.ts'
import { applySteps } from '../../../schema/migration/apply-steps.ts'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import { quoteName } from '../../sql/printer.ts'
import { readFile } from '../found-file.ts'
import { introspect } from '../introspect.ts'
import { registerFunctions } from '../udf/register.ts'
import type { SqliteMigration } from './migration.ts'
import { type PlanOptions, planMigration } from './plan.ts'
import { firstDifference } from './same-structure.ts'
import { performAtOnce } from './switch.ts'

/** A database as the writer has it, made by a script: by a program that takes texts in double quotes, if there is one. */
export function databaseOf(script: string): DatabaseSync {
  const made = new DatabaseSync(':memory:', { enableDoubleQuotedStringLiterals: true })
  made.exec(script)
  const database = new DatabaseSync(':memory:')
  if (script !== '') database.deserialize(made.serialize())
  made.close()
  registerFunctions(database, () => 1)
  database.function('pilar_fuel', () => 1)
  database.exec('PRAGMA foreign_keys = OFF')
  database.enableDefensive(false)
  return database
}

export const AT = '2026-01-02T03:04:05Z'

export function planOf(database: DatabaseSync, steps: readonly MigrationStep[], options: Partial<PlanOptions> = {}) {
  const found = introspect(database)
  const { objects } = readFile(database)
  return planMigration(steps, { found, objects, rows: () => 1, at: AT, nowMicros: 0n, ...options })
}

/** Runs the steps without pauses, in one transaction; checks what must be true of every migrated file. */
export function migrate(
  database: DatabaseSync,
  steps: readonly MigrationStep[],
  options: Partial<PlanOptions> = {},
): { plan: SqliteMigration; after: Catalog } {
  const expected = applySteps(introspect(database), steps, AT)
  const plan = planOf(database, steps, options)
  database.exec('BEGIN IMMEDIATE')
  try {
    performAtOnce(database, plan)
    const difference = firstDifference(expected, introspect(database))
    if (difference !== null) throw new Error(shortened(difference))
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  } finally {
    database.exec('PRAGMA legacy_alter_table = OFF; PRAGMA writable_schema = RESET')
  }
  assert.deepEqual(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok')
  assert.deepEqual(database.prepare('PRAGMA foreign_key_check').all(), [])
  sweep(database)
  return { plan, after: introspect(database) }
}

/** What is left over can be taken away, row by row. */
function sweep(database: DatabaseSync): void {
  const list = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'pilar.rubbish%'"
  for (const { name } of database.prepare(list).all())
    database.exec(`DELETE FROM ${quoteName(String(name))} WHERE true; DROP TABLE ${quoteName(String(name))}`)
  const rest = database
    .prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'pilar.copy%' OR name LIKE 'pilar.rubbish%'")
    .all()
  assert.equal(rest.length, 0, JSON.stringify(rest))
}

/** Where the two texts begin to differ. */
function shortened(difference: string): string {
  const [, what, expected = '', found = ''] = /^(.*?): expected (.*), found (.*)$/s.exec(difference) ?? []
  let at = 0
  while (at < expected.length && expected[at] === found[at]) at++
  const near = (text: string): string => text.slice(Math.max(at - 150, 0), at + 150)
  return `${what}: expected …${near(expected)}…, found …${near(found)}…`
}

/** All rows with their rowids, as text. */
export function rowsOf(database: DatabaseSync, table: string, columns = '*'): string {
  return keylessRowsOf(database, table, `rowid AS "#", ${columns}`)
}

/** The same for views and WITHOUT ROWID tables. */
export function keylessRowsOf(database: DatabaseSync, table: string, columns = '*'): string {
  const statement = database.prepare(`SELECT ${columns} FROM ${quoteName(table)}`)
  statement.setReadBigInts(true)
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)
  return statement
    .all()
    .map((row) => JSON.stringify(row, text))
    .join('\n')
}

export function sqlOf(database: DatabaseSync, name: string): string {
  return String(database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').get(name)?.['sql'])
}
