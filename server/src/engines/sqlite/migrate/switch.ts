import type { DatabaseSync } from 'node:sqlite'
import { failure } from '../../../errors/error.ts'
import { introspect } from '../introspect.ts'
import { behindBy, copyRows, finishCopy, isToCompare, prepareCopy } from './copy.ts'
import { dropLog, putInPlace, rewriteSchema, setAside } from './exchange.ts'
import { renewLease } from './lease.ts'
import type { RuleCheck, SqliteMigration } from './migration.ts'
import { firstDifference } from './same-structure.ts'
import type { SwitchTask } from './tasks.ts'
import { writeEntry } from './write-entry.ts'

/** Whether the copies are so near their sources that the rest can be taken over at once. */
export function isNear(database: DatabaseSync, { copies, behindMax }: SwitchTask): boolean {
  let behind = 0
  for (const copy of copies) {
    if (isToCompare(database, copy)) return behindMax === Number.MAX_SAFE_INTEGER
    behind += behindBy(database, copy)
  }
  return behind <= behindMax
}

/** All of a migration that can be seen. In one transaction, with foreign keys off. Throws, and everything has to be undone. */
export function performSwitch(database: DatabaseSync, task: SwitchTask): void {
  if (task.claim !== null) renewLease(database, task.claim)
  for (const copy of task.copies) {
    finishCopy(database, copy)
    dropLog(database, copy)
  }
  for (const statement of task.first) database.exec(statement)
  database.exec('PRAGMA legacy_alter_table = ON')
  for (const name of task.names) putInPlace(database, name)
  const inPlace = new Set(task.names.map(({ target }) => target))
  for (const { target } of task.copies) if (!inPlace.has(target)) setAside(database, target)
  database.exec('PRAGMA legacy_alter_table = OFF')
  rewriteSchema(database, task.rewrites)
  for (const check of task.checks) verify(database, check)
  for (const statement of task.last) database.exec(statement)
  if (task.entry !== null) writeEntry(database, task.entry)
  if (task.expected === null) return
  const difference = firstDifference(task.expected, introspect(database))
  if (difference !== null) throw new Error(`assertion failed: the migration gives what its steps say; ${difference}`)
}

/** A migration of small tables, in one transaction. */
export function performAtOnce(database: DatabaseSync, plan: SqliteMigration): void {
  for (const copy of plan.copies) {
    prepareCopy(database, copy)
    copyRows(database, copy, { after: null, rows: Number.MAX_SAFE_INTEGER })
  }
  const rest = { version: 0, claim: null, behindMax: Number.MAX_SAFE_INTEGER, expected: null, entry: null }
  performSwitch(database, { ...plan.switch, copies: plan.copies, ...rest })
}

function verify(database: DatabaseSync, { sql, step, refusal }: RuleCheck): void {
  const statement = database.prepare(sql)
  statement.setReadBigInts(true)
  const row = statement.get()
  if (row !== undefined) throw failure(refusal.code, refusal.values, { details: { step, row: asText(row) } })
}

function asText(row: Readonly<Record<string, unknown>>): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value === null ? null : String(value),
    ]),
  )
}
