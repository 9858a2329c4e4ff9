import { failure, PilarError } from '../../errors/error.ts'
import type { ApiRequest, Payload } from '../../query/request.ts'
import type { ParseLimits } from './limits.ts'
import { type Media, negotiateRoot, negotiateRows } from './negotiate.ts'
import type { ParseCache } from './parse-cache.ts'
import { NO_PAYLOAD, parsePayload } from './payload.ts'
import { type Preferences, parsePreferences } from './preferences.ts'
import { parseTableQuery, type TableQuery } from './query.ts'
import { canonicalQuery, encode, type Parameter, parseQueryString } from './query-string.ts'
import { ALL_ROWS, parseRangeHeader, type RowRange } from './ranges.ts'
import { shapeOf, type Unshaped } from './shape.ts'

export interface RestInput {
  /** Upper case. */
  readonly method: string
  /** What follows `/rest/v1`, still percent-encoded: `/`, `/posts`, `/rpc/f`. */
  readonly path: string
  /** The query string without its `?`, as it came. */
  readonly search: string
  /** A request header by its lower-case name; several of one name joined by commas. */
  readonly header: (name: string) => string | undefined
  readonly body: Uint8Array | null
}

export interface RestOptions {
  /** Schemas served over the wire, the default first. */
  readonly schemas: readonly string[]
  readonly limits: ParseLimits
  /** Whether clients may choose `Prefer: tx=rollback`. */
  readonly txOverride: boolean
  /** Shared by the requests of one server; see `createParseCache`. */
  readonly cache?: ParseCache
}

export type RowsMethod = 'read' | 'insert' | 'replace' | 'update' | 'delete'

/** A request as the URL's form decides; only `rows` goes on to a plan. */
export type ParsedRequest = RowsRequest | RootRequest | OptionsRequest | RpcRequest

export interface Profile {
  readonly schema: string
  /** The answer names the schema in `Content-Profile`. */
  readonly echo: boolean
}

export interface RowsRequest {
  readonly kind: 'rows'
  readonly method: RowsMethod
  readonly api: ApiRequest
  readonly preferences: Preferences
  readonly media: Media
  /** PGRST107 or PGRST122, to be thrown after planning: names are checked before media and preferences. */
  readonly refusal: PilarError | null
  /** The root's rows as asked for; `rowsMax` is not in it. */
  readonly range: RowRange
  readonly profile: Profile
  readonly parameters: readonly Parameter[]
  /** Reads: the request in its canonical form, for `Content-Location`; null for writes. */
  readonly location: string | null
}

/** `GET /`: the API's description. */
export interface RootRequest {
  readonly kind: 'root'
  readonly media: Media
  readonly profile: Profile
}

/** OPTIONS: what may be done with the root (`name` null), a relation or a function. */
export interface OptionsRequest {
  readonly kind: 'options'
  readonly target: 'root' | 'relation' | 'function'
  readonly name: string | null
  readonly profile: Profile
}

/** A function call. Its arguments are not read here. */
export interface RpcRequest {
  readonly kind: 'rpc'
  readonly name: string
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly profile: Profile
  readonly parameters: readonly Parameter[]
}

type Target =
  | { readonly kind: 'root'; readonly name: null }
  | { readonly kind: 'relation' | 'function'; readonly name: string }

/**
 * Reads one request under `/rest/v1`: path, schema header, method, query string, ranges, body, in this order. Pure. Throws PGRST100, 101,
 * 102, 103, 106, 114, 115, 117, 125 and PILAR_LIMIT; media type and preferences are judged here too, but refused after planning.
 */
export function parseRequest(input: RestInput, options: RestOptions): ParsedRequest {
  const target = parsePath(input.path)
  const profile = parseProfile(input, options)
  checkMethod(input.method, target)
  if (input.method === 'OPTIONS')
    return Object.freeze({ kind: 'options', target: target.kind, name: target.name, profile })
  if (target.kind === 'root') {
    return Object.freeze({
      kind: 'root',
      media: negotiateRoot(input.header('accept')),
      profile,
    })
  }
  const parameters = parseQueryString(input.search)
  if (target.kind === 'function') {
    const method = input.method as RpcRequest['method']
    return Object.freeze({ kind: 'rpc', name: target.name, method, profile, parameters })
  }
  return parseRows({ input, options, profile, parameters, table: target.name })
}

function parsePath(path: string): Target {
  const segments = path.split('/').slice(1)
  const [first = '', second] = segments
  if (segments.length <= 1 && first === '') return { kind: 'root', name: null }
  if (segments.length === 1) return { kind: 'relation', name: decodeSegment(first) }
  if (segments.length === 2 && first === 'rpc' && second !== undefined && second !== '') {
    return { kind: 'function', name: decodeSegment(second) }
  }
  throw failure('PGRST125')
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  let name: string
  try {
    name = decodeURIComponent(segment)
  } catch {
    throw failure('PGRST125')
  }
  if (name.includes('\0')) throw failure('PGRST125')
  return name
}

