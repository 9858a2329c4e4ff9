import type { DatabaseSync } from 'node:sqlite'
import { failure } from '../../../errors/error.ts'
import { introspect } from '../introspect.ts'
import { behindBy, finishCopy, isToCompare } from './copy.ts'
import { dropLog, putInPlace, rewriteSchema } from './exchange.ts'
import { writeEntry } from './write-entry.ts'
import { renewLease } from './lease.ts'
import { firstDifference } from './same-structure.ts'
import type { CheckTask, SwitchTask } from './tasks.ts'

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
  database.exec('PRAGMA legacy_alter_table = OFF')
  rewriteSchema(database, task.rewrites)
  for (const statement of task.last) database.exec(statement)
  for (const check of task.checks) verify(database, check)
  if (task.entry !== null) writeEntry(database, task.entry)
  const difference = firstDifference(task.expected, introspect(database))
  if (difference !== null) throw new Error(`assertion failed: the migration gives what its steps say; ${difference}`)
}

function verify(database: DatabaseSync, { sql, step, code, values }: CheckTask): void {
  const statement = database.prepare(sql)
  statement.setReadBigInts(true)
  const row = statement.get()
  if (row !== undefined) throw failure(code, values, { details: { step, row: asText(row) } })
}

function asText(row: Readonly<Record<string, unknown>>): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value === null ? null : String(value),
    ]),
  )
}
