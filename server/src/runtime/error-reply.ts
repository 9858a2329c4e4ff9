import type { PilarError } from '../errors/error.ts'
import type { HttpReply } from './http.ts'

/** The error body that every surface of PostgREST's family shares (protocol.md §1.13). */
export function errorReply(error: PilarError): HttpReply {
  const body = { code: error.code, message: error.message, details: error.details, hint: error.hint }
  return {
    status: error.status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Proxy-Status': `PostgREST; error=${error.code}`,
      ...error.headers,
    },
    body: JSON.stringify(body),
  }
}
