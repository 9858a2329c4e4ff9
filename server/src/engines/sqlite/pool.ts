import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { failure } from '../../errors/error.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { assert } from '../../std/assert.ts'
import { systemClock } from '../../std/clock.ts'
import type {
  Batch,
  Batches,
  ChangeSet,
  EngineEnv,
  EnginePool,
  EngineSettings,
  ExecuteOptions,
  Params,
  Program,
  Session,
  Summary,
} from '../engine.ts'
import { quoteName } from '../sql/printer.ts'
import { bindTask } from './bind-task.ts'
import { toChange, unwatchStatements, watchStatements } from './changes.ts'
import { Children } from './children.ts'
import { openConnection } from './connection.ts'
import { mapError } from './errors.ts'
import { introspect } from './introspect.ts'
import type { SqliteProgram } from './program.ts'
import { Reader } from './reader.ts'
import { type SqliteSettings, sqliteSettings } from './settings.ts'
import { type BindInput, bindSlots } from './slots.ts'
import { SqliteStructure } from './structure.ts'
import { ExpectedStructure } from './structure-version.ts'
import type { WritePlan } from './write-plan.ts'
import { Writer } from './writer.ts'
import type { ChangedRow, ReadResult, WriteResult } from './writer-messages.ts'

/** How long a program that was too slow for the server's own thread goes to a child at once, in milliseconds: twice as long each time. */
const SLOW_MS_MIN = 500
const SLOW_MS_MAX = 60_000
const NEVER = new AbortController().signal
/** Looking up what broke a constraint, in milliseconds. */
const PROBE_MS = 50

