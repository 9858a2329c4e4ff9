/** Migrations that lose something: the tests have to notice each. */
import { logName } from '../../src/engines/sqlite/migrate/copy-sql.ts'
import type { TableCopy } from '../../src/engines/sqlite/migrate/migration.ts'
import type { StructureTask } from '../../src/engines/sqlite/migrate/tasks.ts'
import type { MigrationStep } from '../../src/schema/migration/step.ts'
import type { Sabotage } from './database.ts'
import { quote } from './snapshot.ts'

/** The last column of every copy is copied as null. */
export const loseColumn: Sabotage = (task) =>
  withCopies(task, ({ values, ...copy }) => ({
    ...copy,
    values: values.map((value, at) => (at === values.length - 1 ? 'NULL' : value)),
  }))

/** What is written while rows are copied is forgotten. */
export const forgetWrites: Sabotage = (task, database) => {
  const copies = task.kind === 'catch-up' ? [task.copy] : task.kind === 'switch' ? task.switch.copies : []
  for (const copy of copies) database.exec(`DELETE FROM ${quote(logName(copy))}`)
  return task
}

/** What comes back comes back empty, and former values are converted instead. */
export function forgetFormerValues(steps: readonly MigrationStep[]): readonly MigrationStep[] {
  return steps.map((step): MigrationStep => {
    if (step.kind === 'change-type') return { ...step, restores: null }
    if (step.kind !== 'restore-column') return step
    const { table, column, using } = step
    return { kind: 'add-column', table, column: { ...column, nullable: true }, using }
  })
}

function withCopies(task: StructureTask, change: (copy: TableCopy) => TableCopy): StructureTask {
  switch (task.kind) {
    case 'prepare-copy':
    case 'copy-rows':
    case 'catch-up':
    case 'compare-rows':
      return { ...task, copy: change(task.copy) }
    case 'switch':
      return { ...task, switch: { ...task.switch, copies: task.switch.copies.map(change) } }
    default:
      return task
  }
}
