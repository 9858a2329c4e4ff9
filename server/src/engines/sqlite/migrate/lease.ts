import type { DatabaseSync } from 'node:sqlite'
import { failure } from '../../../errors/error.ts'
import { LEASES } from './reserved.ts'
import type { Claim, StructureOutcomes, Wish } from './tasks.ts'

/** The only lease there is: to change the structure. */
const NAME = 'migrate'

/** Takes the lease if it is free or its holder is gone; in a transaction. */
export function takeLease(database: DatabaseSync, task: Wish): StructureOutcomes['take-lease'] {
  const present = database.prepare(`SELECT holder, fence, expires_ms FROM ${LEASES} WHERE name = ?`).get(NAME)
  if (present !== undefined && present['holder'] !== null && Number(present['expires_ms']) > task.nowMs) {
    const mark = `${present['fence']} ${present['expires_ms']}`
    if (mark !== task.gone) return { fence: null, holder: String(present['holder']), mark }
  }
  const fence = Number(present?.['fence'] ?? 0) + 1
  database
    .prepare(`INSERT OR REPLACE INTO ${LEASES} (name, holder, fence, expires_ms) VALUES (?, ?, ?, ?)`)
    .run(NAME, task.holder, fence, task.untilMs)
  return { fence, holder: null }
}

/**
 * In the transaction of what is written under the lease: PILAR_MIGRATION_LEASE when somebody else has taken it since. A holder that was late but has
 * not been replaced still has it.
 */
export function renewLease(database: DatabaseSync, claim: Claim): void {
  const { changes } = database
    .prepare(`UPDATE ${LEASES} SET expires_ms = ? WHERE name = ? AND fence = ? AND holder IS NOT NULL`)
    .run(claim.untilMs, NAME, claim.fence)
  if (Number(changes) !== 1) throw failure('PILAR_MIGRATION_LEASE')
}

/** The row stays, so that the fence goes on growing. */
export function releaseLease(database: DatabaseSync, fence: number): void {
  database.prepare(`UPDATE ${LEASES} SET holder = NULL, expires_ms = 0 WHERE name = ? AND fence = ?`).run(NAME, fence)
}
