import type { Actor } from '../../src/policy/actor.ts'
import type { TableKey } from '../../src/schema/catalog.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import type { Json, JsonObject } from '../../src/std/json.ts'

/** All that a run of the simulation depends on: plain data, so that a failing one can be printed and pasted into a test. */
export interface Case {
  readonly definition: SchemaDefinition
  readonly rows: Readonly<Record<TableKey, readonly JsonObject[]>>
  readonly requests: readonly Request[]
}

export interface Request {
  readonly role: string
  readonly userId: string | null
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT'
  readonly table: string
  readonly select: readonly SelectPart[] | null
  /** Everything else of the query string, decoded, one `key=value` each. */
  readonly parameters: readonly string[]
  readonly prefer: readonly string[]
  readonly body: Json | null
}

/** An item of `select`; with `items` it is an embed and they stand in its parentheses. */
export interface SelectPart {
  readonly text: string
  readonly items: readonly SelectPart[] | null
}

export function searchOf(request: Request): string {
  const select = request.select === null ? [] : [`select=${encode(selectText(request.select))}`]
  const others = request.parameters.map((parameter) => {
    const at = parameter.indexOf('=')
    return `${encode(parameter.slice(0, at))}=${encode(parameter.slice(at + 1))}`
  })
  return [...select, ...others].join('&')
}

const encode = (text: string): string => encodeURIComponent(text)

function selectText(items: readonly SelectPart[]): string {
  return items.map(({ text, items: inner }) => (inner === null ? text : `${text}(${selectText(inner)})`)).join(',')
}

const ORGS: Readonly<Record<string, string>> = { a: 'acme', b: 'birch', c: 'acme' }

/** The caller of a request as `identify` would make it: claims of a token for users, the role alone for keys. */
export function actorOf({ role, userId }: Request): Actor {
  if (userId === null) return { role, userId: null, email: null, claims: { role }, anonymous: role === 'anon' }
  const org = ORGS[userId[0] ?? ''] ?? null
  const email = `${userId.slice(0, 4)}@example.com`
  return { role, userId, email, claims: { role, sub: userId, email, app_metadata: { org } }, anonymous: false }
}

export const USERS = [
  'aaaaaaaa-0000-4000-8000-000000000001',
  'bbbbbbbb-0000-4000-8000-000000000002',
  'cccccccc-0000-4000-8000-000000000003',
] as const

/** A name as SQL text. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
