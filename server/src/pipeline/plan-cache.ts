import type { Program } from '../engines/engine.ts'
import { Lru } from '../std/lru.ts'
import type { Asked } from './surface.ts'

/** A request and the Program it leads to. */
export interface Prepared<A extends Asked = Asked> {
  readonly asked: A
  readonly program: Program
}

/** Characters. The columns of a body are part of its shape, so a few long ones would fill the memory: they are planned each time. */
const KEY_LENGTH_MAX = 16_384

/**
 * Programs by request shape, role and model version; and, for reads, whole requests by everything that parsing looks at. Never
 * cleared: a new version makes old keys unreachable and the least used leave first.
 */
export class PlanCache {
  readonly #programs: Lru<string, Program>
  readonly #requests: Lru<string, Prepared>

  constructor(entriesMax: number) {
    this.#programs = new Lru(entriesMax)
    this.#requests = new Lru(entriesMax)
  }

  /** The Program of this key, made on first use. What `make` throws is not remembered. */
  program(key: string, make: () => Program): Program {
    if (key.length > KEY_LENGTH_MAX) return make()
    let program = this.#programs.get(key)
    if (program === undefined) {
      program = make()
      this.#programs.set(key, program)
    }
    return program
  }

  recall(key: string): Prepared | undefined {
    return this.#requests.get(key)
  }

  remember(key: string, prepared: Prepared): void {
    this.#requests.set(key, prepared)
  }
}
