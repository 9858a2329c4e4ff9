import type { Clock } from '../std/clock.ts'
import type { Observation, Observe } from './observe.ts'
import type { Settings } from './settings.ts'

const RANK = { silent: 0, error: 1, info: 2, debug: 3 } as const

/** A subscriber that writes observations as one line of JSON each: for people with `jq`, and for every log collector. Never a body or a secret. */
export function createLogger(level: Settings['logLevel'], clock: Clock, write: (line: string) => void): Observe {
  return (observation) => {
    if (RANK[levelOf(observation)] > RANK[level]) return
    const { kind, ...details } = observation
    write(JSON.stringify({ at: new Date(clock.now()).toISOString(), kind, ...details }, plainErrors))
  }
}

function levelOf(observation: Observation): 'error' | 'info' | 'debug' {
  switch (observation.kind) {
    case 'request-failed':
      return 'error'
    case 'request':
    case 'engine':
      return 'debug'
    default:
      return 'info'
  }
}

function plainErrors(_key: string, value: unknown): unknown {
  if (value instanceof Error)
    return { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
  if (typeof value === 'bigint') return String(value)
  return value
}
