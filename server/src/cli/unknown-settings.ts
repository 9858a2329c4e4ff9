import { LIMITS } from '../runtime/limits.ts'
import { SETTINGS } from '../runtime/settings.ts'
import { nearest } from '../std/nearest.ts'
import { type Shell, suggestion } from './command.ts'

const PREFIX = 'PILAR_'
const SIMILARITY_MIN = 0.6

/** What package.json can note for Pilar. */
const NOTED = ['database']

/** A line for each variable that looks like a setting and is none, and for each such note in package.json: they are ignored. */
export function unknownSettings(env: Shell['env'], noted: readonly string[]): readonly string[] {
  const known = [...Object.values(SETTINGS), ...Object.values(LIMITS)].map(({ env: name }) => name)
  const variables = Object.keys(env).filter((name) => name.startsWith(PREFIX) && env[name] !== undefined)
  const given = variables.filter((name) => !known.includes(name)).sort()
  return [
    ...given.map((name) => lineOf(name, nearestVariable(name, known))),
    ...noted
      .filter((name) => !NOTED.includes(name))
      .map((name) => lineOf(`"${name}" in package.json`, nearest(name, NOTED, SIMILARITY_MIN))),
  ]
}

/** What all have in common tells nothing. */
function nearestVariable(name: string, known: readonly string[]): string | null {
  const bare = (one: string): string => one.slice(one.startsWith(PREFIX) ? PREFIX.length : 0)
  const near = nearest(bare(name), known.map(bare), SIMILARITY_MIN)
  return known.find((one) => bare(one) === near) ?? known.find((one) => one === bare(name)) ?? null
}

function lineOf(name: string, meant: string | null): string {
  const hint = suggestion(meant)
  return `${name} is no setting of Pilar, and is ignored${hint === null ? '' : `: ${hint}`}`
}
