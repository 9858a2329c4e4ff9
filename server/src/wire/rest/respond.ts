import { failure, type PilarError } from '../../errors/error.ts'
import { isJsonArray, type Json, parseJson, RawNumber, stringifyJson } from '../../std/json.ts'
import { type CsvColumn, toCsv } from '../csv.ts'
import type { RowsRequest } from './parse-request.ts'
import { preferenceApplied } from './preferences.ts'
import { encode } from './query-string.ts'

/** The outcome of a program, collected. */
export interface ResultText {
  /** The rows' JSON objects joined by commas, without brackets; empty when there are none or none are returned. */
  readonly json: string
  /** How many rows `json` holds. */
  readonly rows: number
  /** Rows matching in all, when they were counted. */
  readonly total: number | null
  /** Rows written; null for a read. */
  readonly affected: number | null
  /** Rows newly inserted by an upsert; null otherwise. */
  readonly inserted: number | null
  /** Primary key of the only written row. */
  readonly key: readonly { readonly column: string; readonly value: string | null }[] | null
}

export interface ResultScope {
  /** Members of a row and their types, for CSV. */
  readonly output: readonly CsvColumn[]
  /** The insert had a conflict target. */
  readonly upsert: boolean
}

export interface RestResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** null: no body, as for 204. For HEAD it is what GET would send: the transport sends its length alone. */
  readonly body: string | null
}

/** The answer to a request for rows. Throws PGRST103 (offset beyond the end) and PGRST116 (not exactly one row). */
export function respondRows(request: RowsRequest, result: ResultText, scope: ResultScope): RestResponse {
  const headers: Record<string, string> = {}
  const applied = preferenceApplied(request.preferences, { method: request.method, upsert: scope.upsert })
  if (applied !== null) headers['Preference-Applied'] = applied
  if (request.profile.echo) headers['Content-Profile'] = request.profile.schema
  return request.method === 'read'
    ? respondRead(request, result, { scope, headers })
    : respondWrite(request, result, { scope, headers })
}

interface Draft {
  readonly scope: ResultScope
  readonly headers: Record<string, string>
}

function respondRead(request: RowsRequest, result: ResultText, { scope, headers }: Draft): RestResponse {
  const { offset } = request.range
  const { rows, total } = result
  if (total !== null && offset > total) {
    const details = `An offset of ${offset} was requested, but there are only ${total} rows.`
    throw failure('PGRST103', {}, { details, headers: { 'Content-Range': `*/${total}` } })
  }
  checkSingular(request, rows)
  headers['Content-Range'] = contentRange(offset, rows, total)
  headers['Content-Location'] = request.location ?? ''
  headers['Content-Type'] = request.media.contentType
  headers['Vary'] = 'Accept, Prefer, Range'
  const status = total !== null && rows < total ? 206 : 200
  return { status, headers, body: bodyText(request, result.json, scope) }
}

/** `lo-hi/total`; `*` for no rows and for a total that was not counted. */
export function contentRange(offset: number, rows: number, total: number | null): string {
  const range = rows === 0 || total === 0 ? '*' : `${offset}-${offset + rows - 1}`
  return `${range}/${total ?? '*'}`
}

function respondWrite(request: RowsRequest, result: ResultText, { scope, headers }: Draft): RestResponse {
  const affected = result.affected ?? result.rows
  checkSingular(request, affected)
  const counted = request.preferences.count === 'exact' || request.preferences.count === 'estimated'
  const total = counted ? affected : null
  if (request.method === 'update') headers['Content-Range'] = contentRange(0, affected, total)
  if (request.method === 'insert' || request.method === 'delete') headers['Content-Range'] = `*/${total ?? '*'}`
  const location = locationOf(request, result)
  if (location !== null) headers['Location'] = location
  const shown = request.api.kind !== 'read' && request.api.returning === 'representation'
  const status = writeStatus(request, result, shown)
  if (shown) {
    headers['Content-Type'] = request.media.contentType
    return { status, headers, body: bodyText(request, result.json, scope) }
  }
  if (status === 204) return { status, headers, body: null }
  headers['Content-Length'] = '0'
  return { status, headers, body: '' }
}

function writeStatus(request: RowsRequest, result: ResultText, shown: boolean): number {
  const { inserted } = result
  switch (request.method) {
    case 'insert':
      return request.preferences.resolution === 'merge-duplicates' && inserted === 0 ? 200 : 201
    case 'replace':
      return shown ? (inserted === 0 ? 200 : 201) : 204
    default:
      return shown ? 200 : 204
  }
}

/** `Location: /rel?pk=eq.1` of the only row that was inserted, for `return=headers-only`. */
function locationOf(request: RowsRequest, result: ResultText): string | null {
  const { api } = request
  if (api.kind !== 'insert' || api.returning !== 'headers-only' || result.key === null) return null
  const filters = result.key.map(({ column, value }) => {
    return `${encode(column)}=${value === null ? 'is.null' : `eq.${encode(value)}`}`
  })
  return `/${encode(api.table)}?${filters.join('&')}`
}

/** The singular media types want exactly one row. */
function checkSingular(request: RowsRequest, rows: number): void {
  if (request.media.kind !== 'object' || rows === 1) return
  throw notSingular(rows)
}

/** PGRST116 for a result of another number of rows than one. */
export function notSingular(rows: number): PilarError {
  return failure('PGRST116', {}, { details: `The result contains ${rows} rows` })
}

function bodyText(request: RowsRequest, json: string, scope: ResultScope): string {
  const { media } = request
  if (media.kind === 'csv') return toCsv(`[${json}]`, scope.output)
  const text = media.kind === 'object' ? json : `[${json}]`
  return media.stripped ? stringifyJson(withoutNulls(parseJson(text))) : text
}

/** Leaves out members that are null, at every depth; elements of arrays stay. */
function withoutNulls(value: Json): Json {
  if (value === null || typeof value !== 'object' || value instanceof RawNumber) return value
  if (isJsonArray(value)) return value.map(withoutNulls)
  const kept = Object.keys(value)
    .map((key) => [key, value[key] ?? null] as const)
    .filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutNulls(member)]))
}

/** The answer to an error. `anonymous` callers get 401 where others get 403: a token could change the outcome. */
export function respondError(error: PilarError, options: { readonly anonymous: boolean }): RestResponse {
  const status = error.code === '42501' && options.anonymous ? 401 : error.status
  const headers: Record<string, string> = {
    'Content-Type': 'application/json; charset=utf-8',
    'Proxy-Status': `PostgREST; error=${error.code}`,
    ...error.headers,
  }
  return { status, headers, body: errorBody(error) }
}

/** `{"code":…,"message":…,"details":…,"hint":…}`. */
export function errorBody(error: PilarError): string {
  const { code, message, details, hint } = error
  return JSON.stringify({ code, message, details, hint })
}

export interface Updatability {
  readonly writable: boolean
  readonly hasPrimaryKey: boolean
}

/** OPTIONS of a relation: the methods it takes. */
export function respondOptions(table: Updatability | null): RestResponse {
  const writes = table?.writable === true ? `,POST${table.hasPrimaryKey ? ',PUT' : ''},PATCH,DELETE` : ''
  const headers = { Allow: `OPTIONS,GET,HEAD${writes}`, 'Access-Control-Allow-Origin': '*', 'Content-Length': '0' }
  return { status: 200, headers, body: '' }
}
