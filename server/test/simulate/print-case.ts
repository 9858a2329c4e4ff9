import type { ColumnDefinition, TableDefinition } from '../../src/schema/definition.ts'
import { typeLabel } from '../../src/schema/types.ts'
import { type Case, searchOf } from './case.ts'
import { plain } from './types.ts'

/** A case for people: what stands in it, in words, and then as JSON that `replay` takes. */
export function printCase(found: Case): string {
  const { definition, rows, requests } = found
  return [
    ...definition.tables.flatMap(printTable),
    ...definition.functions.map(({ name, body, definer }) => `function ${name}: ${body}${definer ? ' (definer)' : ''}`),
    ...definition.policies.map(({ table, action, role, permissive, using, check }) => {
      return `policy ${action} on ${table} for ${role}${permissive ? '' : ' RESTRICTIVE'}${using === null ? '' : ` using ${using}`}${check === null ? '' : ` check ${check}`}`
    }),
    ...definition.hidden.map(({ table, role, columns }) => `hidden from ${role}: ${table} (${columns.join(', ')})`),
    ...Object.entries(rows).flatMap(([key, list]) => list.map((row) => `row ${key} ${plain(row)}`)),
    ...requests.map((request) => {
      const body = request.body === null ? '' : ` ${plain(request.body)}`
      return `${request.role} ${request.userId ?? ''} ${request.method} /${request.table}?${decodeURIComponent(searchOf(request))} [${request.prefer.join(', ')}]${body}`
    }),
    `paste: ${pasteable(found)}`,
  ].join('\n')
}

/** JSON with its numbers as they were written. */
export function pasteable(found: Case): string {
  return plain(found as never)
}

function printTable({ key, columns, primaryKey, foreignKeys, uniques }: TableDefinition): readonly string[] {
  const one = ({ name, type, nullable, default: initial, generated, check }: ColumnDefinition): string =>
    [
      name,
      typeLabel(type),
      nullable ? 'null' : '',
      initial === null ? '' : `default ${initial}`,
      generated === null ? '' : `as ${generated.expression}`,
      check === null ? '' : `check ${check}`,
    ]
      .filter((word) => word !== '')
      .join(' ')
  return [
    `table ${key} (${columns.map(one).join(', ')}) key (${(primaryKey ?? []).join(', ')})`,
    ...uniques.map((unique) => `  unique (${unique.columns.join(', ')})`),
    ...foreignKeys.map(
      ({ columns: from, target, targetColumns, onDelete, onUpdate }) =>
        `  (${from.join(', ')}) references ${target} (${targetColumns.join(', ')}) on delete ${onDelete} on update ${onUpdate}`,
    ),
  ]
}
