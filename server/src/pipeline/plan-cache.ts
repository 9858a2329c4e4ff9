import type { Program } from '../engines/engine.ts'
import { Lru } from '../std/lru.ts'
import type { Asked } from './surface.ts'

/** A request that was seen before, byte for byte, with the Program it led to: neither parsed nor planned again. */
export interface Remembered {
  readonly asked: Asked
  readonly program: Program
}

/**
 * Programs by request shape, role and model version; and, for reads, whole requests by everything that parsing looks at. Never
 * cleared: a new version makes old keys unreachable and the least used leave first.
 */
export class PlanCache {
  readonly #programs: Lru<string, Program>
  readonly #requests: Lru<string, Remembered>

  constructor(entriesMax: number) {
    this.#programs = new Lru(entriesMax)
    this.#requests = new Lru(entriesMax)
  }

  program(key: string, make: () => Program): Program {
    let program = this.#programs.get(key)
    if (program === undefined) {
      program = make()
      this.#programs.set(key, program)
    }
    return program
  }

  recall(key: string): Remembered | undefined {
    return this.#requests.get(key)
  }

  remember(key: string, remembered: Remembered): void {
    this.#requests.set(key, remembered)
  }
}
