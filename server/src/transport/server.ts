import { METHODS, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { failure, PilarError } from '../errors/error.ts'
import { errorReply } from '../runtime/error-reply.ts'
import type { HttpReply, Route } from '../runtime/http.ts'
import type { Limits } from '../runtime/limits.ts'
import type { Observe } from '../runtime/observe.ts'
import type { Settings } from '../runtime/settings.ts'
import type { Clock } from '../std/clock.ts'
import { KIB, SECOND_MS } from '../std/units.ts'
import { type Cors, createCors } from './cors.ts'
import { TransportRequest } from './request.ts'

export interface TransportOptions {
  readonly routes: readonly Route[]
  readonly settings: Settings
  readonly limits: Limits
  readonly observe: Observe
  readonly clock: Clock
  /** Makes a bug's answer: the error that may be shown. */
  readonly refuse: (error: unknown) => PilarError
}

export interface Transport {
  /** Starts to listen and gives the base URL. Throws PILAR_START with the remedy when the port is taken. */
  listen(): Promise<string>
  /** Stops accepting, lets running requests finish, closes idle connections. */
  close(): Promise<void>
}

const HEADERS_TIMEOUT_MS = 10 * SECOND_MS
const KEEP_ALIVE_MS = 65 * SECOND_MS
const CHECK_INTERVAL_MS = SECOND_MS
const HEADER_BYTES_MAX = 16 * KIB
const URL_HINT = 'Percent-encode what is not ASCII, and blanks: é is %C3%A9. With curl: -G --data-urlencode.'

/** On every answer, errors included (security T03, Z13). A reply's own header of the same name wins. */
const BASE_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'private, no-store',
} as const

export function createTransport(options: TransportOptions): Transport {
  const app = createFastify(options)
  const cors = createCors(options.settings.corsOrigins)
  for (const route of options.routes) addRoute(app, route, { ...options, cors })
  app.setNotFoundHandler((request, reply) => {
    const path = (request.raw.url ?? '/').split('?')[0] ?? '/'
    send(reply, errorReply(failure('PILAR_NOT_FOUND', { path: path.slice(0, 200) })), null)
  })
  app.setErrorHandler((error, _request, reply) => send(reply, errorReply(transportError(error, options)), null))
  return {
    listen: () => listen(app, options.settings),
    close: () => app.close(),
  }
}

function createFastify(options: TransportOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    requestTimeout: options.limits.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    bodyLimit: options.limits.bodyBytesMax,
    clientErrorHandler: refuseUnread,
    // A path that can't be decoded matches no route: it is refused before there is one.
    frameworkErrors: (error, _request, reply) =>
      send(reply as FastifyReply, errorReply(transportError(error, options)), null),
    http: { connectionsCheckingInterval: CHECK_INTERVAL_MS, maxHeaderSize: HEADER_BYTES_MAX },
  })
  app.server.headersTimeout = HEADERS_TIMEOUT_MS
  app.server.maxConnections = options.limits.connectionsMax
  app.removeAllContentTypeParsers()
  // Features parse bodies themselves: the transport only bounds and reads them.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  for (const method of METHODS) {
    if (method !== 'CONNECT' && !app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true })
  }
  return app
}

type RouteOptions = TransportOptions & { readonly cors: Cors }

function addRoute(app: FastifyInstance, route: Route, options: RouteOptions): void {
  const methods = route.methods === '*' ? app.supportedMethods : route.methods
  app.route({
    method: [...methods],
    url: route.path,
    bodyLimit: route.bodyLimit === null ? options.limits.bodyBytesMax : options.limits[route.bodyLimit],
    handler: (request, reply) => answer({ request, reply, route, options }),
  })
}

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly route: Route
  readonly options: RouteOptions
}

