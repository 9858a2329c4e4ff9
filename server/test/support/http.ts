/** Plain HTTP for tests: unlike fetch it sends every header as given, never retries, and hides nothing of the answer. */
import { type IncomingHttpHeaders, request } from 'node:http'

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Buffer | undefined
  readonly timeoutMs?: number
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body parsed; undefined when it is not JSON. Untyped on purpose: tests compare it. */
  readonly json: unknown
}

const TIMEOUT_MS = 30_000

/** Sends one request on its own connection. */
export function ask(url: string, options: Ask = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const headers = Object.fromEntries(
    Object.entries(options.headers ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [...value],
    ]),
  )
  const length = options.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(options.body)) }
  // The path is given apart, so that it goes out exactly as written: `new URL` would tidy `/a/../b`.
  const { hostname, port } = new URL(url)
  const path = url.slice(url.indexOf('/', 'http://'.length))
  const sent = request({
    hostname,
    port,
    path,
    method: options.method ?? 'GET',
    headers: { ...length, ...headers },
    agent: false,
  })
  sent.setTimeout(options.timeoutMs ?? TIMEOUT_MS, () => sent.destroy(new Error(`no answer to ${path} in time`)))
  sent.on('error', reject)
  sent.on('response', (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('error', reject)
    answer.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json: parsed(text) })
    })
  })
  sent.end(options.body)
  return promise
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The usual headers of a client: key, token (the key itself when there is none), and a JSON body. */
export function as(key: string, token = key): Record<string, string> {
  return { apikey: key, authorization: `Bearer ${token}`, 'content-type': 'application/json' }
}
