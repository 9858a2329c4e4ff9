import { extname } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Grammar, GrammarAnswer } from '../policy/expression/sql.ts'
import { SECOND_MS } from '../std/units.ts'

/** What the thread is handed: where texts come from, and the flag that says an answer is ready. */
export interface GrammarDesk {
  readonly port: MessagePort
  readonly turn: Int32Array<SharedArrayBuffer>
}

/** V8's flags for little WebAssembly: it takes hundreds of megabytes to make code fast that runs for milliseconds, and keeps forty. */
export const WASM_FLAGS: readonly string[] = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']

const IDLE_MS = 2 * SECOND_MS
const ANSWER_MS_MAX = 30 * SECOND_MS

/**
 * PostgreSQL's grammar in a thread that lives only while it is used, for the texts that were not foreseen: parsing is synchronous for the
 * caller, who waits for the answer, and the memory of its WebAssembly is given up when nothing was parsed for two seconds.
 */
export function createGrammar(): Grammar {
  let thread: GrammarThread | null = null
  let idle: NodeJS.Timeout | null = null
  const release = (): void => {
    thread?.end()
    thread = null
  }
  const take = (): GrammarThread => {
    thread ??= new GrammarThread()
    if (idle === null) idle = setTimeout(release, IDLE_MS).unref()
    else idle.refresh()
    return thread
  }
  return Object.assign((sql: string) => take().ask(sql), { ready: () => take().ready })
}

class GrammarThread {
  /** Resolves when the grammar is loaded, for who has other things to do meanwhile. */
  readonly ready: Promise<void>
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #turn = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

  constructor() {
    for (const flag of WASM_FLAGS) setFlagsFromString(flag)
    const { port1, port2 } = new MessageChannel()
    const desk: GrammarDesk = { port: port2, turn: this.#turn }
    this.#worker = new Worker(new URL(`./grammar-thread${extname(import.meta.url)}`, import.meta.url), {
      workerData: desk,
      transferList: [port2],
    })
    this.ready = new Promise((resolve) => {
      this.#worker.once('message', () => {
        this.#worker.unref()
        resolve()
      })
      this.#worker.once('exit', () => resolve())
    })
    this.#port = port1
    port1.unref()
  }

  ask(sql: string): GrammarAnswer {
    Atomics.store(this.#turn, 0, 0)
    this.#port.postMessage(sql)
    Atomics.wait(this.#turn, 0, 0, ANSWER_MS_MAX)
    const answer = receiveMessageOnPort(this.#port)
    if (answer === undefined) throw new Error('assertion failed: the grammar thread does not answer')
    return answer.message as GrammarAnswer
  }

  end(): void {
    this.#port.close()
    // Nothing waits for it: a thread that fails to end is as idle as one that does.
    this.#worker.terminate().catch(() => {})
  }
}