async function answer({ request, reply, route, options }: Exchange): Promise<void> {
  const { raw } = request
  const origin = route.cors === 'any' ? raw.headers.origin : undefined
  if (origin !== undefined && raw.method === 'OPTIONS' && raw.headers['access-control-request-method'] !== undefined) {
    const headers = options.cors.preflightFor(origin, raw.headers['access-control-request-headers'])
    return send(reply, { status: 200, headers, body: null }, null)
  }
  const corsHeaders = origin === undefined ? null : options.cors.headersFor(origin)
  const startedMs = options.settings.logLevel === 'debug' ? options.clock.monotonicMs() : 0
  let answered: HttpReply
  try {
    if ((raw.url ?? '').length > options.limits.urlBytesMax) {
      throw failure('PILAR_URL_TOO_LONG', { limit: 'urlBytesMax', max: options.limits.urlBytesMax })
    }
    const body = request.body instanceof Uint8Array ? request.body : null
    answered = await route.handle(new TransportRequest(raw, reply.raw, body))
  } catch (error) {
    answered = errorReply(options.refuse(error))
  }
  send(reply, answered, corsHeaders)
  if (options.settings.logLevel === 'debug') observeRequest(options, { raw, answered, startedMs })
}

function observeRequest(
  options: RouteOptions,
  done: { raw: FastifyRequest['raw']; answered: HttpReply; startedMs: number },
): void {
  const path = (done.raw.url ?? '/').split('?')[0] ?? '/'
  const ms = options.clock.monotonicMs() - done.startedMs
  options.observe({ kind: 'request', method: done.raw.method ?? 'GET', path, status: done.answered.status, ms })
}

/** Writes straight to the socket: headers are complete and the body is bytes already, so no serializer has to look at them. */
function send(reply: FastifyReply, answer: HttpReply, corsHeaders: Readonly<Record<string, string>> | null): void {
  reply.hijack()
  const { body } = answer
  const headers: Record<string, string | number> = { ...BASE_HEADERS, ...corsHeaders, ...answer.headers }
  if (headers['Content-Length'] === undefined && answer.status !== 204 && answer.status !== 304) {
    headers['Content-Length'] = body === null ? 0 : Buffer.byteLength(body)
  }
  reply.raw.writeHead(answer.status, headers)
  if (body === null || reply.request.raw.method === 'HEAD') reply.raw.end()
  else reply.raw.end(body)
}

/** Fastify's own refusals (body too large, malformed request) in our form; anything else is a bug. */
function transportError(error: unknown, options: TransportOptions): PilarError {
  if (error instanceof PilarError) return error
  const code = (error as { code?: string }).code
  const status = (error as { statusCode?: number }).statusCode ?? 500
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return failure('PILAR_BODY_TOO_LARGE', { limit: 'bodyBytesMax', max: options.limits.bodyBytesMax })
  }
  if (status < 500) return failure('PGRST102', { message: (error as Error).message })
  return options.refuse(error)
}

/** Node could not read the request: there is no request and no reply yet, only the socket. */
function refuseUnread(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, body, headers } = errorReply(unreadable(error))
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body ?? new Uint8Array())
  const head = Object.entries({
    ...BASE_HEADERS,
    ...headers,
    'Content-Length': Buffer.byteLength(text),
    Connection: 'close',
  })
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...head.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
}

function unreadable({ code }: NodeJS.ErrnoException): PilarError {
  if (code === 'HPE_INVALID_URL') return failure('PGRST125', {}, { status: 400, hint: URL_HINT })
  if (code === 'HPE_HEADER_OVERFLOW') {
    return failure('PILAR_URL_TOO_LONG', { limit: 'of URL and headers', max: HEADER_BYTES_MAX }, { status: 431 })
  }
  const status = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  return failure(
    'PGRST102',
    { message: status === 408 ? 'The request came too slowly' : 'Malformed HTTP request' },
    { status },
  )
}

async function listen(app: FastifyInstance, settings: Settings): Promise<string> {
  const { host, port } = settings
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw startError(error, host, port)
  }
  const address = app.server.address() as AddressInfo
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${shown === '0.0.0.0' || shown === '[::]' ? 'localhost' : shown}:${address.port}`
}

function startError(error: unknown, host: string, port: number): PilarError {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EADDRINUSE') {
    const hint = `Stop the program that uses it, or choose another port: --port ${port + 1} (or PORT=${port + 1}).`
    return failure('PILAR_START', { message: `port ${port} on ${host} is already taken` }, { hint, cause: error })
  }
  if (code === 'EACCES') {
    const hint = 'Ports below 1024 need special rights: choose a higher one with --port.'
    return failure('PILAR_START', { message: `not allowed to listen on port ${port}` }, { hint, cause: error })
  }
  const hint = 'The host is an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them.'
  return failure(
    'PILAR_START',
    { message: `can't listen on ${host}:${port}: ${(error as Error).message}` },
    { hint, cause: error },
  )
}
