import type { Observation, Observe } from '../runtime/observe.ts'
import { systemClock } from '../std/clock.ts'
import type { Shell } from './command.ts'
import { progressView } from './progress.ts'

/** Tells a person what becomes of the database, in plain words; everything else goes to `log`. */
export function tellMigrations(shell: Pick<Shell, 'output' | 'terminal'>, log: Observe): Observe {
  const view = progressView(shell, systemClock)
  return (observation) => {
    if (observation.kind === 'migrating') {
      // Small ones are over before anybody could read it.
      if (observation.phase === 'copying') view.show(observation)
      return
    }
    const text = textOf(observation)
    if (text === null) return log(observation)
    view.end()
    if (text !== '') shell.output.report(text)
  }
}

function textOf(observation: Observation): string | null {
  switch (observation.kind) {
    case 'migrated':
      // What a new database is made of stands in schema.ts.
      if (observation.first) return ''
      return ['The database was changed:', ...observation.what.map((one) => `  ${one}`)].join('\n')
    case 'left-undone':
      return `${observation.files.join(', ')}: undone here, and left so. To have it again: pilar migrate apply`
    case 'migration-waiting':
      return `Waiting for ${observation.holder}, which is changing the database …`
    case 'backup-saved':
      return `A backup of the database as it was: ${observation.file}`
    default:
      return null
  }
}
