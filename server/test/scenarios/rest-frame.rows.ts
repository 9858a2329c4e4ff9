/** Paths, methods, CORS and OPTIONS. */
import type { Row } from './table.ts'

export const frameRows: readonly Row[] = [
  {
    name: 'OPTIONS of a table',
    ask: 'OPTIONS /tags',
    status: 200,
    expectedHeaders: { allow: 'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE', 'access-control-allow-origin': '*' },
  },
  { name: 'OPTIONS of the root', ask: 'OPTIONS /', status: 200, expectedHeaders: { allow: 'OPTIONS,GET,HEAD' } },
  {
    name: 'a preflight needs no key',
    who: 'nobody',
    ask: 'OPTIONS /tags',
    headers: {
      origin: 'https://app.test',
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'apikey,prefer',
    },
    status: 200,
    expectedHeaders: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD',
      'access-control-allow-headers': /apikey,prefer.*Authorization/,
      'access-control-max-age': '86400',
      'access-control-allow-credentials': null,
    },
  },
  {
    name: 'a cross-origin read',
    ask: 'GET /tags?limit=1',
    headers: { origin: 'https://app.test' },
    status: 200,
    expectedHeaders: { 'access-control-allow-origin': '*', 'access-control-expose-headers': /Content-Range/ },
  },
  {
    name: 'no CORS headers without an origin',
    ask: 'GET /tags?limit=1',
    status: 200,
    expectedHeaders: { 'access-control-allow-origin': null },
  },
  {
    name: 'errors are readable across origins too',
    ask: 'GET /nope',
    headers: { origin: 'https://app.test' },
    status: 404,
    expectedHeaders: {
      'access-control-allow-origin': '*',
      'proxy-status': 'PostgREST; error=PGRST205',
      'content-type': 'application/json; charset=utf-8',
    },
  },
  {
    name: 'another method',
    ask: 'TRACE /tags',
    status: 405,
    error: { code: 'PGRST117', message: 'Unsupported HTTP method: TRACE' },
  },
  {
    name: 'a deeper path',
    ask: 'GET /tags/1',
    status: 404,
    error: { code: 'PGRST125', message: 'Invalid path specified in request URL' },
  },
  {
    name: 'functions are not built yet, and say so',
    ask: 'POST /rpc/nope',
    body: {},
    status: 501,
    error: { code: 'PILAR_NOT_BUILT' },
  },
  {
    name: 'no answer is cached or sniffed',
    ask: 'GET /tags?limit=1',
    status: 200,
    expectedHeaders: { 'cache-control': 'private, no-store', 'x-content-type-options': 'nosniff' },
  },
  {
    name: 'nor is the description of the API, which must not show what a role may not use',
    who: 'anon',
    ask: 'GET /',
    status: 501,
    error: { code: 'PILAR_NOT_BUILT' },
    notExpectedContent: ['zq_hidden', 'reviews', 'members', 'reports'],
  },
]
