import { PilarError } from '../errors/error.ts'
import type { Location, Problem } from '../schema/definition.ts'
import { ExpressionError } from './expression/index.ts'

export interface Place {
  readonly at: Location | null
  /** `policy select of posts for anon` */
  readonly where: string
  /** Which text of the place: `using`, `check`, `default`. */
  readonly part: string
}

/** Runs one check and turns its mistake into a Problem; null stands for a failed check. Bugs pass through. */
export function attempt<T>(place: Place, problems: Problem[], check: () => T): T | null {
  try {
    return check()
  } catch (error) {
    problems.push(problemOf(place, error))
    return null
  }
}

function problemOf({ at, where, part }: Place, error: unknown): Problem {
  if (error instanceof ExpressionError) {
    const place = error.position === null ? part : `${part}, character ${error.position}`
    return { at, where, message: `${error.message} (${place})`, hint: error.hint }
  }
  if (error instanceof PilarError) return { at, where, message: `${error.message} (${part})`, hint: error.hint }
  throw error
}