const READ_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** GET and HEAD choose by Accept-Profile, everything else by Content-Profile. */
function parseProfile(input: RestInput, { schemas }: RestOptions): Profile {
  const header = READ_METHODS.has(input.method) ? 'accept-profile' : 'content-profile'
  const asked = input.header(header)
  const schema = asked === undefined || asked === '' ? schemas[0] : asked
  if (schema === undefined || !schemas.includes(schema)) {
    const hint = `Only the following schemas are exposed: ${schemas.join(', ')}`
    throw failure('PGRST106', { schema: schema ?? '' }, { hint })
  }
  return { schema, echo: schemas.length > 1 || asked !== undefined }
}

const RELATION_METHODS: ReadonlyMap<string, RowsMethod> = new Map([
  ['GET', 'read'],
  ['HEAD', 'read'],
  ['POST', 'insert'],
  ['PUT', 'replace'],
  ['PATCH', 'update'],
  ['DELETE', 'delete'],
])

function checkMethod(method: string, target: Target): void {
  const known = method === 'OPTIONS' || RELATION_METHODS.has(method)
  if (known && target.kind === 'relation') return
  if (READ_METHODS.has(method)) return
  if (known && target.kind === 'function') {
    if (method === 'POST') return
    throw failure('PGRST101', { method })
  }
  throw failure('PGRST117', { method })
}

interface RowsInput {
  readonly input: RestInput
  readonly options: RestOptions
  readonly profile: Profile
  readonly parameters: readonly Parameter[]
  readonly table: string
}

function parseRows({ input, options, profile, parameters, table }: RowsInput): RowsRequest {
  const method = RELATION_METHODS.get(input.method) ?? 'read'
  const preferences = parsePreferences(input.header('prefer'), options)
  const headerRange = input.method === 'GET' ? parseRangeHeader(input.header('range')) : ALL_ROWS
  const rootRange = method === 'read'
  const query = parseTableQuery(parameters, { limits: options.limits, cache: options.cache, headerRange, rootRange })
  if (method === 'replace' && query.limitsRoot) throw failure('PGRST114')
  const payload = parseBody(input, method, { limits: options.limits, columns: query.columns })
  const unshaped = toApi({ method, schema: profile.schema, table, query, payload, preferences })
  const api = Object.freeze({ ...unshaped, shape: shapeOf(unshaped, query.selectText) }) as ApiRequest
  const { media, refusal } = judge(input, preferences)
  return Object.freeze({
    kind: 'rows',
    method,
    api,
    preferences,
    media,
    refusal,
    range: query.range,
    profile,
    parameters,
    location: method === 'read' ? `/${encode(table)}${canonicalQuery(parameters)}` : null,
  })
}

function parseBody(
  input: RestInput,
  method: RowsMethod,
  options: { readonly limits: ParseLimits; readonly columns: readonly string[] | null },
): Payload {
  if (method === 'read' || method === 'delete') return NO_PAYLOAD
  const columns = method === 'replace' ? null : options.columns
  const payload = parsePayload(input.body, {
    contentType: input.header('content-type'),
    columns,
    limits: options.limits,
  })
  if (method === 'replace' && payload.cells.length !== 1) throw failure('PGRST115')
  if (method !== 'update' || payload.cells.length <= 1) return payload
  return Object.freeze({ columns: payload.columns, cells: Object.freeze(payload.cells.slice(0, 1)) })
}

interface ApiParts {
  readonly method: RowsMethod
  readonly schema: string
  readonly table: string
  readonly query: TableQuery
  readonly payload: Payload
  readonly preferences: Preferences
}

function toApi({ method, schema, table, query, payload, preferences }: ApiParts): Unshaped {
  const { select, filters, orders, ranges, values } = query
  const base = { schema, table, select, filters, orders, ranges, count: preferences.count, values }
  if (method === 'read') return { ...base, kind: 'read' }
  const asked = preferences.return ?? 'minimal'
  const returning = asked === 'headers-only' && method !== 'insert' ? 'minimal' : asked
  if (method === 'delete') return { ...base, kind: 'delete', returning }
  const missing = method === 'replace' ? 'null' : (preferences.missing ?? 'null')
  if (method === 'update') return { ...base, kind: 'update', payload, missing, returning }
  if (method === 'replace') {
    return { ...base, kind: 'insert', payload, missing, returning, conflict: null, resolution: 'merge', replace: true }
  }
  const resolution = resolutionOf(preferences)
  const conflict = resolution === null ? null : query.onConflict
  return { ...base, kind: 'insert', payload, missing, returning, conflict, resolution, replace: false }
}

function resolutionOf({ resolution }: Preferences): 'merge' | 'ignore' | null {
  if (resolution === null) return null
  return resolution === 'merge-duplicates' ? 'merge' : 'ignore'
}

/** The media type to answer with, or why there is none; then strict preferences. */
function judge(
  input: RestInput,
  preferences: Preferences,
): { readonly media: Media; readonly refusal: PilarError | null } {
  try {
    const media = negotiateRows(input.header('accept'))
    return { media, refusal: strictRefusal(preferences) }
  } catch (error) {
    if (!(error instanceof PilarError)) throw error
    return { media: negotiateRows(undefined), refusal: error }
  }
}

function strictRefusal({ handling, invalid }: Preferences): PilarError | null {
  if (handling !== 'strict' || invalid.length === 0) return null
  return failure('PGRST122', {}, { details: `Invalid preferences: ${invalid.join(', ')}` })
}
