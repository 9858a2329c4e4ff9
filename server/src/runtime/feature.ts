import type { Definitions } from './define.ts'
import type { Route } from './http.ts'

/** A built-in module. It declares data; the host wires it. A member that a feature does not need is left out. */
export interface Feature<Context> {
  readonly name: string
  /** Features that must be there too. */
  readonly requires?: readonly string[]
  readonly settings?: Definitions
  readonly routes?: (context: Context) => readonly Route[]
}

/** Declares a feature; checks at load what a type can't. */
export function feature<Context>(definition: Feature<Context>): Feature<Context> {
  return Object.freeze(definition)
}
