import type { Table } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import { columnOf, type Draft, fault, putTable, tableOf } from './draft.ts'
import type { ConstraintStep } from './step.ts'

export function applyConstraintStep(draft: Draft, step: ConstraintStep): void {
  const table = tableOf(draft, step.table)
  putTable(draft, table, changed(draft, table, step))
}

type Constraints = Partial<
  Pick<Table, 'primaryKey' | 'primaryKeyName' | 'uniques' | 'foreignKeys' | 'checks' | 'indexes'>
>

function changed(draft: Draft, table: Table, step: ConstraintStep): Constraints {
  const known = (columns: readonly string[]) => {
    for (const name of columns) columnOf(table, name)
  }
  switch (step.kind) {
    case 'set-primary-key':
      known(step.columns)
      return { primaryKey: step.columns, primaryKeyName: step.name }
    case 'add-unique':
      known(step.unique.columns)
      return { uniques: added(table, table.uniques, step.unique) }
    case 'drop-unique':
      return { uniques: dropped(table, table.uniques, step.unique) }
    case 'add-check':
      return { checks: added(table, table.checks, step.check) }
    case 'drop-check':
      return { checks: dropped(table, table.checks, step.check) }
    case 'add-foreign-key': {
      known(step.foreignKey.columns)
      const target = tableOf(draft, step.foreignKey.references.table)
      for (const name of step.foreignKey.references.columns) columnOf(target, name)
      return { foreignKeys: added(table, table.foreignKeys, step.foreignKey) }
    }
    case 'drop-foreign-key':
      return { foreignKeys: dropped(table, table.foreignKeys, step.foreignKey) }
    case 'create-index':
      known(step.index.columns.map((column) => column.name))
      return { indexes: added(table, table.indexes, step.index) }
    case 'drop-index':
      return { indexes: dropped(table, table.indexes, step.index) }
  }
}

interface Named {
  readonly name: string
}

function added<T extends Named>(table: Table, all: readonly T[], one: T): readonly T[] {
  if (all.some((each) => each.name === one.name)) fault(`${shortKey(table.key)} has a "${one.name}" already`)
  return [...all, one]
}

function dropped<T extends Named>(table: Table, all: readonly T[], one: T): readonly T[] {
  const at = all.findIndex((each) => each.name === one.name)
  if (at === -1) fault(`${shortKey(table.key)} has no "${one.name}"`)
  return all.filter((_, index) => index !== at)
}
