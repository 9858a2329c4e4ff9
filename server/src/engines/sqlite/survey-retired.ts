import { shortKey } from '../../schema/check-keys.ts'
import type { Finding, MigrationStep } from '../../schema/migration/step.ts'
import { quoteName } from '../sql/printer.ts'
import type { Taken } from './migrate/trace.ts'
import type { Question } from './survey-values.ts'
import { counted, verb } from './survey-words.ts'

/** How many rows have something that a step takes out of sight, or for ever. */
export function takenQuestion(index: number, step: MigrationStep, { storedAs, column }: Taken): Question {
  const isPurge = step.kind === 'purge-column' || step.kind === 'purge-table'
  const label = labelOf(step)
  const value = column === null ? '*' : quoteName(column.storedAs)
  const sql = `SELECT count(${value}) FROM ${quoteName(storedAs)}`
  return {
    task: { kind: 'numbers', sql },
    findings: ({ numbers }): readonly Finding[] => {
      const rows = numbers[0] ?? 0
      if (rows === 0) return []
      const what =
        column === null
          ? `${counted(rows, 'row')} of ${label} ${verb(rows, 'is', 'are')}`
          : `${counted(rows, 'value')} of ${label} ${verb(rows, 'is', 'are')}`
      const fate = isPurge ? 'lost for ever' : 'kept, out of sight'
      return [{ step: index, kind: 'tells', message: `${what} ${fate}`, hint: null, rows, samples: [] }]
    },
  }
}

function labelOf(step: MigrationStep): string {
  switch (step.kind) {
    case 'retire-table':
      return shortKey(step.table)
    case 'retire-column':
      return `${shortKey(step.table)}.${step.column}`
    case 'purge-table':
      return shortKey(step.retired.table.key)
    case 'purge-column':
      return `${shortKey(step.retired.table)}.${step.retired.column.name}`
    default:
      return ''
  }
}
