import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { failure } from '../../errors/error.ts'
import { StaleStructure } from '../engine.ts'
import { FUEL } from './expr.ts'
import type { ChildReply, ChildRequest } from './reader-child.ts'
import type { SqliteSettings } from './settings.ts'
import type { ExpectedStructure } from './structure-version.ts'
import { fromFault } from './writer.ts'
import type { ReadResult, ReadTask } from './writer-messages.ts'

interface Job {
  readonly task: ReadTask
  /** Of ExpectedStructure when the read was asked for. */
  readonly epoch: number
  readonly signal: AbortSignal
  resolve(result: ReadResult): void
  reject(error: Error): void
  timer: NodeJS.Timeout
  child: ChildProcess | null
}

/** What a process may take to start, in milliseconds, before the statement's time counts anyway. */
const START_MS_MAX = 500

/** In a child nobody has to count rows: it is killed. */
function withoutFuel({ sql, params }: ReadTask): ReadTask {
  return { sql: sql.replaceAll(FUEL, 'TRUE'), params }
}

/** A few processes for reads that take long. They start when first needed, end when idle, and are killed at the statement timeout. */
export class Children {
  readonly #settings: SqliteSettings
  readonly #idle: { readonly child: ChildProcess; readonly timer: NodeJS.Timeout }[] = []
  readonly #busy = new Map<ChildProcess, Job>()
  readonly #queue: Job[] = []
  /** Children that are still starting. */
  readonly #starting = new Set<ChildProcess>()
  readonly #expected: ExpectedStructure
  #closed = false

  constructor(settings: SqliteSettings, expected: ExpectedStructure) {
    this.#settings = settings
    this.#expected = expected
  }

  /**
   * Runs a read; 57014 at the statement timeout, waiting included, or when the signal aborts; 53300 when too many wait; StaleStructure when the
   * database has another structure than it had when the read was asked for.
   */
  read(task: ReadTask, signal: AbortSignal): Promise<ReadResult> {
    if (this.#queue.length >= this.#settings.queueMax || this.#closed) return Promise.reject(failure('53300'))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#cancel(job), this.#settings.statementTimeoutMs)
      const { epoch } = this.#expected
      const job: Job = { task, epoch, signal, timer, resolve, reject, child: null }
      signal.addEventListener('abort', () => this.#cancel(job), { once: true })
      this.#queue.push(job)
      this.#next()
    })
  }

  close(): void {
    this.#closed = true
    for (const job of [...this.#queue, ...this.#busy.values()]) this.#cancel(job)
    for (const { child, timer } of this.#idle.splice(0)) {
      clearTimeout(timer)
      child.kill('SIGKILL')
    }
  }

  #next(): void {
    while (this.#queue.length > 0 && this.#busy.size < this.#settings.readersMax) {
      const job = this.#queue.shift() as Job
      const child = this.#takeIdle() ?? this.#start()
      job.child = child
      this.#busy.set(child, job)
      child.send({ task: withoutFuel(job.task) } satisfies ChildRequest)
      if (this.#starting.has(child)) this.#allowStart(job)
    }
  }

  #takeIdle(): ChildProcess | null {
    const idle = this.#idle.pop()
    if (idle === undefined) return null
    clearTimeout(idle.timer)
    idle.child.ref()
    idle.child.channel?.ref()
    return idle.child
  }

  #start(): ChildProcess {
    const { file, lockTimeoutMs } = this.#settings
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const path = fileURLToPath(new URL(`./reader-child.${extension}`, import.meta.url))
    const child = fork(path, [file, String(lockTimeoutMs)], {
      // Not ours: neither the inspector's port nor the test runner's flags are for a child.
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A child needs no secrets.
      env: {},
    })
    this.#starting.add(child)
    child.on('message', (reply: ChildReply) => this.#receive(child, reply))
    child.on('exit', () => this.#lost(child))
    child.on('error', () => this.#lost(child))
    return child
  }

  /** Starting a process is not the statement's time, within limits. */
  #allowStart(job: Job): void {
    clearTimeout(job.timer)
    job.timer = setTimeout(() => this.#cancel(job), this.#settings.statementTimeoutMs + START_MS_MAX)
  }

  #receive(child: ChildProcess, reply: ChildReply): void {
    if (!('ready' in reply)) {
      this.#finish(child, reply)
      return
    }
    this.#starting.delete(child)
    const job = this.#busy.get(child)
    if (job === undefined) return
    clearTimeout(job.timer)
    job.timer = setTimeout(() => this.#cancel(job), this.#settings.statementTimeoutMs)
  }

  #finish(child: ChildProcess, reply: Exclude<ChildReply, { ready: true }>): void {
    const job = this.#busy.get(child)
    if (job === undefined) return
    this.#busy.delete(child)
    clearTimeout(job.timer)
    if (this.#isStale(job, reply.version)) job.reject(new StaleStructure())
    else if ('result' in reply) job.resolve(reply.result)
    else job.reject(fromFault(reply.fault))
    this.#rest(child)
    this.#next()
  }

  #isStale({ epoch }: Job, version: number | null): boolean {
    return epoch !== this.#expected.epoch || (version !== null && !this.#expected.has(version))
  }

  /** An idle child does not keep the server alive. */
  #rest(child: ChildProcess): void {
    const end = (): void => {
      const index = this.#idle.findIndex((idle) => idle.child === child)
      if (index >= 0) this.#idle.splice(index, 1)
      child.kill('SIGKILL')
    }
    const timer = setTimeout(end, this.#settings.readerIdleMs).unref()
    this.#idle.push({ child, timer })
    child.unref()
    child.channel?.unref()
  }

  #cancel(job: Job): void {
    clearTimeout(job.timer)
    const index = this.#queue.indexOf(job)
    if (index >= 0) this.#queue.splice(index, 1)
    const { child } = job
    if (child !== null && this.#busy.get(child) === job) {
      this.#busy.delete(child)
      child.kill('SIGKILL')
    } else if (index < 0) return
    job.reject(failure('57014'))
    this.#next()
  }

  /** A child that ended by itself takes its job with it. */
  #lost(child: ChildProcess): void {
    this.#starting.delete(child)
    const index = this.#idle.findIndex((idle) => idle.child === child)
    if (index >= 0) clearTimeout(this.#idle.splice(index, 1)[0]?.timer)
    const job = this.#busy.get(child)
    if (job === undefined) return
    this.#busy.delete(child)
    clearTimeout(job.timer)
    job.reject(new Error('a child process for reads has ended unexpectedly'))
    this.#next()
  }
}
