import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { failure } from '../../errors/error.ts'
import { StaleStructure } from '../engine.ts'
import { assertVersion, type Connection, openConnection } from './connection.ts'
import { toFault } from './faults.ts'
import { GroupCommit } from './group-commit.ts'
import type { performTask } from './migrate/perform.ts'
import type { StructureTask } from './migrate/tasks.ts'
import { ExpectedStructure, type VersionReader } from './structure-version.ts'
import { WriteRunner } from './write-run.ts'
import type { Answer, ChangedRow, Outcome, Reply, Request, WriteResult, WriterSettings } from './writer-messages.ts'

type Write = Extract<Request, { kind: 'write' }>

/** Waiting requests that one commit takes at most. */
const GROUP_MAX = 256
/** Ended transactions remembered at most. */
const ENDED_MAX = 1_000

/** The one connection that writes. Requests are taken in order; those that wait while another commits share the next commit. */
class Writer {
  readonly #inbox: Request[] = []
  readonly #connection: Connection
  readonly #runner: WriteRunner
  readonly #group: GroupCommit
  readonly #settings: WriterSettings
  #performTask: typeof performTask | null = null
  #loading: Promise<void> | null = null
  readonly #parked: Request[] = []
  readonly #versions: VersionReader
  readonly #expected: ExpectedStructure
  #transaction: { readonly id: number; readonly timer: NodeJS.Timeout } | null = null
  /** Transactions that were ended from here; their remaining requests are refused. */
  readonly #ended = new Set<number>()
  #watching = false
  /** Commits that were not reported yet; rows only when somebody watches. */
  #commits: (readonly ChangedRow[])[] = []

  constructor(settings: WriterSettings) {
    this.#settings = settings
    this.#connection = openWriter(settings)
    this.#versions = this.#connection.versions
    this.#expected = new ExpectedStructure(settings.structure)
    this.#runner = new WriteRunner(this.#connection, settings.statementTimeoutMs)
    this.#group = new GroupCommit(this.#connection.database, () => this.#collectChanges())
    this.#group.onCommit((rows) => this.#commits.push(rows))
  }

