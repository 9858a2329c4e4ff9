import type { StatementSync } from 'node:sqlite'
import { Lru } from '../../std/lru.ts'
import { StaleStructure } from '../engine.ts'
import type { SqlValue } from './codecs.ts'
import { type Connection, OutOfFuel, openConnection } from './connection.ts'
import type { SqliteProgram } from './program.ts'
import type { ExpectedStructure } from './structure-version.ts'
import type { ReadResult } from './writer-messages.ts'

/** Prepared statements kept by a reader, in entries. */
const STATEMENTS_MAX = 500

/** One read-only connection in the server's own thread, for reads that end within milliseconds. */
export class Reader {
  readonly #connection: Connection
  readonly #statements = new Lru<SqliteProgram, StatementSync>(STATEMENTS_MAX)

  readonly #expected: ExpectedStructure
  /** The structure's number when it was looked at last, and how many preparations there had been. */
  #seen = { version: Number.NaN, preparations: -1 }

  constructor(file: string, expected: ExpectedStructure, lockTimeoutMs: number) {
    this.#expected = expected
    this.#connection = openConnection(file, 'reader', lockTimeoutMs)
  }

  /** The structure's number at this moment. */
  structureVersion(): number {
    return this.#connection.versions.read()
  }

  /**
   * Runs a read; null when it did not end within `limitMs`: then nothing was read. StaleStructure when the database has another structure: asked
   * afterwards, since numbers only grow, so that what was read has been read from the expected one.
   */
  read(program: SqliteProgram, bound: readonly SqlValue[], limitMs: number): ReadResult | null {
    const { fuel } = this.#connection
    try {
      const statement = this.#statements.get(program) ?? this.#prepare(program)
      fuel.start(limitMs)
      const row = statement.get(...bound) as unknown as [string, number, number | null]
      this.#requireStructure()
      return { json: row[0], rows: row[1], total: row[2] }
    } catch (error) {
      if (error instanceof OutOfFuel) return null
      this.#lookAtStructure()
      throw error
    } finally {
      fuel.stop()
    }
  }

  /** One row of a statement that is no program, for finding out what broke a constraint. Null when there is none or it takes too long. */
  probe(sql: string, bound: readonly SqlValue[], limitMs: number): readonly SqlValue[] | null {
    const { database, fuel } = this.#connection
    const statement = database.prepare(sql)
    statement.setReturnArrays(true)
    fuel.start(limitMs)
    try {
      return (statement.get(...bound) as unknown as SqlValue[] | undefined) ?? null
    } catch (error) {
      if (error instanceof OutOfFuel) return null
      throw error
    } finally {
      fuel.stop()
    }
  }

  /**
   * SQLite compares the structure with that of the statement whenever it runs one, and prepares it anew where they differ. As long as it prepares
   * nothing, the structure is the one that was looked at last, and needs no second look (measured: 2.1 µs, a read itself 2.8 µs).
   */
  #requireStructure(): void {
    const { preparations } = this.#connection
    if (this.#seen.preparations !== preparations() || !this.#expected.has(this.#seen.version)) this.#lookAtStructure()
  }

  #lookAtStructure(): void {
    const { preparations, versions } = this.#connection
    this.#seen = { version: versions.read(), preparations: preparations() }
    if (!this.#expected.has(this.#seen.version)) throw new StaleStructure()
  }

  close(): void {
    this.#connection.database.close()
  }

  #prepare(program: SqliteProgram): StatementSync {
    const { read } = program
    if (read === null) throw new Error('assertion failed: a read has a statement')
    const statement = this.#connection.database.prepare(read.sql)
    statement.setReturnArrays(true)
    this.#statements.set(program, statement)
    return statement
  }
}
