import type { Clock } from '../std/clock.ts'

/** Times the stages of one request. Costs one clock reading a stage when it is on, nothing when it is off. */
export interface StageTimer {
  stage(name: string): void
  /** The value of `Server-Timing` (W3C), or null when timing is off. */
  header(): string | null
}

const OFF: StageTimer = { stage: () => {}, header: () => null }

export function startTimer(enabled: boolean, clock: Clock): StageTimer {
  if (!enabled) return OFF
  const parts: string[] = []
  let last = clock.monotonicMs()
  return {
    stage: (name) => {
      const now = clock.monotonicMs()
      parts.push(`${name};dur=${(now - last).toFixed(3)}`)
      last = now
    },
    header: () => parts.join(', '),
  }
}