  take(request: Request): void {
    this.#inbox.push(request)
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      this.#inbox.push(next.message as Request)
    }
    this.#work()
  }

  #work(): void {
    for (;;) {
      if (this.#transaction !== null) {
        const { id } = this.#transaction
        const index = this.#inbox.findIndex(
          (request) => request.kind === 'close' || ('transaction' in request && request.transaction === id),
        )
        if (index < 0) return
        const [request] = this.#inbox.splice(index, 1)
        this.#handle(request as Request)
        continue
      }
      const first = this.#inbox[0]
      if (first === undefined) return
      if (first.kind === 'structure' && this.#performTask === null) {
        this.#parked.push(first)
        this.#inbox.shift()
        this.#loadMigrations()
      } else if (first.kind === 'write' && first.transaction === null) this.#commitGroup()
      else this.#handle(this.#inbox.shift() as Request)
    }
  }

  /** What changes structure is loaded when it is first needed, since most starts change nothing. Writes go on meanwhile. */
  #loadMigrations(): void {
    this.#loading ??= import('./migrate/perform.ts').then((loaded) => {
      this.#performTask = loaded.performTask
      this.#inbox.unshift(...this.#parked.splice(0))
      this.#work()
    })
  }

  #commitGroup(): void {
    let count = 0
    while (count < GROUP_MAX && isPlainWrite(this.#inbox[count])) count++
    const writes = this.#inbox.splice(0, count) as Write[]
    const results = this.#group.run(
      writes.map((write) => ({ rollback: write.task.rollback, run: () => this.#write(write) })),
    )
    const answers = results.map((result, index): Answer => {
      const id = (writes[index] as Write).id
      return 'error' in result
        ? { id, outcome: null, fault: toFault(result.error) }
        : { id, outcome: result.value, fault: null }
    })
    this.#send(answers)
  }

  /** Inside the transaction, where the structure can't change any more. */
  #write({ epoch, task }: Write): WriteResult {
    this.#requireStructure(epoch)
    return this.#runner.write(task)
  }

  #requireStructure(epoch: number): void {
    if (epoch !== this.#expected.epoch || !this.#expected.has(this.#versions.read())) throw new StaleStructure()
  }

  #handle(request: Request): void {
    let answer: Answer
    try {
      answer = { id: request.id, outcome: this.#perform(request), fault: null }
    } catch (error) {
      answer = { id: request.id, outcome: null, fault: toFault(error) }
    }
    this.#send([answer])
    if (request.kind === 'close') port.close()
  }

  #send(answers: readonly Answer[]): void {
    const commits = this.#commits
    this.#commits = []
    send({ kind: 'answers', answers, commits })
  }

  #perform(request: Request): Outcome {
    switch (request.kind) {
      case 'write':
        this.#requireTransaction(request.transaction)
        return this.#group.savepoint({ rollback: request.task.rollback, run: () => this.#runner.write(request.task) })
      case 'read':
        this.#requireTransaction(request.transaction)
        return this.#runner.read(request.task)
      case 'begin':
        return this.#begin(request.transaction, request.epoch)
      case 'end':
        return this.#end(request.transaction, request.commit)
      case 'structure':
        return this.#asOwner(() => this.#changeStructure(request.task))
      case 'watch':
        return this.#asOwner(() => this.#watch(request.on, request.statements))
      case 'close':
        return this.#close()
    }
  }

  #begin(id: number, epoch: number): null {
    const { database } = this.#connection
    database.exec('BEGIN IMMEDIATE')
    try {
      this.#requireStructure(epoch)
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
    const timer = setTimeout(() => {
      this.#abandon(id)
      this.#work()
    }, this.#settings.transactionMs)
    this.#transaction = { id, timer }
    return null
  }

  #abandon(id: number): void {
    if (this.#transaction?.id !== id) return
    clearTimeout(this.#transaction.timer)
    this.#transaction = null
    if (this.#ended.size >= ENDED_MAX) this.#ended.clear()
    this.#ended.add(id)
    if (this.#connection.database.isTransaction) this.#connection.database.exec('ROLLBACK')
  }

  #end(id: number, commit: boolean): null {
    if (!commit && this.#ended.has(id)) return null
    this.#requireTransaction(id)
    if (!commit) {
      this.#abandon(id)
      return null
    }
    const changes = this.#collectChanges()
    try {
      this.#connection.database.exec('COMMIT')
    } catch (error) {
      this.#abandon(id)
      throw error
    }
    clearTimeout(this.#transaction?.timer)
    this.#transaction = null
    this.#commits.push(changes)
    return null
  }

  #requireTransaction(id: number | null): void {
    if (this.#transaction?.id === id && this.#connection.database.isTransaction) return
    if (id !== null) this.#abandon(id)
    throw failure(
      '57014',
      {},
      { details: 'The transaction took longer than the limit transactionMs, or was rolled back.' },
    )
  }

  #exec(statements: readonly string[]): null {
    for (const statement of statements) this.#connection.database.exec(statement)
    return null
  }

  /** Temporary triggers note changed rows in a temporary table; the settings' own connection keeps them. */
  #watch(on: boolean, statements: readonly string[]): null {
    this.#exec(statements)
    this.#watching = on
    return null
  }

  #changeStructure(task: StructureTask): Outcome {
    const place = {
      versions: this.#versions,
      expected: this.#expected,
      connection: this.#connection,
      group: this.#group,
    }
    if (this.#performTask === null) throw new Error('assertion failed: what changes structure is loaded')
    return this.#performTask(place, task)
  }

  #asOwner<T>(body: () => T): T {
    const { database } = this.#connection
    database.setAuthorizer(null)
    try {
      return body()
    } finally {
      this.#connection.protect()
    }
  }

  #collectChanges(): readonly ChangedRow[] {
    if (!this.#watching) return []
    const { database } = this.#connection
    const rows = database.prepare('SELECT "table", kind, before, after FROM temp.pilar_changes ORDER BY id').all()
    if (rows.length > 0) database.exec('DELETE FROM temp.pilar_changes')
    return rows as unknown as ChangedRow[]
  }

  #close(): null {
    if (this.#transaction !== null) this.#abandon(this.#transaction.id)
    const { database } = this.#connection
    database.setAuthorizer(null)
    try {
      const { readOnly, keepFile } = this.#settings
      if (!readOnly && !keepFile) database.exec('PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      database.close()
    }
    return null
  }
}

function isPlainWrite(request: Request | undefined): boolean {
  return request?.kind === 'write' && request.transaction === null
}

function openWriter(settings: WriterSettings): Connection {
  const access = settings.keepFile ? 'guest' : 'writer'
  const connection = openConnection(settings.file, settings.readOnly ? 'reader' : access, settings.lockTimeoutMs)
  assertVersion(connection.database)
  return connection
}

if (parentPort === null) throw new Error('assertion failed: the writer runs in a worker thread')
const port = parentPort
const send = (reply: Reply): void => port.postMessage(reply)

try {
  const writer = new Writer(workerData as WriterSettings)
  port.on('message', (request: Request) => writer.take(request))
  send({ kind: 'ready' })
} catch (error) {
  send({ kind: 'failed', fault: toFault(error) })
}
