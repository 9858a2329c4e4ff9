import type { Actor } from '../policy/actor.ts'
import type { Limits } from './limits.ts'

/** An HTTP request as features see it: the transport has read and bounded the body already. */
export interface HttpRequest {
  readonly method: string
  /** As sent, percent-encoded, without the query string. */
  readonly path: string
  /** What follows `?`, as sent; empty when there is none. */
  readonly search: string
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array | null
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
}

export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
}

/** One entry of a feature's route table: data, no logic. */
export interface Route {
  /** Methods it answers; `*` for all. */
  readonly methods: readonly string[] | '*'
  /** A path, or a prefix when it ends in `/*`. */
  readonly path: string
  /** The limit that bounds the body; null where a body is not read. */
  readonly bodyLimit: keyof Limits | null
  /** `any`: a bearer-token surface, callable from every origin without credentials; `none`: same origin only. */
  readonly cors: 'any' | 'none'
  readonly handle: (request: HttpRequest) => Promise<HttpReply>
}

/** Turns a request's key and token into an Actor, or throws a 401. Synchronous when the token is already known. */
export type Identify = (headers: HttpRequest['headers']) => Actor | Promise<Actor>
