import type { Observation, Observe } from '../runtime/observe.ts'
import type { Settings } from '../runtime/settings.ts'
import type { Output } from './output.ts'

type Level = Settings['logLevel']

const RANK: Readonly<Record<Level, number>> = { silent: 0, error: 1, info: 2, debug: 3 }

/** Writes observations to stderr, as the setting `logLevel` says: one line each, values that could break a line as JSON. */
export function createLog(level: Level, output: Output): Observe {
  return (observation) => {
    if (RANK[levelOf(observation)] <= RANK[level]) output.report(lineOf(observation))
  }
}

function levelOf(observation: Observation): Level {
  switch (observation.kind) {
    case 'request-failed':
    case 'model-outdated':
      return 'error'
    case 'migrated':
    case 'left-undone':
    case 'migration-waiting':
    case 'backup-saved':
    case 'system-access':
      return 'info'
    default:
      return 'debug'
  }
}

function lineOf(observation: Observation): string {
  const { kind, ...details } = observation
  const words = Object.entries(details).map(([name, value]) => `${name}=${textOf(value)}`)
  return [kind, ...words].join(' ')
}

function textOf(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.stack ?? value.message)
  if (typeof value === 'string') return /^[\w./:%@+-]+$/.test(value) ? value : JSON.stringify(value)
  return (
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? 'undefined'
  )
}
