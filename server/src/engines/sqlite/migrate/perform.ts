import { systemClock } from '../../../std/clock.ts'
import type { Connection } from '../connection.ts'
import type { GroupCommit } from '../group-commit.ts'
import type { ExpectedStructure, VersionReader } from '../structure-version.ts'
import { catchUp, compareRows, copyRows, prepareCopy } from './copy.ts'
import { releaseLease, renewLease, takeLease } from './lease.ts'
import { isNear, performAtOnce, performSwitch } from './switch.ts'
import type { Changed, StructureOutcomes, StructureTask, SwitchTask } from './tasks.ts'
import { sweep } from './tidy.ts'
import { writeEntry } from './write-entry.ts'

interface Place {
  readonly connection: Pick<Connection, 'database'>
  readonly group: GroupCommit
  readonly versions: VersionReader
  readonly expected: ExpectedStructure
}

/** Thrown inside a transaction to undo it and answer all the same. */
class Undone extends Error {
  readonly outcome: StructureOutcomes[StructureTask['kind']]

  constructor(outcome: StructureOutcomes[StructureTask['kind']]) {
    super('undone')
    this.outcome = outcome
  }
}

/** Does one task on the writer's connection, which is the owner's for that time. */
export function performTask(place: Place, task: StructureTask): StructureOutcomes[StructureTask['kind']] {
  const { database } = place.connection
  const { length } = database.limits
  database.enableDefensive(false)
  // What is in the file was taken by somebody: a limit for requests is no reason to leave it behind.
  database.limits.length = Number.POSITIVE_INFINITY
  try {
    return perform(place, task)
  } catch (error) {
    if (error instanceof Undone) return error.outcome
    throw error
  } finally {
    database.limits.length = length
    database.enableDefensive(true)
  }
}

function perform(place: Place, task: StructureTask): StructureOutcomes[StructureTask['kind']] {
  const { group } = place
  const { database } = place.connection
  switch (task.kind) {
    case 'at-once':
      return withoutForeignKeys(place, () =>
        unseen(place, () => {
          requireVersion(place, task.version)
          performAtOnce(database, task.plan)
        }),
      ).changed
    case 'take-lease':
      return group.atomic(() => takeLease(database, task))
    case 'release-lease':
      return group.atomic(done(() => releaseLease(database, task.fence)))
    case 'renew-lease':
      return group.atomic(done(() => renewLease(database, task.claim)))
    case 'record':
      return underLease(
        place,
        task,
        done(() => writeEntry(database, task.entry)),
      )
    case 'prepare-copy': {
      const { value, changed } = unseen(place, () => {
        requireVersion(place, task.version)
        renewLease(database, task.claim)
        return prepareCopy(database, task.copy)
      })
      return { ...changed, ...value }
    }
    case 'copy-rows':
      return unsynced(place, () => underLease(place, task, () => copyRows(database, task.copy, task)))
    case 'compare-rows':
      return unsynced(place, () => underLease(place, task, () => compareRows(database, task.copy, task)))
    case 'catch-up':
      return unsynced(place, () => underLease(place, task, () => catchUp(database, task.copy, task.rows)))
    case 'sweep': {
      const startMs = systemClock.monotonicMs()
      const { value, changed } = unseen(place, () => {
        renewLease(database, task.claim)
        return sweep(database, task.keep, task.rows)
      })
      return { done: value, version: changed.version, tookMs: systemClock.monotonicMs() - startMs }
    }
    case 'switch':
      return switchOver(place, task.switch)
  }
}

/** For what gives nothing. */
const done = (body: () => void) => (): null => {
  body()
  return null
}

interface Claimed {
  readonly claim: { readonly fence: number; readonly untilMs: number }
}

function underLease<T>({ connection, group }: Place, { claim }: Claimed, body: () => T): T {
  return group.atomic(() => {
    renewLease(connection.database, claim)
    return body()
  })
}

/**
 * For what is done again when the power fails: its commit does not wait for the disk, so that writes of requests, which do, wait the less for it. The
 * log keeps its order: nothing that comes later can be there without it.
 */
function unsynced<T>({ connection: { database } }: Place, body: () => T): T {
  database.exec('PRAGMA synchronous = NORMAL')
  try {
    return body()
  } finally {
    database.exec('PRAGMA synchronous = FULL')
  }
}

function requireVersion({ versions }: Place, version: number): void {
  const found = versions.read()
  if (found !== version) throw new Undone({ kind: 'stale', version: found })
}

/** A change of structure that programs do not see: the expected number moves with it. */
function unseen<T>({ group, versions, expected }: Place, body: () => T): { value: T; changed: Changed } {
  try {
    return group.atomic(() => {
      const before = versions.read()
      const value = body()
      const version = versions.read()
      expected.announce(before, version)
      return { value, changed: { kind: 'changed', version } }
    })
  } catch (error) {
    expected.withdraw()
    throw error
  }
}

/** How long a switch waits for the lock of another process, in milliseconds: requests are held meanwhile. */
const SWITCH_LOCK_MS = 250

function switchOver(place: Place, task: SwitchTask): StructureOutcomes['switch'] {
  const { database } = place.connection
  const lockMs = Number(database.prepare('PRAGMA busy_timeout').get()?.['timeout'])
  database.exec(`PRAGMA busy_timeout = ${SWITCH_LOCK_MS}`)
  try {
    return switchNow(place, task)
  } finally {
    database.exec(`PRAGMA busy_timeout = ${lockMs}`)
  }
}

function switchNow(place: Place, task: SwitchTask): StructureOutcomes['switch'] {
  const { database } = place.connection
  return withoutForeignKeys(place, () =>
    place.group.atomic(() => {
      requireVersion(place, task.version)
      if (!isNear(database, task)) throw new Undone({ kind: 'behind' })
      performSwitch(database, task)
      return { kind: 'changed', version: place.versions.read() }
    }),
  )
}

/** The pragma has no effect inside a transaction. */
function withoutForeignKeys<T>({ connection: { database } }: Place, body: () => T): T {
  database.exec('PRAGMA foreign_keys = OFF')
  try {
    return body()
  } finally {
    database.exec('PRAGMA legacy_alter_table = OFF; PRAGMA writable_schema = RESET; PRAGMA foreign_keys = ON')
  }
}
