import type { MigrationStep } from '../schema/migration/step.ts'

const NAME_CHARACTERS_MAX = 48
const NUMBER_DIGITS = 4

/** `0003_add_posts_slug`. */
export function fileName(number: number, words: string): string {
  return `${String(number).padStart(NUMBER_DIGITS, '0')}_${words}`
}

/** Number and words of a file's name without its ending; null for what is no name of a migration. */
export function parseFileName(name: string): { readonly number: number; readonly words: string } | null {
  const [, digits, words] = /^(\d{4,9})_([a-z0-9_]+)$/.exec(name) ?? []
  return digits === undefined || words === undefined ? null : { number: Number(digits), words }
}

/** What a person typed as the words of a name: `Add slugs!` → `add_slugs`. Null when nothing is left of it. */
export function wordsOf(text: string): string | null {
  const words = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .slice(0, NAME_CHARACTERS_MAX)
    .replaceAll(/^_+|_+$/g, '')
  return words === '' ? null : words
}

/** Words for a file that nobody named, after its first step: `add_posts_slug`, `create_tags_and_more`. */
export function wordsForSteps(steps: readonly MigrationStep[], fromNothing: boolean): string {
  const [first, ...more] = steps
  if (first === undefined) return 'by_hand'
  if (fromNothing) return 'first_schema'
  const words = wordsOf(wordsForStep(first)) ?? 'changes'
  // Indexes belong to the table that was created: not worth a mention.
  return more.every((step) => step.kind === 'create-index') ? words : `${words}_and_more`
}

function wordsForStep(step: MigrationStep): string {
  const verb = step.kind.split('-')[0] ?? ''
  switch (step.kind) {
    case 'create-table':
    case 'create-view':
    case 'replace-view':
    case 'drop-view':
      return `${verb} ${step.table.name}`
    case 'restore-table':
    case 'purge-table':
      return `${verb} ${step.retired.table.name}`
    case 'purge-column':
      return `${verb} ${local(step.retired.table)} ${step.retired.column.name}`
    case 'rename-table':
      return `rename ${local(step.table)} to ${local(step.to)}`
    case 'retire-table':
      return `retire ${local(step.table)}`
    case 'add-column':
    case 'restore-column':
      return `${verb} ${local(step.table)} ${step.column.name}`
    case 'rename-column':
      return `rename ${local(step.table)} ${step.column} to ${step.to}`
    case 'retire-column':
      return `retire ${local(step.table)} ${step.column}`
    default:
      return `${step.kind} ${local(step.table)}${'column' in step ? ` ${step.column}` : ''}`
  }
}

/** `public.posts` → `posts`. */
function local(table: string): string {
  return table.slice(table.indexOf('.') + 1)
}
