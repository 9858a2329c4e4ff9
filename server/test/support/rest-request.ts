import { PilarError } from '../../src/errors/error.ts'
import { DEFAULT_PARSE_LIMITS, type ParseLimits } from '../../src/wire/rest/limits.ts'
import type { ParseCache } from '../../src/wire/rest/parse-cache.ts'
import { type ParsedRequest, parseRequest, type RowsRequest } from '../../src/wire/rest/parse-request.ts'

export interface TestRequest {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly limits?: Partial<ParseLimits>
  readonly schemas?: readonly string[]
  readonly cache?: ParseCache
}

/** Parses `GET /albums?select=*` and the like, as the pipeline would hand it over. */
export function parse(line: string, more: TestRequest = {}): ParsedRequest {
  const space = line.indexOf(' ')
  const mark = line.indexOf('?')
  const { headers = {}, body } = more
  return parseRequest(
    {
      method: line.slice(0, space),
      path: line.slice(space + 1, mark < 0 ? undefined : mark),
      search: mark < 0 ? '' : line.slice(mark + 1),
      header: (name) => headers[name],
      body: typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? null),
    },
    {
      schemas: more.schemas ?? ['public'],
      limits: { ...DEFAULT_PARSE_LIMITS, ...more.limits },
      txOverride: true,
      ...cacheOf(more),
    },
  )
}

function cacheOf({ cache }: TestRequest): { readonly cache?: ParseCache } {
  return cache === undefined ? {} : { cache }
}

export function parseRows(line: string, more: TestRequest = {}): RowsRequest {
  const parsed = parse(line, more)
  if (parsed.kind !== 'rows') throw new Error(`assertion failed: ${line} is no request for rows`)
  return parsed
}

/** The error body that `run` throws, as the wire shows it. */
export function errorOf(run: () => unknown): Readonly<Record<string, unknown>> {
  try {
    run()
  } catch (error) {
    if (!(error instanceof PilarError)) throw error
    const { code, message, details, hint } = error
    return { code, message, details, hint }
  }
  throw new Error('assertion failed: nothing was thrown')
}
