import { castRule } from './casts.ts'
import type { MigrationStep, Risk } from './step.ts'

/** What a step may cost. `rows`: how many there are to be read or copied; where there is none, nothing is slow and no row can refuse. */
export function riskOf(step: MigrationStep, { rows }: { readonly rows?: number } = {}): Risk {
  const risk = riskWithRows(step)
  return rows === 0 && (risk === 'slow' || risk === 'needs data') ? 'safe' : risk
}

function riskWithRows(step: MigrationStep): Risk {
  switch (step.kind) {
    case 'retire-table':
    case 'retire-column':
    case 'purge-table':
    case 'purge-column':
      return 'retires'
    case 'create-table':
      return step.using === null ? 'safe' : 'needs data'
    case 'restore-table':
    case 'set-not-null':
    case 'add-unique':
    case 'add-check':
    case 'add-foreign-key':
      return 'needs data'
    case 'set-primary-key':
      return step.columns.length === 0 ? 'safe' : 'needs data'
    case 'add-column':
      return riskOfColumn(step)
    case 'restore-column':
      return step.column.nullable ? 'safe' : 'needs data'
    case 'change-type':
      return step.using === null && castRule(step.from, step.to).kind === 'exact' ? 'slow' : 'needs data'
    case 'create-index':
      return step.index.unique ? 'needs data' : 'slow'
    case 'set-generated':
      return 'slow'
    default:
      return 'safe'
  }
}

function riskOfColumn({ column, using }: Extract<MigrationStep, { kind: 'add-column' }>): Risk {
  if (using !== null) return 'needs data'
  if (column.generated !== null) return column.generated.stored ? 'slow' : 'safe'
  if (column.identity !== null) return 'slow'
  if (column.default !== null) return isPlainValue(column.default) ? 'safe' : 'slow'
  return column.nullable ? 'safe' : 'needs data'
}

/** A number, a text, a truth value: the same for all rows. */
function isPlainValue(expression: string): boolean {
  return /^\s*(-?[\d.]+|'(?:[^']|'')*'(?:::[a-z ]+)?|true|false|null)\s*$/i.test(expression)
}
