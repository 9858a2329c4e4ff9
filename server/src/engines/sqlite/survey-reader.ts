import { type ChildProcess, fork } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { failure } from '../../errors/error.ts'
import { MIB } from '../../std/units.ts'
import { type Connection, OutOfFuel, openConnection } from './connection.ts'
import { mapError } from './errors.ts'
import { FUEL } from './expr.ts'
import type { SurveyReply } from './survey-child.ts'
import { runSurveyTask, type SurveyAnswer, type SurveyTask } from './survey-task.ts'
import { fromFault } from './writer.ts'

/** What a question may take in the server's own thread, in milliseconds, before it is asked in a process of its own. */
const INLINE_MS = 4

/** Size of a file whose rows can be counted, which nothing interrupts, without holding requests up. */
const INLINE_BYTES_MAX = 32 * MIB

export interface SurveyFile {
  readonly file: string
  readonly lockTimeoutMs: number
}

/**
 * Answers the questions of one survey: at once where rows are few, and else in a child process, so that requests go on. To be closed.
 */
export class SurveyReader {
  readonly #from: SurveyFile
  readonly #signal: AbortSignal
  readonly #connection: Connection
  #child: ChildProcess | null = null
  /** From the first question that took too long on, all go to the child: the rows are many. */
  #isInline: boolean

  constructor(from: SurveyFile, signal: AbortSignal) {
    this.#from = from
    this.#signal = signal
    this.#connection = openConnection(from.file, 'inspector', from.lockTimeoutMs)
    this.#isInline = statSync(from.file).size <= INLINE_BYTES_MAX
  }

  get database(): Connection['database'] {
    return this.#connection.database
  }

  /** 57014 when the signal came first. */
  async ask(task: SurveyTask): Promise<SurveyAnswer> {
    // One turn for everybody else between two questions.
    await new Promise((resolve) => setImmediate(resolve))
    if (this.#signal.aborted) throw failure('57014')
    const answer = this.#isInline ? this.#inline(task) : null
    if (answer !== null) return answer
    this.#isInline = false
    return this.#inChild(withoutFuel(task))
  }

  #inline(task: SurveyTask): SurveyAnswer | null {
    const { fuel, database } = this.#connection
    fuel.start(INLINE_MS)
    try {
      return runSurveyTask(task, database)
    } catch (error) {
      if (error instanceof OutOfFuel) return null
      throw mapError(error)
    } finally {
      fuel.stop()
    }
  }

  #inChild(task: SurveyTask): Promise<SurveyAnswer> {
    const child = this.#child ?? this.#start()
    this.#child = child
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        child.removeAllListeners()
        this.#signal.removeEventListener('abort', abort)
        settle()
      }
      const abort = (): void => {
        end(() => reject(failure('57014')))
        this.close()
      }
      const lost = (): void => end(() => reject(new Error('the child process of a survey has ended unexpectedly')))
      this.#signal.addEventListener('abort', abort, { once: true })
      child.once('exit', lost)
      child.once('error', lost)
      child.once('message', (reply: SurveyReply) =>
        end(() => ('answer' in reply ? resolve(reply.answer) : reject(mapError(fromFault(reply.fault)) as Error))),
      )
      child.send(task)
    })
  }

  #start(): ChildProcess {
    const { file, lockTimeoutMs } = this.#from
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const path = fileURLToPath(new URL(`./survey-child.${extension}`, import.meta.url))
    return fork(path, [file, String(lockTimeoutMs)], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {},
    })
  }

  close(): void {
    this.#child?.kill('SIGKILL')
    this.#child = null
    if (this.#connection.database.isOpen) this.#connection.database.close()
  }
}

/** In a child nobody has to count rows: it is killed. */
function withoutFuel(task: SurveyTask): SurveyTask {
  const plain = (sql: string): string => sql.replaceAll(FUEL, 'TRUE')
  if (task.kind !== 'failures') return { ...task, sql: plain(task.sql) }
  return { ...task, from: plain(task.from), where: plain(task.where), value: plain(task.value) }
}
