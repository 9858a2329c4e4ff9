import { systemClock } from '../../../std/clock.ts'
import type { Lease, LeaseOptions } from '../../structure.ts'
import { LEASE_MS } from '../../structure.ts'
import { patiently, requireLeave, sleep } from './pacer.ts'
import type { Ask } from './run.ts'

/** How often a process that waits asks again, in milliseconds. */
const POLL_MS = 200
/** A holder renews in good time, even when its process is busy for a while. */
const RENEW_MS = LEASE_MS / 4

/**
 * Whether a holder has not renewed its lease for as long as leases last. When the clock was put back meanwhile, the moment that is written in the
 * lease of one who is gone may be years away.
 */
export class Silence {
  #mark: string | null = null
  #sinceMs = 0

  lasts(mark: string, monotonicMs: number): boolean {
    if (mark !== this.#mark) {
      this.#mark = mark
      this.#sinceMs = monotonicMs
    }
    return monotonicMs - this.#sinceMs > LEASE_MS
  }
}

/** The lease as its holder has it: renewed until it is released or the process ends. */
export class HeldLease implements Lease {
  readonly holder: string
  readonly fence: number
  readonly #ask: Ask
  readonly #timer: NodeJS.Timeout

  private constructor(holder: string, fence: number, ask: Ask) {
    this.holder = holder
    this.fence = fence
    this.#ask = ask
    // A lease that was lost shows with the next thing that is written under it, and a lock that could not be had is asked for again.
    this.#timer = setInterval(() => this.#renew().catch(() => {}), RENEW_MS).unref()
  }

  static async acquire({ holder, signal, waiting }: LeaseOptions, ask: Ask): Promise<HeldLease> {
    let told: string | null = null
    let gone: string | null = null
    const silence = new Silence()
    for (;;) {
      requireLeave(signal)
      const taken = await patiently(signal, () => {
        const nowMs = systemClock.now()
        return ask({ kind: 'take-lease', holder, nowMs, untilMs: nowMs + LEASE_MS, gone })
      })
      if (taken.fence !== null) return new HeldLease(holder, taken.fence, ask)
      if (silence.lasts(taken.mark, systemClock.monotonicMs())) gone = taken.mark
      if (taken.holder !== told) waiting?.(taken.holder)
      told = taken.holder
      await sleep(POLL_MS, signal)
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#ask({ kind: 'release-lease', fence: this.fence })
  }

  async #renew(): Promise<void> {
    await this.#ask({ kind: 'renew-lease', claim: { fence: this.fence, untilMs: systemClock.now() + LEASE_MS } })
  }
}
