import type { Route } from '../../runtime/http.ts'

const OK = {
  status: 200,
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
  body: '{"status":"ok"}',
}

/** Liveness only: cheap, public, and silent about versions and structure (security D14). */
export const routes: readonly Route[] = [
  { methods: ['GET', 'HEAD'], path: '/health', bodyLimit: null, cors: 'any', handle: async () => OK },
]
