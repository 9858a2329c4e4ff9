import { Worker } from 'node:worker_threads'
import { failure, PilarError } from '../../errors/error.ts'
import { systemClock } from '../../std/clock.ts'
import { StaleStructure } from '../engine.ts'
import type { Answer, ChangedRow, Fault, Outcome, Reply, Request, WriterSettings } from './writer-messages.ts'

type Distributive<T> = T extends unknown ? Omit<T, 'id'> : never
/** A request without its number, which the client gives it. */
export type Asked = Distributive<Request>

/** An error of SQLite that came from the writer, to be put in PostgreSQL's words by who knows the program. */
export class WriterFault extends Error {
  override readonly name = 'WriterFault'
  readonly fault: Fault

  constructor(fault: Fault) {
    super('message' in fault ? fault.message : fault.kind)
    this.fault = fault
  }
}

interface Waiting {
  resolve(outcome: Outcome): void
  reject(error: Error): void
}

/** The server's side of the writer thread. */
export class Writer {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #queueMax: number
  readonly #onCommit: (rows: readonly ChangedRow[]) => void
  /** When a request wrote last, on the monotonic clock. */
  lastWriteMs = Number.NEGATIVE_INFINITY
  #lastId = 0
  #ended: Error | null = null

  private constructor(worker: Worker, queueMax: number, onCommit: (rows: readonly ChangedRow[]) => void) {
    this.#worker = worker
    this.#queueMax = queueMax
    this.#onCommit = onCommit
    worker.on('message', (reply: Reply) => this.#receive(reply))
    worker.on('error', (error) => this.#fail(error))
    worker.on('exit', () => this.#fail(new Error('the writer thread has ended')))
  }

  /** Starts the thread; resolves when the file is open. Rejects with a WriterFault when it can't be opened. */
  static async start(
    settings: WriterSettings,
    options: { queueMax: number; onCommit: (rows: readonly ChangedRow[]) => void },
  ): Promise<Writer> {
    const worker = new Worker(
      new URL(import.meta.url.endsWith('.ts') ? './writer-thread.ts' : './writer-thread.js', import.meta.url),
      {
        workerData: settings,
        // Our own flags are for the whole process; some of them (the test runner's) are refused for a thread.
        execArgv: [],
      },
    )
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject)
      worker.once('message', (reply: Reply) => {
        worker.off('error', reject)
        if (reply.kind === 'failed') reject(new WriterFault(reply.fault))
        else resolve()
      })
    }).catch(async (error: unknown) => {
      await worker.terminate()
      throw error
    })
    return new Writer(worker, options.queueMax, options.onCommit)
  }

  /** Sends one request; 53300 when too many wait already. */
  ask(request: Asked): Promise<Outcome> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    if (this.#waiting.size >= this.#queueMax && request.kind === 'write') return Promise.reject(failure('53300'))
    if (request.kind === 'write') this.lastWriteMs = systemClock.monotonicMs()
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ ...request, id })
    })
  }

  /** Checkpoints and closes the file; waits for what was asked before. */
  async close(): Promise<void> {
    if (this.#ended !== null) return
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve))
    await this.ask({ kind: 'close' }).catch(() => {})
    await exited
  }

  #receive(reply: Reply): void {
    if (reply.kind !== 'answers') return
    for (const rows of reply.commits) this.#onCommit(rows)
    for (const answer of reply.answers) this.#answer(answer)
  }

  #answer({ id, outcome, fault }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (fault === null) waiting?.resolve(outcome)
    else waiting?.reject(fromFault(fault))
  }

  #fail(error: Error): void {
    this.#ended ??= error
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

/** The error of a fault: ours come back as they were thrown. */
export function fromFault(fault: Fault): Error {
  if (fault.kind === 'pilar') {
    const { code, message, details, hint } = fault
    return new PilarError(code, message, { details, ...(hint === null ? {} : { hint }) })
  }
  return fault.kind === 'stale' ? new StaleStructure() : new WriterFault(fault)
}
