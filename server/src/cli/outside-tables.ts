import type { Catalog, ForeignKey, Table, TableKey } from '../schema/catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../schema/make-catalog.ts'
import { applySteps } from '../schema/migration/apply-steps.ts'
import type { MigrationStep } from '../schema/migration/step.ts'

/** The structure that steps lead to where foreign keys may lead to tables of somebody else, which no file describes. Throws StepFault. */
export function outcomeBeside(from: Catalog, steps: readonly MigrationStep[]): Catalog {
  const outside = outsideTables(from, steps)
  const keys = new Set(outside.map(({ key }) => key))
  return without(applySteps(beside(from, outside), steps), keys)
}

/** Those that foreign keys of the structure, and of the steps, lead to, as far as these tell what they are. */
export function outsideTables(catalog: Catalog, steps: readonly MigrationStep[]): readonly Table[] {
  const made = new Set([...catalog.tables.keys(), ...steps.flatMap(madeBy)])
  const columns = new Map<TableKey, Set<string>>()
  for (const { references } of [
    ...[...catalog.tables.values()].flatMap((table) => table.foreignKeys),
    ...steps.flatMap(keysOf),
  ]) {
    if (made.has(references.table)) continue
    columns.set(references.table, new Set([...(columns.get(references.table) ?? []), ...references.columns]))
  }
  return [...columns].map(([key, names]) => {
    const dot = key.indexOf('.')
    const [schema, name] = [key.slice(0, dot), key.slice(dot + 1)]
    return makeTable({
      schema,
      name,
      columns: [...names].map((each) => makeColumn({ name: each, type: { name: 'text' } })),
    })
  })
}

/** The same structure with these tables. */
export function beside(catalog: Catalog, tables: readonly Table[]): Catalog {
  return makeCatalog({
    ...catalog,
    functions: [...catalog.functions.values()],
    tables: [...catalog.tables.values(), ...tables],
  })
}

function without(catalog: Catalog, keys: ReadonlySet<TableKey>): Catalog {
  const tables = [...catalog.tables.values()].filter(({ key }) => !keys.has(key))
  return makeCatalog({ ...catalog, functions: [...catalog.functions.values()], tables })
}

function madeBy(step: MigrationStep): readonly TableKey[] {
  if (step.kind === 'create-table' || step.kind === 'create-view') return [step.table.key]
  if (step.kind === 'restore-table') return [step.retired.table.key]
  return step.kind === 'rename-table' ? [step.to] : []
}

function keysOf(step: MigrationStep): readonly ForeignKey[] {
  if (step.kind === 'add-foreign-key') return [step.foreignKey]
  if (step.kind === 'create-table') return step.table.foreignKeys
  return []
}
