import type { Command, Option } from './command.ts'
import { columns, type Output } from './output.ts'

/** The `--help` text of one command, made from the data that its command line is checked against. */
export function commandHelp(command: Command, output: Pick<Output, 'bold'>): string {
  const parts = [`${output.bold('Usage:')} ${command.synopsis}`, command.description]
  const rows = Object.entries({
    ...command.options,
    help: { value: null, doc: 'Show this text.' } as Option,
  }).map(([name, option]) => [
    `  ${option.short === undefined ? '' : `-${option.short}, `}--${name}${option.value === null ? '' : ` ${option.value}`}`,
    option.doc + (option.default === undefined ? '' : ` Default: ${option.default}.`),
  ])
  parts.push(`${output.bold('Options:')}\n${columns(rows)}`)
  const examples = command.examples.map((example) => `  ${example}`).join('\n')
  parts.push(`${output.bold(command.examples.length === 1 ? 'Example:' : 'Examples:')}\n${examples}`)
  return parts.join('\n\n')
}

/** The text of `pilar --help`, or of a group such as `pilar policy`. */
export function groupHelp(
  summaries: readonly (readonly [name: string, summary: string])[],
  output: Pick<Output, 'bold'>,
): string {
  const rows = summaries.map(([name, summary]) => [`  pilar ${name}`, summary])
  return [
    'Pilar: a whole backend in one process, over your database.',
    `${output.bold('Commands:')}\n${columns(rows)}`,
    'Every command has --help. `pilar --version` prints the version.',
  ].join('\n\n')
}
