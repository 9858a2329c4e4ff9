/** Many clients at once that check every answer, while something else happens to the server. */
import { Agent, request } from 'node:http'

export interface Asked {
  readonly method: string
  /** From `/rest/v1/` on. */
  readonly path: string
  readonly body?: object
  /** What is wrong with the answer; null where it is right. */
  readonly check: (status: number, body: unknown) => string | null
}

export interface LoadOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly clients: number
  /** The next request of a client. */
  readonly next: () => Asked
  /** How long a client rests between two requests, in milliseconds. */
  readonly restMs?: number
}

export interface Answered {
  readonly atMs: number
  readonly ms: number
  readonly what: string
}

/** Keeps asking until it is stopped. */
export class LiveLoad {
  readonly answered: Answered[] = []
  readonly failures: string[] = []
  readonly #options: LoadOptions
  readonly #agent: Agent
  readonly #clients: Promise<void>[]
  #stopped = false

  constructor(options: LoadOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.clients })
    this.#clients = Array.from({ length: options.clients }, () => this.#client())
  }

  /** Ends when all clients have their last answer. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#clients)
    this.#agent.destroy()
  }

  /** Latencies in milliseconds of requests that were under way between the two moments, fastest first. */
  between(fromMs: number, untilMs: number): readonly number[] {
    const meant = this.answered.filter(({ atMs, ms }) => atMs + ms >= fromMs && atMs <= untilMs)
    return meant.map(({ ms }) => ms).sort((a, b) => a - b)
  }

  /** The request among these that took longest. */
  slowest(fromMs: number, untilMs: number): Answered | undefined {
    const meant = this.answered.filter(({ atMs, ms }) => atMs + ms >= fromMs && atMs <= untilMs)
    return meant.sort((a, b) => b.ms - a.ms)[0]
  }

  async #client(): Promise<void> {
    while (!this.#stopped) {
      await this.#ask(this.#options.next())
      if (this.#options.restMs !== undefined) await new Promise((done) => setTimeout(done, this.#options.restMs))
    }
  }

  async #ask(asked: Asked): Promise<void> {
    const atMs = performance.now()
    const what = `${asked.method} ${asked.path}`
    try {
      const { status, text } = await this.#send(asked)
      this.answered.push({ atMs, ms: performance.now() - atMs, what })
      const wrong = asked.check(status, text === '' ? null : JSON.parse(text))
      if (wrong !== null) this.failures.push(`${what}: ${wrong}: ${status} ${text.slice(0, 300)}`)
    } catch (error) {
      this.failures.push(`${what}: ${String(error)}`)
    }
  }

  #send({ method, path, body }: Asked): Promise<{ status: number; text: string }> {
    const { url, headers } = this.#options
    return new Promise((resolve, reject) => {
      const sent = request(`${url}/rest/v1/${path}`, { method, agent: this.#agent, headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      })
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }
}
