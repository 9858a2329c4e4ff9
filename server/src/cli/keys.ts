import { existsSync } from 'node:fs'
import { failure } from '../errors/error.ts'
import { deriveKeys, loadSecret } from '../features/auth/index.ts'
import { type Command, JSON_OPTION } from './command.ts'
import { columns } from './output.ts'
import { DATA_OPTIONS, readServing } from './serving.ts'

export const command: Command = {
  synopsis: 'pilar keys [--json] [--project DIR] [--data DIR]',
  description:
    'Shows the keys that clients send. They follow from the project secret: the same secret gives the same keys. The secret is\n' +
    'PILAR_JWT_SECRET, or else a file in the data folder that is made when there is none.',
  options: { ...DATA_OPTIONS, json: JSON_OPTION },
  positionals: { min: 0, max: 0 },
  examples: ['pilar keys', 'export SUPABASE_ANON_KEY=$(pilar keys --json | jq -r .anon)'],
  run: async (invocation) => {
    const { project, settings } = readServing(invocation)
    if (!existsSync(project)) {
      throw failure(
        'PILAR_START',
        { message: `there is no folder ${project}` },
        { hint: 'Name the project with --project DIR.' },
      )
    }
    const keys = deriveKeys(loadSecret(settings.jwtSecret, settings.dataDir))
    const { output } = invocation.shell
    if (invocation.given('json')) output.print(JSON.stringify(keys, null, 2))
    else
      output.print(`${columns([
        ['publishable', keys.publishable],
        ['anon', keys.anon],
        ['secret', keys.secret],
        ['service_role', keys.service_role],
      ])}

publishable and anon mean the same and may ship in a browser: policies decide what they see.
secret and service_role pass every policy: keep them on servers.`)
    return 0
  },
}
