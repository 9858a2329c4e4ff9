/**
 * Checks an invariant of ours. A failure is a bug in Pilar, never bad input: it ends the request with PGRSTX00 (HTTP 500).
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`)
}

/** Makes a `switch` over a union exhaustive: a new member is a compile error at the call. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unexpected value ${JSON.stringify(value)}`)
}
