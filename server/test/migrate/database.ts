/** A database whose structure a test changes, and that it reads and writes beside Pilar, as another process does. */
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'
import { openConnection } from '../../src/engines/sqlite/connection.ts'
import { toFault } from '../../src/engines/sqlite/faults.ts'
import { GroupCommit } from '../../src/engines/sqlite/group-commit.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { performTask } from '../../src/engines/sqlite/migrate/perform.ts'
import type { StructureTask } from '../../src/engines/sqlite/migrate/tasks.ts'
import { SqliteStructure } from '../../src/engines/sqlite/structure.ts'
import { ExpectedStructure } from '../../src/engines/sqlite/structure-version.ts'
import { type Asked, fromFault } from '../../src/engines/sqlite/writer.ts'
import { systemClock } from '../../src/std/clock.ts'

/** A change of what the writer is asked for, or done to its file before: how a test breaks the executor, to see that it notices. */
export type Sabotage = (task: StructureTask, database: DatabaseSync) => StructureTask

export interface OpenOptions {
  /** `pool`: as a server has it, with a writer in a thread. `here`: the same executor in this thread, which costs a tenth. */
  readonly writer: 'pool' | 'here'
  readonly sabotage?: Sabotage
}

const LOCK_MS = 5_000

export class TestDatabase {
  readonly structure: SqliteStructure
  /** Another connection, with Pilar's functions and without its protections. */
  readonly raw: DatabaseSync
  readonly #close: () => Promise<void>

  private constructor(structure: SqliteStructure, raw: DatabaseSync, close: () => Promise<void>) {
    this.structure = structure
    this.raw = raw
    this.#close = close
  }

  static async open(file: string, { writer, sabotage }: OpenOptions): Promise<TestDatabase> {
    const { structure, close } = writer === 'pool' ? await openPool(file) : openHere(file, sabotage)
    const raw = openRaw(file)
    return new TestDatabase(structure, raw, async () => {
      raw.close()
      await close()
    })
  }

  close(): Promise<void> {
    return this.#close()
  }
}

function openRaw(file: string): DatabaseSync {
  const { database } = openConnection(file, 'writer', LOCK_MS)
  database.setAuthorizer(null)
  database.exec('PRAGMA synchronous = OFF; PRAGMA secure_delete = OFF')
  return database
}

async function openPool(file: string): Promise<{ structure: SqliteStructure; close: () => Promise<void> }> {
  const settings = { url: `sqlite:${file}`, statementTimeoutMs: LOCK_MS, transactionMs: LOCK_MS }
  const pool = await sqlite.open(settings, { observe: () => {}, clock: systemClock })
  const { structure } = pool
  if (!(structure instanceof SqliteStructure)) throw new Error('assertion failed: the pool is of SQLite')
  return { structure, close: () => pool.close() }
}

function openHere(file: string, sabotage: Sabotage = (task) => task) {
  const connection = openConnection(file, 'writer', LOCK_MS)
  const { database, versions } = connection
  database.setAuthorizer(null)
  database.exec('PRAGMA synchronous = OFF')
  const expected = new ExpectedStructure(ExpectedStructure.create())
  const place = { connection, versions, expected, group: new GroupCommit(database, () => []) }
  const ask = async (asked: Asked) => {
    if (asked.kind !== 'structure') throw new Error('assertion failed: only the structure is changed here')
    try {
      return performTask(place, sabotage(asked.task, database))
    } catch (error) {
      throw fromFault(toFault(error))
    }
  }
  const structure = new SqliteStructure({
    ...{ file, lockTimeoutMs: LOCK_MS, writer: { ask } },
    ...{ version: () => versions.read(), countRows: async () => 0, rewatch: async () => {} },
  })
  return { structure, close: async () => database.close() }
}

/** Memory where there is a folder of it: these tests are about what is written, not when it reaches the disk. */
export function fastFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}

export function copyDatabase(from: string, to: string): void {
  removeDatabase(to)
  copyFileSync(from, to)
}

export function removeDatabase(file: string): void {
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(file + ending, { force: true })
}
