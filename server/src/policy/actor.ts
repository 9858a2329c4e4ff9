import type { JsonObject } from '../std/json.ts'

/** Who asks. Made by `identify` only; nothing in a request's URL, headers or body can choose its members (security Z11). */
export interface Actor {
  /** Database role: `anon`, `authenticated`, `service_role`, or one that the schema declares. */
  readonly role: string
  /** The `sub` claim; null for anonymous callers and keys. */
  readonly userId: string | null
  readonly email: string | null
  /** The verified token's claims; `{ role }` alone for a key. */
  readonly claims: JsonObject
  /** True where the caller presented no token of its own: decides 401 or 403 for 42501 (protocol.md §1.13). */
  readonly anonymous: boolean
}

export const ANON_ROLE = 'anon'
export const AUTHENTICATED_ROLE = 'authenticated'
export const SERVICE_ROLE = 'service_role'
