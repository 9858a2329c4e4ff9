import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Reads SQLite's own number of the structure, which grows with every change of it (measured: 1.9 µs, a read itself 2 µs). */
export class VersionReader {
  readonly #statement: StatementSync

  /** To be made before the authorizer is set. */
  constructor(database: DatabaseSync) {
    this.#statement = database.prepare('PRAGMA main.schema_version')
    this.#statement.setReturnArrays(true)
  }

  read(): number {
    const row = this.#statement.get() as unknown as [number]
    return row[0]
  }
}

const ACCEPTED = 0
const ALSO = 1
const EPOCH = 2
/** No number of a structure: SQLite's are 32 bits. */
const NONE = -1

/**
 * The structure that programs are compiled for, shared with the writer's thread. Two numbers, since the writer changes the file's without changing
 * what programs see (copies, their triggers): it names the coming number before it commits. The epoch counts what was accepted, for work that waits.
 */
export class ExpectedStructure {
  readonly #cells: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory)
  }

  static create(): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)
    new Int32Array(memory).fill(NONE, ACCEPTED, EPOCH)
    return memory
  }

  get epoch(): number {
    return Atomics.load(this.#cells, EPOCH)
  }

  /** True for the structure that was accepted, in whichever number; for any, as long as none was. */
  has(version: number): boolean {
    const accepted = Atomics.load(this.#cells, ACCEPTED)
    return accepted === NONE || accepted === version || Atomics.load(this.#cells, ALSO) === version
  }

  accept(version: number): void {
    if (Atomics.load(this.#cells, ACCEPTED) === NONE || !this.has(version)) Atomics.add(this.#cells, EPOCH, 1)
    Atomics.store(this.#cells, ALSO, NONE)
    Atomics.store(this.#cells, ACCEPTED, version)
  }

  /** The number will be `version` in a moment, and programs will not notice. Only from within the transaction that changes it. */
  announce(before: number, version: number): void {
    if (Atomics.load(this.#cells, ACCEPTED) === before || Atomics.load(this.#cells, ALSO) === before) {
      Atomics.store(this.#cells, ACCEPTED, before)
      Atomics.store(this.#cells, ALSO, version)
    }
  }

  /** The transaction that had announced a number did not commit. */
  withdraw(): void {
    Atomics.store(this.#cells, ALSO, NONE)
  }
}
