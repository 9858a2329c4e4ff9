import { attempt } from '../../policy/problem.ts'
import { parseUsing, parseUsingSelect } from '../../policy/using.ts'
import type { Catalog, Table, TableKey } from '../../schema/catalog.ts'
import { shortKey } from '../../schema/check-keys.ts'
import type { Problem, SchemaDefinition } from '../../schema/definition.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'

export interface UsingsToCheck {
  readonly steps: readonly MigrationStep[]
  /** The structure before the first step. */
  readonly found: Catalog
  readonly wanted: Catalog
  /** Where the texts were written. */
  readonly definition: SchemaDefinition
}

/**
 * Mistakes in the `using` expressions that are about to be used. Those of former migrations stay in a schema.ts for as long as one likes, over
 * columns that may be gone: they are nobody's business any more. The grammar must be loaded.
 */
export function checkUsings(usings: UsingsToCheck): readonly Problem[] {
  const problems: Problem[] = []
  const before = new Map<TableKey, TableKey>()
  for (const step of usings.steps) {
    if (step.kind === 'rename-table') before.set(step.to, step.table)
    if (!('using' in step) || step.using === null) continue
    if (step.kind === 'create-table') checkSelect(step.table, step.using, { usings, problems })
    else checkExpression(step, { usings, problems, before })
  }
  return problems
}

interface Checking {
  readonly usings: UsingsToCheck
  readonly problems: Problem[]
}

function checkSelect(table: Table, text: string, { usings, problems }: Checking): void {
  const at = usings.definition.tables.find(({ key }) => key === table.key)?.at ?? null
  attempt({ at, where: shortKey(table.key), part: 'using' }, problems, () =>
    parseUsingSelect(text, table, usings.found),
  )
}

type ColumnUsing = Extract<
  MigrationStep,
  { readonly kind: 'add-column' | 'restore-column' | 'change-type' | 'set-not-null' }
>

function checkExpression(step: ColumnUsing, checking: Checking & { readonly before: ReadonlyMap<TableKey, TableKey> }) {
  const { usings, problems, before } = checking
  const { definition, found, wanted } = usings
  const name = typeof step.column === 'string' ? step.column : step.column.name
  const table = found.tables.get(before.get(step.table) ?? step.table)
  const column = wanted.tables.get(step.table)?.column.get(name)
  if (table === undefined || column === undefined || step.using === null) return
  const { using } = step
  const declared = definition.tables.find(({ key }) => key === step.table)?.columns.find((one) => one.name === name)
  const where = `${shortKey(step.table)}.${name}`
  attempt({ at: declared?.at ?? null, where, part: 'using' }, problems, () =>
    parseUsing(using, column, { found, table }),
  )
}
