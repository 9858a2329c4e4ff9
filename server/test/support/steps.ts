import assert from 'node:assert/strict'
import { buildCatalog } from '../../src/schema/build-catalog.ts'
import { type Entries, schema } from '../../src/schema/builder.ts'
import type { Catalog } from '../../src/schema/catalog.ts'
import { applySteps } from '../../src/schema/migration/apply-steps.ts'
import { type Difference, diff } from '../../src/schema/migration/diff.ts'
import type { MigrationStep } from '../../src/schema/migration/step.ts'

/** The Catalog of what a schema.ts says, which has no mistakes. */
export function catalog(entries: Entries): Catalog {
  const built = buildCatalog(schema(entries), { version: 1 })
  assert.deepEqual(built.problems, [])
  assert.ok(built.catalog)
  return built.catalog
}

/** What a step is about, in few words. */
export function short(step: MigrationStep): string {
  const { kind } = step
  const table = 'table' in step ? (typeof step.table === 'string' ? step.table : step.table.key) : ''
  const rest = Object.entries(step).flatMap(([name, value]) => {
    if (['kind', 'table', 'was', 'from'].includes(name) || value === null) return []
    if (typeof value === 'object' && 'name' in value && name !== 'to') return [String(value.name)]
    if (name === 'retired') return [`(${value.storedAs})`]
    if (name === 'restores') return [`restores ${value.storedAs}`]
    if (name === 'using') return [`using ${value}`]
    if (name === 'to' && typeof value === 'object') return [value.name]
    return [typeof value === 'object' ? JSON.stringify(value) : String(value)]
  })
  return [kind, table.replace('public.', ''), ...rest].filter((word) => word !== '').join(' ')
}

export function between(from: Catalog, to: Catalog, known: Catalog | null = from): Difference {
  return diff(from, to, { known })
}

/** The steps in short, with the check that they lead where they should. */
export function steps(from: Entries | Catalog, to: Entries, known?: Catalog | null): readonly string[] {
  const before =
    'tables' in from && from.tables instanceof Map ? (from as unknown as Catalog) : catalog(from as Entries)
  const wanted = catalog(to)
  const difference = between(before, wanted, known === undefined ? before : known)
  assert.deepEqual(difference.obstacles, [])
  const after = applySteps(before, difference.steps)
  assert.deepEqual(between(after, wanted, wanted).steps, [])
  return difference.steps.map(short)
}
