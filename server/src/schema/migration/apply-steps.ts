import { unreachable } from '../../std/assert.ts'
import type { Catalog, Column } from '../catalog.ts'
import { addColumn, changeType, purgeColumn, renameColumn, restoreColumn, retireColumn } from './apply-column-steps.ts'
import { applyConstraintStep } from './apply-constraint-steps.ts'
import {
  createTable,
  dropView,
  purgeTable,
  renameTable,
  replaceView,
  restoreTable,
  retireTable,
} from './apply-table-steps.ts'
import { catalogOf, columnOf, type Draft, draftOf, putColumn, putTable, tableOf } from './draft.ts'
import type { ColumnStep, MigrationStep } from './step.ts'

/**
 * The structure that the steps leave: the model that every engine is held to. Expressions follow renamed columns and tables of their own table.
 * `at` is noted as the time of what is retired. Throws StepFault for a step that does not fit.
 */
export function applySteps(catalog: Catalog, steps: readonly MigrationStep[], at = ''): Catalog {
  const draft = draftOf(catalog, at)
  for (const step of steps) applyStep(draft, step)
  return catalogOf(draft)
}

/** Changes the draft by one step. */
export function applyStep(draft: Draft, step: MigrationStep): void {
  switch (step.kind) {
    case 'create-table':
    case 'create-view':
      createTable(draft, step)
      break
    case 'rename-table':
      renameTable(draft, step)
      break
    case 'retire-table':
      retireTable(draft, step)
      break
    case 'restore-table':
      restoreTable(draft, step)
      break
    case 'purge-table':
      purgeTable(draft, step)
      break
    case 'set-table-comment':
      putTable(draft, tableOf(draft, step.table), { comment: step.comment })
      break
    case 'set-open-column':
      putTable(draft, tableOf(draft, step.table), { openColumn: step.openColumn })
      break
    case 'replace-view':
      replaceView(draft, step)
      break
    case 'drop-view':
      dropView(draft, step)
      break
    case 'set-primary-key':
    case 'add-unique':
    case 'drop-unique':
    case 'add-check':
    case 'drop-check':
    case 'add-foreign-key':
    case 'drop-foreign-key':
    case 'create-index':
    case 'drop-index':
      applyConstraintStep(draft, step)
      break
    case 'purge-column':
      purgeColumn(draft, step)
      break
    default:
      applyColumnStep(draft, step)
      break
  }
}

function applyColumnStep(draft: Draft, step: ColumnStep): void {
  switch (step.kind) {
    case 'add-column':
      addColumn(draft, step)
      break
    case 'rename-column':
      renameColumn(draft, step)
      break
    case 'retire-column':
      retireColumn(draft, step)
      break
    case 'restore-column':
      restoreColumn(draft, step)
      break
    case 'change-type':
      changeType(draft, step)
      break
    case 'set-not-null':
    case 'drop-not-null':
      changeColumn(draft, step, { nullable: step.kind === 'drop-not-null' })
      break
    case 'set-default':
      setDefault(draft, step)
      break
    case 'set-column-comment':
      changeColumn(draft, step, { comment: step.comment })
      break
    case 'set-generated':
      changeColumn(draft, step, { generated: step.generated })
      break
    case 'set-identity':
      changeColumn(draft, step, { identity: step.identity })
      break
    default:
      unreachable(step)
  }
}

/** What is set is no text of the engine's own any more. */
function setDefault(draft: Draft, step: Extract<ColumnStep, { kind: 'set-default' }>): void {
  const table = tableOf(draft, step.table)
  const { nativeDefault: _, ...column } = columnOf(table, step.column)
  putColumn(draft, table, { ...column, default: step.default })
}

function changeColumn(
  draft: Draft,
  step: { readonly table: string; readonly column: string },
  changes: Partial<Column>,
): void {
  const table = tableOf(draft, step.table)
  putColumn(draft, table, { ...columnOf(table, step.column), ...changes })
}
