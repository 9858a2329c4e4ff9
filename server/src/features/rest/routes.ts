import type { Kernel } from '../../pipeline/kernel.ts'
import { run } from '../../pipeline/run.ts'
import type { Route } from '../../runtime/http.ts'
import { createRestSurface, PREFIX } from './operations/rest-surface.ts'

/** All of PostgREST's paths are one route: which relation, and whether it exists for the caller, is for the plan to say. */
export function routes(kernel: Kernel): readonly Route[] {
  const surface = createRestSurface(kernel)
  return [PREFIX, `${PREFIX}/*`].map((path) => ({
    methods: '*',
    path,
    bodyLimit: 'bodyBytesMax',
    cors: 'any',
    handle: (request) => run(request, surface, kernel),
  }))
}
