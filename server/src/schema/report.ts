import { nearest } from '../std/nearest.ts'
import type { Location, Problem } from './definition.ts'

/** Where in words, and where in the file when that is known. */
export interface Spot {
  readonly where: string
  readonly at: Location | null
}

/** Gathers mistakes: all of them are told at once. */
export class Report {
  readonly problems: Problem[] = []

  add(spot: Spot, message: string, hint: string | null = null): void {
    this.problems.push({ at: spot.at, where: spot.where, message, hint })
  }

  /** Reports a name that is none of `known`, with the nearest of them. True when it is known. */
  checkName(spot: Spot, what: string, names: { readonly name: string; readonly known: Iterable<string> }): boolean {
    const known = [...names.known]
    if (known.includes(names.name)) return true
    this.add(spot, `there is no ${what} "${names.name}"`, suggestion(names.name, known))
    return false
  }
}

/** `Perhaps you meant "title".`, or what there is when nothing is near and the list is short. */
export function suggestion(name: string, known: readonly string[]): string | null {
  const near = nearest(name, known)
  if (near !== null) return `Perhaps you meant "${near}".`
  return known.length > 0 && known.length <= 8 ? `There is: ${known.join(', ')}.` : null
}
