import { hash } from 'node:crypto'
import { failure, PilarError } from '../../../errors/error.ts'
import { type Actor, ANON_ROLE, SERVICE_ROLE } from '../../../policy/actor.ts'
import type { HttpRequest, Identify } from '../../../runtime/http.ts'
import type { Clock } from '../../../std/clock.ts'
import { isJsonObject, type Json, type JsonObject } from '../../../std/json.ts'
import { Lru } from '../../../std/lru.ts'
import type { ProjectKeys } from './derive-keys.ts'
import type { VerifyToken } from './verify-token.ts'

export interface IdentifyOptions {
  readonly keys: ProjectKeys
  readonly verify: VerifyToken
  readonly clock: Clock
  /** Dotted path of the claim that names the role. */
  readonly roleClaim: string
  readonly anonymousAccess: boolean
  /** Roles the current policies know; a token for another is refused. */
  readonly roles: () => ReadonlySet<string>
}

interface Verified {
  readonly actor: Actor
  /** Seconds since the epoch; checked on every use, so that a cached token expires on time (security A28). */
  readonly expiresAt: number
}

const TOKENS_REMEMBERED_MAX = 10_000
const CLOCK_SKEW_SECONDS = 30
const BEARER = /^bearer +/i
const HEADER_BYTES_MAX = 8192

/**
 * Makes the first stage of the pipeline. The role comes from the `Authorization` token, else from `apikey`, else it is anon; no other
 * header, query parameter or body member is looked at (security Z11). Known keys and tokens answer without a Promise.
 */
export function createIdentify(options: IdentifyOptions): Identify {
  const anonymous = keyActor(ANON_ROLE, true)
  const service = keyActor(SERVICE_ROLE, false)
  const known = new Map<string, Actor>([
    [digestOf(options.keys.anon), anonymous],
    [digestOf(options.keys.publishable), anonymous],
    [digestOf(options.keys.service_role), service],
    [digestOf(options.keys.secret), service],
  ])
  const remembered = new Lru<string, Verified>(TOKENS_REMEMBERED_MAX)

  const identifyToken = (token: string): Actor | Promise<Actor> => {
    const digest = digestOf(token)
    const builtIn = known.get(digest)
    if (builtIn !== undefined) return builtIn
    if (token.startsWith('sb_')) throw failure('PILAR_INVALID_KEY')
    const verified = remembered.get(digest)
    const nowMs = options.clock.now()
    if (verified !== undefined && nowMs / 1000 - CLOCK_SKEW_SECONDS < verified.expiresAt)
      return admit(verified.actor, options)
    return options.verify(token, nowMs).then((claims) => {
      const actor = tokenActor(claims, options.roleClaim)
      const expiresAt = typeof claims.exp === 'number' ? claims.exp : Number.POSITIVE_INFINITY
      remembered.set(digest, { actor, expiresAt })
      return admit(actor, options)
    })
  }

  return (headers) => {
    const credentials = readCredentials(headers)
    if (credentials.apikey !== null && credentials.token !== null && credentials.apikey !== credentials.token) {
      return checkThenIdentify(credentials.apikey, credentials.token, identifyToken)
    }
    if (credentials.apikey !== null) return identifyKey(credentials.apikey, identifyToken)
    if (credentials.token !== null) return identifyToken(credentials.token)
    if (options.anonymousAccess) return anonymous
    throw failure('PGRST302', {}, { headers: { 'WWW-Authenticate': 'Bearer' } })
  }
}

/** The gateway's part: a key beside a user token must be a good one, yet the token decides (protocol.md §0). */
function checkThenIdentify(
  apikey: string,
  token: string,
  identifyToken: (token: string) => Actor | Promise<Actor>,
): Actor | Promise<Actor> {
  let key: Actor | Promise<Actor>
  try {
    key = identifyToken(apikey)
  } catch {
    throw failure('PILAR_INVALID_KEY')
  }
  if (!(key instanceof Promise)) return identifyToken(token)
  return key.then(
    () => identifyToken(token),
    () => {
      throw failure('PILAR_INVALID_KEY')
    },
  )
}

/** A key that is no token of this project is a wrong key: nobody who copied one wants to hear about the parts of a JWT. */
function identifyKey(apikey: string, identifyToken: (token: string) => Actor | Promise<Actor>): Actor | Promise<Actor> {
  const actor = identifyToken(apikey)
  if (!(actor instanceof Promise)) return actor
  return actor.catch((error) => {
    throw error instanceof PilarError && error.code === 'PGRST301' ? failure('PILAR_INVALID_KEY') : error
  })
}

/** Secrets are looked up and compared by digest only: the time it takes says nothing about them (security K06). */
function digestOf(token: string): string {
  return hash('sha256', token, 'base64')
}

function readCredentials(headers: HttpRequest['headers']): { token: string | null; apikey: string | null } {
  const authorization = headers.authorization
  const apikey = headers.apikey ?? null
  if (authorization !== undefined && authorization.length > HEADER_BYTES_MAX) throw failure('PILAR_INVALID_KEY')
  const bearer = authorization !== undefined && BEARER.test(`${authorization} `)
  const token = bearer ? authorization.slice('bearer'.length).trim() : null
  // An opaque key repeated as a bearer token stands for the key itself.
  if (token?.startsWith('sb_') && apikey !== null) return { token: null, apikey }
  return { token, apikey }
}

function admit(actor: Actor, options: IdentifyOptions): Actor {
  if (options.roles().has(actor.role)) return actor
  const hint = 'Declare the role in schema.ts (roles), or sign the token with a role that exists.'
  throw failure('22023', { message: `role "${actor.role}" does not exist` }, { hint, status: 401 })
}

function keyActor(role: string, anonymous: boolean): Actor {
  return Object.freeze({ role, userId: null, email: null, claims: Object.freeze({ role }), anonymous })
}

function tokenActor(claims: JsonObject, roleClaim: string): Actor {
  const role = readPath(claims, roleClaim)
  const named = typeof role === 'string' && role !== '' ? role : ANON_ROLE
  const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null)
  return Object.freeze({
    role: named,
    userId: text(claims.sub),
    email: text(claims.email),
    claims: Object.freeze({ ...claims, role: named }),
    anonymous: false,
  })
}

function readPath(claims: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = claims
  for (const step of path.split('.')) {
    if (value === undefined || !isJsonObject(value) || !Object.hasOwn(value, step)) return undefined
    value = value[step]
  }
  return value
}
