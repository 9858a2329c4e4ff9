import { systemClock } from './clock.ts'

/** Work that can be interrupted between its pieces, and what it gives in the end. */
export type Pieces<T> = Generator<void, T>

/** How long a thread that others wait for works on at most, in milliseconds, unless one piece takes longer. */
const TURN_MS = 2

/** `body` of each item, one piece after the other. */
export function* inPieces<Item, T>(items: Iterable<Item>, body: (item: Item, index: number) => T): Pieces<T[]> {
  const all: T[] = []
  for (const item of items) {
    all.push(body(item, all.length))
    yield
  }
  return all
}

/** All pieces one after the other, where nobody waits. */
export function atOnce<T>(pieces: Pieces<T>): T {
  for (;;) {
    const { done, value } = pieces.next()
    if (done === true) return value
  }
}

/** All pieces, with turns for everybody else in between. */
export async function inTurns<T>(pieces: Pieces<T>): Promise<T> {
  let sinceMs = systemClock.monotonicMs()
  for (;;) {
    const { done, value } = pieces.next()
    if (done === true) return value
    if (systemClock.monotonicMs() - sinceMs < TURN_MS) continue
    await otherTurns()
    sinceMs = systemClock.monotonicMs()
  }
}

/** Lets waiting requests have their turn, between two parts of work that take milliseconds each. */
export function otherTurns(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
