import type { Expectation } from '../../../engines/engine.ts'
import { failure } from '../../../errors/error.ts'
import type { Kernel } from '../../../pipeline/kernel.ts'
import type { Asked, Surface } from '../../../pipeline/surface.ts'
import type { ApiRequest } from '../../../query/request.ts'
import { errorReply } from '../../../runtime/error-reply.ts'
import type { HttpReply, HttpRequest } from '../../../runtime/http.ts'
import { type Catalog, tableKey } from '../../../schema/catalog.ts'
import { createParseCache } from '../../../wire/rest/parse-cache.ts'
import {
  type OptionsRequest,
  type ParsedRequest,
  parseRequest,
  type RestOptions,
  type RowsRequest,
} from '../../../wire/rest/parse-request.ts'
import { respondError, respondOptions, respondRows } from '../../../wire/rest/respond.ts'

export const PREFIX = '/rest/v1'

/** A request for rows, as the pipeline needs it and as REST will answer it. */
export interface RestAsked extends Asked {
  readonly rows: RowsRequest
  /** The insert has a conflict target: what was named, else the primary key. */
  readonly upsert: boolean
}

/** PostgREST's protocol (protocol.md §1) as a surface of the pipeline. */
export function createRestSurface(kernel: Kernel): Surface<RestAsked> {
  const { limits, settings } = kernel
  const cache = createParseCache()
  return {
    parse: (request, visible) => {
      const options = { schemas: visible.schemas, limits, txOverride: settings.txEndOverride, cache }
      const parsed = parse(request, options)
      return parsed.kind === 'rows' ? ask(parsed, visible) : { reply: answerWithoutRows(parsed, visible) }
    },
    rememberKey,
    respond: ({ rows, upsert }, { json, rows: count, summary, program }) =>
      respondRows(rows, { json, rows: count, ...summary }, { output: program.output, upsert }),
    refuse: (error, actor) => respondError(error, { anonymous: actor?.anonymous ?? true }),
  }
}

function parse(request: HttpRequest, options: RestOptions): ParsedRequest {
  const { method, search, headers, body } = request
  const path = request.path.slice(PREFIX.length)
  return parseRequest({ method, path, search, header: (name) => headers[name], body }, options)
}

function ask(rows: RowsRequest, visible: Catalog): RestAsked {
  const { api, refusal } = rows
  return { rows, api, expect: expectationOf(rows), refusal, upsert: isUpsert(api, visible) }
}

function isUpsert(api: ApiRequest, visible: Catalog): boolean {
  if (api.kind !== 'insert' || api.resolution === null) return false
  const table = visible.tables.get(tableKey(api.schema, api.table))
  return api.conflict !== null || (table !== undefined && table.primaryKey.length > 0)
}

/** What would make the write not happen: too many rows, not exactly one, or a caller who only tries. */
function expectationOf({ method, media, preferences }: RowsRequest): Expectation | null {
  if (method === 'read') return null
  const { handling, maxAffected, tx } = preferences
  const capped = handling === 'strict' && maxAffected !== null && (method === 'update' || method === 'delete')
  const expectation: Expectation = {
    ...(capped ? { affectedMax: maxAffected } : {}),
    ...(media.kind === 'object' ? { affectedExactly: 1 } : {}),
    ...(tx === 'rollback' ? { rollback: true } : {}),
  }
  return Object.keys(expectation).length === 0 ? null : expectation
}

/** Everything that parsing a read looks at, and nothing that authorizes (security Z13). */
function rememberKey(request: HttpRequest): string | null {
  if (request.method !== 'GET' && request.method !== 'HEAD') return null
  const { headers } = request
  return [
    request.method,
    request.path,
    request.search,
    headers.accept ?? '',
    headers['accept-profile'] ?? '',
    headers.prefer ?? '',
    headers.range ?? '',
    headers['range-unit'] ?? '',
  ].join('\n')
}

function answerWithoutRows(parsed: Exclude<ParsedRequest, RowsRequest>, visible: Catalog): HttpReply {
  switch (parsed.kind) {
    case 'options':
      return answerOptions(parsed, visible)
    case 'root':
      return errorReply(
        failure(
          'PILAR_NOT_BUILT',
          { feature: 'The description of the API (OpenAPI)' },
          { hint: 'Tables are at /rest/v1/TABLE.' },
        ),
      )
    case 'rpc':
      return errorReply(failure('PILAR_NOT_BUILT', { feature: 'Calling functions (/rest/v1/rpc)' }))
  }
}

function answerOptions({ target, name, profile }: OptionsRequest, visible: Catalog): HttpReply {
  if (target !== 'relation' || name === null) return respondOptions(null)
  const table = visible.tables.get(tableKey(profile.schema, name))
  if (table === undefined) throw failure('PGRST205', { name: tableKey(profile.schema, name) })
  return respondOptions({ writable: table.writable, hasPrimaryKey: table.primaryKey.length > 0 })
}
