/** A thing some engine can't do. `false` always says why: the reason becomes the details of 0A000. */
export type Capability = true | { readonly supported: false; readonly because: string }

export const no = (because: string): Capability => ({ supported: false, because })

/** What differs between engines, as data. Lowering passes and the planner's limits read it; nothing asks for an engine's name. */
export interface Capabilities {
  /** Writes give back the rows they wrote. */
  readonly returning: Capability
  /** INSERT … ON CONFLICT. */
  readonly upsert: Capability
  /** Regular expressions in filters. */
  readonly regex: Capability
  readonly ranges: Capability
  readonly fullText: Capability
  readonly arrays: Capability
  /** EXPLAIN for the plan media type. */
  readonly explain: Capability
}
