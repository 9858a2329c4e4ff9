import type { Catalog, Table } from '../../src/schema/catalog.ts'
import { canonicalText } from '../../src/schema/migration/catalog-text.ts'
import { plainColumn } from '../../src/schema/migration/draft.ts'
import { plain } from '../../src/schema/migration/pg-text.ts'
import { compareText } from '../../src/std/compare-text.ts'

/**
 * What two structures have different, in any place that shows: one line each, empty for equals. The order of columns, constraints and tables does not
 * count, nor does what an enum is called, nor when something was retired.
 */
export function structureDifferences(expected: Catalog, found: Catalog): readonly string[] {
  const [a, b] = [linesOf(expected), linesOf(found)]
  const missing = [...a].filter((line) => !b.has(line)).map((line) => `missing: ${line}`)
  const extra = [...b].filter((line) => !a.has(line)).map((line) => `not expected: ${line}`)
  return [...missing, ...extra].sort((one, other) => compareText(one, other))
}

function linesOf(catalog: Catalog): ReadonlySet<string> {
  const lines = [...catalog.tables.values()].flatMap((table) => tableLines(table.key, table))
  const { columns, tables } = catalog.retired
  for (const { table, storedAs, column } of columns) lines.push(`retired ${table}.${storedAs} ${text(column)}`)
  for (const { storedAs, table } of tables) {
    const names = table.columns.map((column) => `${column.name} ${text(column.type)}`).sort(compareText)
    lines.push(`retired ${storedAs}, once ${table.key}: ${names.join(', ')}`)
  }
  return new Set(lines)
}

function tableLines(key: string, table: Table): readonly string[] {
  const { kind, primaryKey, primaryKeyName, comment, openColumn, system, definition, writable, storage } = table
  const own = { kind, primaryKey, primaryKeyName, comment, openColumn, system, writable, storage }
  return [
    `${key}: ${text({ ...own, definition: definition === null ? null : plain(definition) })}`,
    ...table.columns.map((column) => `${key}: column ${text(plainColumn(column))}`),
    ...table.uniques.map((one) => `${key}: unique ${text(one)}`),
    ...table.foreignKeys.map((one) => `${key}: foreign key ${text(one)}`),
    ...table.checks.map((one) => `${key}: check ${text({ ...one, expression: plain(one.expression) })}`),
    ...table.indexes.map(
      (one) => `${key}: index ${text({ ...one, where: one.where === null ? null : plain(one.where) })}`,
    ),
  ]
}

function text(value: object): string {
  return canonicalText(withoutEnumName(value))
}

function withoutEnumName(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEnumName)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([name, member]) => name !== 'enumName' && member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutEnumName(member)]))
}
