import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { LEASE_MS } from '../../structure.ts'
import { Silence } from './held-lease.ts'
import { renewLease, takeLease } from './lease.ts'

const YEAR_MS = 365 * 86_400_000

test('a holder who renews is there; one who has not for as long as leases last is gone', () => {
  const silence = new Silence()
  assert.equal(silence.lasts('1 100', 0), false)
  assert.equal(silence.lasts('1 100', LEASE_MS), false)
  assert.equal(silence.lasts('1 200', LEASE_MS + 1), false)
  assert.equal(silence.lasts('1 200', 2 * LEASE_MS + 1), false)
  assert.equal(silence.lasts('1 200', 2 * LEASE_MS + 2), true)
})

test('a lease that is written to last for a year is taken from one who is gone, and from nobody else', () => {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE "pilar.leases" (name TEXT PRIMARY KEY, holder TEXT, fence INTEGER, expires_ms INTEGER)')
  const wish = (holder: string, gone: string | null) =>
    takeLease(database, { holder, nowMs: 1_000, untilMs: 1_000 + LEASE_MS, gone })
  takeLease(database, {
    holder: 'before the clock was put back',
    nowMs: YEAR_MS,
    untilMs: YEAR_MS + LEASE_MS,
    gone: null,
  })
  const mark = `1 ${YEAR_MS + LEASE_MS}`
  const held = { fence: null, holder: 'before the clock was put back' }
  assert.deepEqual(wish('next', null), { ...held, mark })
  renewLease(database, { fence: 1, untilMs: 2_000 })
  assert.deepEqual(wish('next', mark), { ...held, mark: '1 2000' })
  assert.deepEqual(wish('next', '1 2000'), { fence: 2, holder: null })
  assert.throws(() => renewLease(database, { fence: 1, untilMs: 3_000 }), { code: 'PILAR_MIGRATION_LEASE' })
  database.close()
})
