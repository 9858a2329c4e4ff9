import type { Expectation, Program, Summary } from '../engines/engine.ts'
import type { PilarError } from '../errors/error.ts'
import type { Actor } from '../policy/actor.ts'
import type { ApiRequest } from '../query/request.ts'
import type { HttpReply, HttpRequest } from '../runtime/http.ts'
import type { Catalog } from '../schema/catalog.ts'

/** A parsed request, of whatever surface: the neutral part is all that planning and execution look at. */
export interface Asked {
  readonly api: ApiRequest
  /** What must hold of the outcome, else the write is undone. */
  readonly expect: Expectation | null
  /** What is wrong with the request beside its names: thrown once the plan has shown that the names are right. */
  readonly refusal: PilarError | null
}

/** What the database answered: JSON values joined by commas, and the figures that headers need. */
export interface Outcome {
  readonly json: string
  readonly rows: number
  readonly summary: Summary
  readonly program: Program
}

/** How one protocol talks to the pipeline: REST now; GraphQL, realtime and functions later. */
export interface Surface<A extends Asked> {
  /**
   * Syntax only; throws the PGRST1xx family. A request that needs no database (OPTIONS, a description) is answered here, from the catalog
   * as the caller's role sees it.
   */
  parse(request: HttpRequest, visible: Catalog): A | { readonly reply: HttpReply }
  /** Everything besides role and model that `parse` looks at, for reads that may be remembered; null for the others. */
  rememberKey(request: HttpRequest): string | null
  respond(asked: A, outcome: Outcome): HttpReply
  /** An error in the protocol's own form. `actor` is null where identification itself failed. */
  refuse(error: PilarError, actor: Actor | null): HttpReply
}