/** Opens the file, makes it if it is missing. Errors are PostgreSQL's (XX001 corrupt, 58030, 55P03) or PILAR_SETTINGS and PILAR_START. */
export async function openPool(settings: EngineSettings, env: EngineEnv): Promise<EnginePool> {
  const own = sqliteSettings(settings)
  const readOnly = existsSync(own.file) && !isWritable(own.file)
  if (existsSync(own.file) && !statSync(own.file).isFile())
    throw failure('58030', { message: `${own.file} is not a file` })
  const lockTimeoutMs = Math.min(own.lockTimeoutMs, own.statementTimeoutMs)
  const events = new Subscribers(env)
  const { file, keepFile, statementTimeoutMs, transactionMs, queueMax } = own
  const structure = ExpectedStructure.create()
  const expected = new ExpectedStructure(structure)
  try {
    const writer = await Writer.start(
      { file, readOnly, keepFile, lockTimeoutMs, statementTimeoutMs, transactionMs, structure },
      { queueMax, onCommit: (rows) => events.commit(rows) },
    )
    try {
      const reader = new Reader(file, expected, 100)
      return new SqlitePool({ settings: own, writer, reader, events, expected })
    } catch (error) {
      await writer.close()
      throw error
    }
  } catch (error) {
    throw mapError(error)
  }
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Who hears of commits. The sequence grows with each commit, heard or not. */
class Subscribers {
  readonly #listeners = new Set<(changes: ChangeSet) => void>()
  readonly #env: EngineEnv
  #sequence = 0

  constructor(env: EngineEnv) {
    this.#env = env
  }

  get size(): number {
    return this.#listeners.size
  }

  add(listener: (changes: ChangeSet) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  commit(rows: readonly ChangedRow[]): void {
    this.#sequence++
    if (this.#listeners.size === 0 || rows.length === 0) return
    const changes = { sequence: this.#sequence, atMicros: this.#env.clock.nowMicros(), changes: rows.map(toChange) }
    for (const listener of this.#listeners) {
      try {
        listener(changes)
      } catch (error) {
        this.failed(error)
      }
    }
  }

  failed(error: unknown): void {
    this.#env.observe({ kind: 'listener-failed', error })
  }
}

interface Parts {
  readonly settings: SqliteSettings
  readonly writer: Writer
  readonly reader: Reader
  readonly events: Subscribers
  readonly expected: ExpectedStructure
}

class SqlitePool implements EnginePool {
  readonly #settings: SqliteSettings
  readonly #writer: Writer
  readonly #reader: Reader
  readonly #children: Children
  readonly #events: Subscribers
  readonly #expected: ExpectedStructure
  /** Programs that were too slow inline, and until when they go to a child at once. A busy machine can make any program slow once. */
  readonly #slow = new WeakMap<SqliteProgram, { readonly untilMs: number; readonly forMs: number }>()
  readonly structure: SqliteStructure
  #lastTransaction = 0
  #watched: Catalog | null = null

  constructor({ settings, writer, reader, events, expected }: Parts) {
    this.#settings = settings
    this.#writer = writer
    this.#reader = reader
    this.#events = events
    this.#expected = expected
    this.#children = new Children(settings, expected)
    this.structure = new SqliteStructure({
      file: settings.file,
      lockTimeoutMs: settings.lockTimeoutMs,
      writer,
      version: () => this.structureVersion(),
      countRows: (table) => this.#countRows(table),
      rewatch: (on) => this.#rewatch(on),
    })
  }

  structureVersion(): number {
    try {
      return this.#reader.structureVersion()
    } catch (error) {
      throw mapError(error)
    }
  }

  acceptStructure(version: number): void {
    this.#expected.accept(version)
  }

  execute(program: Program, params: Params, options: ExecuteOptions): Batches {
    assert(program.engine === 'sqlite', 'the program was compiled for SQLite')
    const own = program as SqliteProgram
    const input: BindInput = { params, nowMicros: options.session.nowMicros }
    if (own.read === null) return this.#write(own, input, options)
    const bound = bindSlots(own.read.slots, input)
    if (options.session.transaction !== null) return this.#readInTransaction(own, bound, options.session.transaction)
    if (own.inline && !this.#isSlow(own)) {
      const result = this.#readInline(own, bound)
      if (result !== null) return [readBatch(result)]
      const forMs = Math.min((this.#slow.get(own)?.forMs ?? SLOW_MS_MIN / 2) * 2, SLOW_MS_MAX)
      this.#slow.set(own, { untilMs: systemClock.monotonicMs() + forMs, forMs })
    }
    if (options.signal.aborted) throw failure('57014')
    return this.#readInChild(own, bound, options.signal)
  }

  #isSlow(program: SqliteProgram): boolean {
    const slow = this.#slow.get(program)
    return slow !== undefined && slow.untilMs > systemClock.monotonicMs()
  }

  #readInline(program: SqliteProgram, bound: ReturnType<typeof bindSlots>): ReadResult | null {
    try {
      return this.#reader.read(program, bound, this.#settings.inlineMs)
    } catch (error) {
      throw mapError(error)
    }
  }

  async *#readInChild(
    program: SqliteProgram,
    params: ReturnType<typeof bindSlots>,
    signal: AbortSignal,
  ): AsyncGenerator<Batch> {
    try {
      yield readBatch(await this.#children.read({ sql: program.read?.sql ?? '', params }, signal))
    } catch (error) {
      throw mapError(error)
    }
  }

  async *#readInTransaction(
    program: SqliteProgram,
    params: ReturnType<typeof bindSlots>,
    transaction: number,
  ): AsyncGenerator<Batch> {
    try {
      const task = { sql: program.read?.sql ?? '', params }
      yield readBatch((await this.#writer.ask({ kind: 'read', transaction, task })) as ReadResult)
    } catch (error) {
      throw mapError(error)
    }
  }

  async *#write(program: SqliteProgram, input: BindInput, options: ExecuteOptions): AsyncGenerator<Batch> {
    const { write } = program
    assert(write !== null, 'a program reads or writes')
    const { epoch } = this.#expected
    const isNothing = write.steps.length === 0 || (write.action !== 'delete' && input.params.cells.length === 0)
    if (isNothing) {
      yield* nothingWritten(write, options)
      return
    }
    try {
      const task = bindTask(write, input, options)
      const { transaction } = options.session
      const result = (await this.#writer.ask({ kind: 'write', epoch, transaction, task })) as WriteResult
      yield { json: result.json, rows: result.rows, summary: summaryOf(write, result) }
    } catch (error) {
      throw mapError(error, {
        write,
        probe: ({ sql, slots }) => this.#reader.probe(sql, bindSlots(slots, input), PROBE_MS),
        sent: (text) => isSent(text, input.params),
      })
    }
  }

  async transaction<T>(_session: Session, body: (tx: Session) => Promise<T>): Promise<T> {
    const transaction = ++this.#lastTransaction
    try {
      await this.#writer.ask({ kind: 'begin', epoch: this.#expected.epoch, transaction })
    } catch (error) {
      throw mapError(error)
    }
    try {
      const result = await body({ ..._session, transaction })
      await this.#writer.ask({ kind: 'end', transaction, commit: true })
      return result
    } catch (error) {
      await this.#writer.ask({ kind: 'end', transaction, commit: false }).catch(() => {})
      throw mapError(error)
    }
  }

  #introspect(): Catalog {
    try {
      const { database } = openConnection(this.#settings.file, 'inspector', this.#settings.lockTimeoutMs)
      try {
        return introspect(database)
      } finally {
        database.close()
      }
    } catch (error) {
      throw mapError(error)
    }
  }

  subscribe(listener: (changes: ChangeSet) => void): () => void {
    const stop = this.#events.add(listener)
    if (this.#watched === null) this.#watch().catch((error: unknown) => this.#events.failed(error))
    return () => {
      stop()
      if (this.#events.size === 0) this.#unwatch().catch((error: unknown) => this.#events.failed(error))
    }
  }

  /** Asks the writer in the same turn, so that every write asked for after `subscribe` is heard of. */
  #watch(): Promise<unknown> {
    const before = this.#watched
    this.#watched = this.#introspect()
    const statements = [...(before === null ? [] : unwatchStatements(before)), ...watchStatements(this.#watched)]
    return this.#writer.ask({ kind: 'watch', on: true, statements })
  }

  /** 0 where counting takes too long. */
  async #countRows(table: string): Promise<number> {
    const task = { sql: `SELECT '', 0, count(*) FROM ${quoteName(table)}`, params: [] }
    const { total } = await this.#children.read(task, NEVER).catch(() => ({ total: 0 }))
    return total ?? 0
  }

  /** Around a change of structure: triggers on what will be gone are taken away before, and made for what there is afterwards. */
  async #rewatch(on: boolean): Promise<void> {
    if (this.#watched === null) return
    if (on) await this.#watch()
    else await this.#writer.ask({ kind: 'watch', on: true, statements: unwatchStatements(this.#watched) })
  }

  async #unwatch(): Promise<void> {
    const before = this.#watched
    this.#watched = null
    if (before !== null) await this.#writer.ask({ kind: 'watch', on: false, statements: unwatchStatements(before) })
  }

  async close(): Promise<void> {
    this.#children.close()
    this.#reader.close()
    await this.#writer.close()
  }
}

function readBatch({ json, rows, total }: ReadResult): Batch {
  return { json, rows, summary: { total, affected: null, inserted: null, key: null } }
}

function* nothingWritten(write: WritePlan, { expect }: ExecuteOptions): Generator<Batch> {
  if (expect?.affectedExactly !== undefined && expect.affectedExactly !== 0) {
    throw failure('PGRST116', {}, { details: 'The result contains 0 rows' })
  }
  const inserted = write.inserted === null ? null : 0
  yield { json: '', rows: 0, summary: { total: write.counts ? 0 : null, affected: 0, inserted, key: null } }
}

function summaryOf(write: WritePlan, result: WriteResult): Summary {
  const { affected, conflicts, key } = result
  const inserted = write.inserted === null ? null : write.inserted === 'ignore' ? affected : affected - conflicts
  const columns = write.keyColumns.map((column, index) => ({ column, value: key?.[index] ?? null }))
  return { total: write.counts ? affected : null, affected, inserted, key: key === null ? null : columns }
}

/** Whether a text stands in the request: only then may an error repeat it. */
function isSent(text: string, params: Params): boolean {
  const isSame = (value: unknown): boolean => typeof value !== 'object' && value !== undefined && String(value) === text
  if (params.values.some((value) => (Array.isArray(value) ? value.includes(text) : value === text))) return true
  return params.cells.some((row) =>
    row.some(
      (cell) => isSame(cell) || (cell !== null && typeof cell === 'object' && 'text' in cell && cell['text'] === text),
    ),
  )
}
