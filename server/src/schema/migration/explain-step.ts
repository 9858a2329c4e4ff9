import type { Column, ForeignKey, Table } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import type { ColumnStep, ConstraintStep, MigrationStep } from './step.ts'
import { describeType } from './type-change.ts'

/** What a step does, in plain words that follow "it": `adds the column "slug" (text) to posts`. */
export function explainStep(step: MigrationStep): string {
  switch (step.kind) {
    case 'create-table': {
      const rows = step.using === null ? '' : `, filled by: ${step.using}`
      return `creates the table ${nameOf(step.table)} with ${count(step.table.columns.length, 'column')}${rows}`
    }
    case 'rename-table':
      return `renames the table ${shortKey(step.table)} to ${shortKey(step.to)}`
    case 'retire-table':
      return `keeps the table ${shortKey(step.table)} out of sight as retired; its rows stay`
    case 'restore-table':
      return `brings back the retired table ${nameOf(step.retired.table)} with its rows`
    case 'set-table-comment':
      return `${step.comment === null ? 'takes away' : 'changes'} the comment of ${shortKey(step.table)}`
    case 'set-open-column':
      return step.openColumn === null
        ? `closes ${shortKey(step.table)}: undeclared keys are refused`
        : `opens ${shortKey(step.table)}: undeclared keys are kept in "${step.openColumn}"`
    case 'create-view':
      return `creates the view ${nameOf(step.table)}`
    case 'replace-view':
      return `changes the view ${nameOf(step.table)}`
    case 'drop-view':
      return `removes the view ${nameOf(step.table)}`
    case 'purge-table':
      return `destroys the retired table ${nameOf(step.retired.table)} and its rows for ever`
    case 'purge-column':
      return `destroys the retired column ${of(step.retired.column.name, step.retired.table)} and its values for ever`
    default:
      return 'column' in step ? explainColumnStep(step) : explainConstraintStep(step)
  }
}

const nameOf = (table: Pick<Table, 'key'>): string => shortKey(table.key)
const of = (column: string, table: string): string => `"${column}" of ${shortKey(table)}`
const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`

function explainColumnStep(step: ColumnStep): string {
  switch (step.kind) {
    case 'add-column': {
      const { column } = step
      const type = `${column.generated === null ? '' : 'computed, '}${describeType(column.type)}`
      return `adds the column "${column.name}" (${type}) to ${shortKey(step.table)}${valuesOf(column, step.using)}`
    }
    case 'rename-column':
      return `renames the column ${of(step.column, step.table)} to "${step.to}"`
    case 'retire-column':
      return `keeps the column ${of(step.column, step.table)} out of sight as retired; its values stay`
    case 'restore-column': {
      const former = step.retired.column.name
      const name = former === step.column.name ? '' : ` as "${step.column.name}"`
      const rest = step.using === null ? '' : `; rows written since then get ${step.using}`
      return `brings back the retired column ${of(former, step.table)}${name} with its values${rest}`
    }
    case 'change-type': {
      const change = `changes the type of ${of(step.column, step.table)} from ${describeType(step.from)} to ${describeType(step.to)}`
      if (step.using !== null) return `${change}, each value becoming ${step.using}`
      return step.restores === null ? change : `${change}; rows unchanged since get their former values back`
    }
    case 'set-not-null':
      return `requires a value in ${of(step.column, step.table)}${step.using === null ? '' : `; rows without one get ${step.using}`}`
    case 'drop-not-null':
      return `allows ${of(step.column, step.table)} to be null`
    case 'set-default':
      return step.default === null
        ? `takes away the default of ${of(step.column, step.table)}`
        : `sets the default of ${of(step.column, step.table)} to ${step.default}`
    case 'set-column-comment':
      return `${step.comment === null ? 'takes away' : 'changes'} the comment of ${of(step.column, step.table)}`
    case 'set-generated':
      return step.generated === null
        ? `makes the computed column ${of(step.column, step.table)} an ordinary one that keeps its values`
        : `computes ${of(step.column, step.table)} as ${step.generated.expression}`
    case 'set-identity':
      if (step.identity === null) return `stops numbering ${of(step.column, step.table)}`
      return `numbers ${of(step.column, step.table)}${step.identity === 'always' ? ', refusing numbers of others' : ''}`
  }
}

function valuesOf({ default: text, nullable, generated, identity }: Column, using: string | null): string {
  if (using !== null) return `; existing rows get ${using}`
  if (generated !== null || identity !== null) return ''
  if (text !== null) return `; existing rows get ${text}`
  return nullable ? '' : '; existing rows have no value for it'
}

function explainConstraintStep(step: ConstraintStep): string {
  const table = shortKey(step.table)
  switch (step.kind) {
    case 'set-primary-key':
      if (step.columns.length === 0) return `takes away the primary key of ${table}`
      return `makes ${step.columns.join(', ')} the primary key of ${table}`
    case 'add-unique':
      return `allows no two rows of ${table} with the same ${step.unique.columns.join(', ')}`
    case 'drop-unique':
      return `allows rows of ${table} with the same ${step.unique.columns.join(', ')}`
    case 'add-check':
      return `adds the check "${step.check.name}" to ${table}: ${step.check.expression}`
    case 'drop-check':
      return `takes the check "${step.check.name}" away from ${table}: ${step.check.expression}`
    case 'add-foreign-key':
      return `adds a foreign key from ${leading(table, step.foreignKey)}`
    case 'drop-foreign-key':
      return `takes away the foreign key from ${leading(table, step.foreignKey)}`
    case 'create-index': {
      const columns = step.index.columns.map(({ name, descending }) => (descending ? `${name} desc` : name)).join(', ')
      const unique = step.index.unique ? 'unique index' : 'index'
      return `builds the ${unique} "${step.index.name}" on ${table}(${columns})${step.index.where === null ? '' : ` where ${step.index.where}`}`
    }
    case 'drop-index':
      return `removes the index "${step.index.name}" of ${table}`
  }
}

function leading(table: string, { columns, references, onDelete, onUpdate }: ForeignKey): string {
  const deleting = onDelete === 'no action' ? '' : `, on delete ${onDelete}`
  const updating = onUpdate === 'no action' ? '' : `, on update ${onUpdate}`
  return `${table}(${columns.join(', ')}) to ${shortKey(references.table)}(${references.columns.join(', ')})${deleting}${updating}`
}
