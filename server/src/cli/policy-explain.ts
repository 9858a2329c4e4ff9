import { explainPolicy, type PolicyExplanation } from '../policy/explain.ts'
import type { PolicyAction } from '../schema/definition.ts'
import { isJsonObject, type JsonObject, parseJson } from '../std/json.ts'
import { nearest } from '../std/nearest.ts'
import { type Command, JSON_OPTION, suggestion, UsageError } from './command.ts'
import { POLICY_OPTIONS, withModel } from './load-policies.ts'

const ACTIONS: readonly PolicyAction[] = ['select', 'insert', 'update', 'delete']

export const command: Command = {
  synopsis: 'pilar policy explain --role ROLE [--claims JSON] [--json] [--project DIR] [--database URL] TABLE ACTION',
  description:
    'Says in words and as an expression which rows of TABLE the role may select, insert, update or delete, all its policies taken\n' +
    'together. With --claims the rule is shown for the owner of a token with these claims.',
  options: {
    role: { value: 'ROLE', doc: 'The role that asks: anon, authenticated, or one of the schema’s own.' },
    claims: { value: 'JSON', doc: 'Claims of a token, such as {"sub":"…"}.' },
    ...POLICY_OPTIONS,
    json: JSON_OPTION,
  },
  positionals: { min: 2, max: 2 },
  examples: [
    'pilar policy explain --role anon posts select',
    `pilar policy explain --role authenticated --claims '{"sub":"00000000-0000-4000-8000-000000000001"}' posts update`,
  ],
  run: async (invocation) => {
    const { shell, text, positionals, given } = invocation
    const [table = '', word = ''] = positionals
    const role = text('role')
    if (role === undefined) throw new UsageError('--role is missing', '--role anon')
    const action = readAction(word)
    const claims = readClaims(text('claims'), role)
    return withModel(invocation, ({ catalog, policies }) => {
      const request = { policies, catalog, role, table, action }
      const explanation = explainPolicy(claims === null ? request : { ...request, claims })
      shell.output.print(given('json') ? JSON.stringify(explanation, null, 2) : inWords(explanation))
    })
  },
}

function inWords({ sentences, using, check, columns }: PolicyExplanation): string {
  const parts = [sentences.join('\n')]
  if (using !== null) parts.push(`using  ${using}`)
  if (check !== null) parts.push(`check  ${check}`)
  if (columns.length > 0) parts.push(`columns  ${columns.join(', ')}`)
  return parts.join('\n\n')
}

function readAction(word: string): PolicyAction {
  const action = ACTIONS.find((known) => known === word.toLowerCase())
  if (action !== undefined) return action
  const hint = suggestion(nearest(word, ACTIONS, 0.5)) ?? `one of ${ACTIONS.join(', ')}`
  throw new UsageError(`unknown action "${word}"`, hint)
}

function readClaims(text: string | undefined, role: string): JsonObject | null {
  if (text === undefined) return null
  try {
    const claims = parseJson(text)
    if (isJsonObject(claims)) return { role, ...claims }
  } catch {
    // Said below.
  }
  throw new UsageError('--claims is not a JSON object', `--claims '{"sub":"…"}'`)
}
