/** Cross-origin rules of bearer-token surfaces (protocol.md §1.11): any origin without credentials, or only those configured. */
export interface Cors {
  /** Headers to add to an answer for this Origin. */
  headersFor(origin: string): Readonly<Record<string, string>>
  /** The whole answer to a preflight. */
  preflightFor(origin: string, requestedHeaders: string | undefined): Readonly<Record<string, string>>
}

const EXPOSED =
  'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit'
const METHODS = 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD'
const ALWAYS_ALLOWED = 'Authorization, Accept, Accept-Language, Content-Language'
const HEADER_LIST = /^[\w\-, ]{1,2000}$/

/** `origins`: `*`, or a comma-separated list of exact origins. */
export function createCors(origins: string): Cors {
  const listed = origins.trim() === '*' ? null : new Set(origins.split(',').map((origin) => origin.trim()))
  const allow = (origin: string): Record<string, string> => {
    if (listed === null) return { 'Access-Control-Allow-Origin': '*' }
    if (!listed.has(origin)) return {}
    return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin' }
  }
  return {
    headersFor: (origin) => ({ ...allow(origin), 'Access-Control-Expose-Headers': EXPOSED }),
    preflightFor: (origin, requestedHeaders) => ({
      ...allow(origin),
      'Access-Control-Allow-Methods': METHODS,
      'Access-Control-Allow-Headers':
        requestedHeaders !== undefined && HEADER_LIST.test(requestedHeaders)
          ? `${requestedHeaders}, ${ALWAYS_ALLOWED}`
          : ALWAYS_ALLOWED,
      'Access-Control-Max-Age': '86400',
      'Content-Length': '0',
    }),
  }
}
