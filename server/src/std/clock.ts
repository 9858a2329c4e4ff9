/** The only home of the wall clock and of the monotonic timer; everything else is handed a `Clock`. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Microseconds since the Unix epoch, as PostgreSQL timestamps need. */
  nowMicros(): bigint
  /** Monotonic milliseconds with a fraction, for durations only. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  nowMicros: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)),
  monotonicMs: () => performance.now(),
}
