import { failure } from '../../errors/error.ts'
import { errorReply } from '../../runtime/error-reply.ts'
import type { Route } from '../../runtime/http.ts'

const RESERVED = [
  ['/auth/v1', 'Authentication'],
  ['/storage/v1', 'Storage'],
  ['/realtime/v1', 'Realtime'],
  ['/functions/v1', 'Functions'],
  ['/graphql/v1', 'GraphQL'],
] as const

/** Every surface of the protocol that no feature serves yet answers a typed 501, so that a client can tell "not built" from "wrong URL". */
export const routes: readonly Route[] = RESERVED.flatMap(([path, name]) =>
  [path, `${path}/*`].map(
    (pattern): Route => ({
      methods: '*',
      path: pattern,
      bodyLimit: null,
      cors: 'any',
      handle: async () => errorReply(failure('PILAR_NOT_BUILT', { feature: `${name} (${path})` })),
    }),
  ),
)
