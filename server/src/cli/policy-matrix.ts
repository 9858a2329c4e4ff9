import { type PolicyRow, policyMatrix } from '../policy/explain.ts'
import { type Catalog, DEFAULT_SCHEMA } from '../schema/catalog.ts'
import { type Command, JSON_OPTION } from './command.ts'
import { POLICY_OPTIONS, withModel } from './load-policies.ts'
import { columns } from './output.ts'

export const command: Command = {
  synopsis: 'pilar policy matrix [--json] [--project DIR] [--database URL]',
  description:
    'Prints what every role may do with every table: role × table × action × columns, with the effective rule. The order never\n' +
    'changes by itself: keep the output in Git, compare it in CI, and nobody widens access unnoticed.',
  options: { ...POLICY_OPTIONS, json: JSON_OPTION },
  positionals: { min: 0, max: 0 },
  examples: ['pilar policy matrix', 'pilar policy matrix --json > policies.json && git diff --exit-code policies.json'],
  run: (invocation) =>
    withModel(invocation, ({ catalog, policies }) => {
      const rows = policyMatrix(policies, catalog)
      const { output } = invocation.shell
      if (invocation.given('json')) output.print(JSON.stringify(rows, null, 2))
      else output.print(forPeople(rows, catalog, policies.bypass))
    }),
}

/** One line for each thing that a policy allows; what is not listed is denied. */
function forPeople(rows: readonly PolicyRow[], catalog: Catalog, bypass: ReadonlySet<string>): string {
  const allowed = rows.filter((row) => row.rows !== 'none' && !bypass.has(row.role))
  const lines = allowed.map((row) => [
    row.role,
    row.table.startsWith(`${DEFAULT_SCHEMA}.`) ? row.table.slice(DEFAULT_SCHEMA.length + 1) : row.table,
    row.action,
    row.rows === 'all' ? 'all rows' : 'some rows',
    columnsOf(row, catalog),
    ruleOf(row),
  ])
  const table = columns([['ROLE', 'TABLE', 'ACTION', 'ROWS', 'COLUMNS', 'RULE'], ...lines])
  return `${table}\n\nWhat is not listed is denied. Not bound by policies: ${[...bypass].join(', ')}.`
}

function columnsOf(row: PolicyRow, catalog: Catalog): string {
  if (row.action === 'delete') return '–'
  const missing = (catalog.tables.get(row.table)?.columns ?? []).filter(({ name }) => !row.columns.includes(name))
  return missing.length === 0 ? 'all' : `all but ${missing.map(({ name }) => name).join(', ')}`
}

function ruleOf({ using, check }: PolicyRow): string {
  const oneLine = (text: string) => text.replace(/\s+/g, ' ')
  const parts = [using, using === check ? null : check].filter((part) => part !== null).map(oneLine)
  return parts.join('  new row: ')
}
