import type { Progress } from '../engines/structure.ts'

/** Everything that can happen which an operator may want to know. Code emits these; a logger and metrics decide what to show. */
export type Observation =
  | { readonly kind: 'listening'; readonly url: string }
  | {
      readonly kind: 'request'
      readonly method: string
      readonly path: string
      readonly status: number
      readonly ms: number
    }
  | { readonly kind: 'request-failed'; readonly id: string; readonly error: unknown }
  /** A migration was run: its file, or each of its steps in words. `first` when there were no tables before. */
  | { readonly kind: 'migrated'; readonly what: readonly string[]; readonly first: boolean }
  /** Files that were undone here, and are not applied again unless a person asks for it. */
  | { readonly kind: 'left-undone'; readonly files: readonly string[] }
  | ({ readonly kind: 'migrating' } & Progress)
  | { readonly kind: 'backup-saved'; readonly file: string }
  /** Somebody else is changing the structure at the moment. */
  | { readonly kind: 'migration-waiting'; readonly holder: string }
  /** The database was changed without us, and the project does not fit it: requests for these tables are refused. */
  | { readonly kind: 'model-outdated'; readonly tables: readonly string[]; readonly error: unknown }
  | {
      readonly kind: 'model-changed'
      readonly catalogVersion: number
      readonly policyVersion: number
      readonly tables: number
    }
  | { readonly kind: 'system-access'; readonly reason: string }
  | { readonly kind: 'stopping'; readonly reason: string }
  /** Life of an engine's connections and processes: `event` names it in the engine's own words. */
  | { readonly kind: 'engine'; readonly event: string; readonly [detail: string]: unknown }

export type Observe = (observation: Observation) => void

/** One observable stream with any number of subscribers. A subscriber that throws is a bug and does not disturb the others. */
export function createObserve(subscribers: readonly Observe[]): Observe {
  return (observation) => {
    for (const subscriber of subscribers) subscriber(observation)
  }
}
