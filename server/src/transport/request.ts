import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpRequest } from '../runtime/http.ts'

/** A request as features see it. The signal is made only when somebody asks for it: most requests are answered before it could fire. */
export class TransportRequest implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly search: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array | null
  readonly #response: ServerResponse
  #controller: AbortController | null = null

  constructor(message: IncomingMessage, response: ServerResponse, body: Uint8Array | null) {
    const url = message.url ?? '/'
    const mark = url.indexOf('?')
    this.method = message.method ?? 'GET'
    this.path = mark === -1 ? url : url.slice(0, mark)
    this.search = mark === -1 ? '' : url.slice(mark + 1)
    // Node joins repeated headers; the few it keeps as arrays (set-cookie) are never sent by clients.
    this.headers = message.headers as Record<string, string | undefined>
    this.body = body
    this.#response = response
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      const controller = new AbortController()
      this.#controller = controller
      const response = this.#response
      // A response also closes after it was sent whole; only a close before that means that nobody waits any more.
      if (response.destroyed) controller.abort()
      else response.once('close', () => response.writableFinished || controller.abort())
    }
    return this.#controller.signal
  }
}
