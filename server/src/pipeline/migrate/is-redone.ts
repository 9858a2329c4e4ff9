import { shortKey } from '../../schema/check-keys.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'

/** True when some of the steps do what the undone ones had done, be it by bringing back what was retired since. */
export function isRedone(steps: readonly MigrationStep[], undone: readonly MigrationStep[]): boolean {
  const places = new Set(undone.map(placeOf))
  return steps.some((step) => places.has(placeOf(step)))
}

/** What a step is about, and what it does to it: `add column posts slug`. */
function placeOf(step: MigrationStep): string {
  const kind = step.kind.replace(/^(restore|create)-/, 'add-')
  if (step.kind === 'purge-table' || step.kind === 'purge-column') return kind
  if (step.kind === 'restore-table') return `${kind} ${shortKey(step.retired.table.key)}`
  const table = typeof step.table === 'string' ? step.table : step.table.key
  return [kind, shortKey(table), ...namesIn(step)].join(' ')
}

function namesIn(step: MigrationStep): readonly string[] {
  const named = ['column', 'unique', 'check', 'foreignKey', 'index', 'to'] as const
  return named.flatMap((member) => {
    const value: unknown = (step as Readonly<Record<string, unknown>>)[member]
    if (typeof value === 'string') return [value]
    return typeof value === 'object' && value !== null && 'name' in value ? [String(value.name)] : []
  })
}
