import type { Catalog, Column, ForeignKey, Table } from './catalog.ts'
import type { ColumnType, ScalarType } from './types.ts'

/**
 * `DatabaseOf` as text, from any Catalog: what `supabase gen types` writes, for projects that want a file or have no schema.ts. System
 * tables are left out.
 */
export function writeDatabaseTypes(catalog: Catalog): string {
  const served = [...catalog.tables.values()].filter((table) => !table.system)
  const schemas = [...new Set([...catalog.schemas, ...served.map((table) => table.schema)])]
  const blocks = schemas.map((schema) =>
    schemaBlock(
      schema,
      served.filter((table) => table.schema === schema),
    ),
  )
  return [
    'export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]',
    '',
    'export type Database = {',
    "  __InternalSupabase: { PostgrestVersion: '14.1' }",
    ...blocks.flat().map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n')
}

function schemaBlock(schema: string, tables: readonly Table[]): string[] {
  const enums = new Map(tables.flatMap((table) => table.columns.flatMap(enumsOf)))
  return block(schema, [
    ...block('Tables', tables.filter((table) => table.kind === 'table').flatMap(tableBlock)),
    ...block('Views', tables.filter((table) => table.kind === 'view').flatMap(tableBlock)),
    'Functions: Record<never, never>',
    ...block(
      'Enums',
      [...enums].map(([name, values]) => `${memberName(name)}: ${values}`),
    ),
    'CompositeTypes: Record<never, never>',
  ])
}

function tableBlock(table: Table): string[] {
  const columns = table.columns.filter((column) => column.name !== table.openColumn)
  const open = table.openColumn === null ? [] : ['[key: string]: unknown']
  const row = [...columns.map((column) => `${memberName(column.name)}: ${columnText(column)}`), ...open]
  const relations = table.foreignKeys.flatMap((key) => relationship(table, key))
  const relationships = ['Relationships: [', ...relations.map((line) => `  ${line}`), ']']
  if (!table.writable) return block(table.name, [...block('Row', row), ...relationships])
  const insert = [...columns.map(insertMember), ...open]
  const update = [...columns.map(updateMember), ...open]
  return block(table.name, [
    ...block('Row', row),
    ...block('Insert', insert),
    ...block('Update', update),
    ...relationships,
  ])
}

function insertMember(column: Column): string {
  if (isNeverWritten(column)) return `${memberName(column.name)}?: never`
  const isOptional = column.nullable || column.default !== null || column.identity !== null
  return `${memberName(column.name)}${isOptional ? '?' : ''}: ${columnText(column)}`
}

function updateMember(column: Column): string {
  return `${memberName(column.name)}?: ${isNeverWritten(column) ? 'never' : columnText(column)}`
}

function isNeverWritten(column: Column): boolean {
  return column.generated !== null || column.identity === 'always'
}

function relationship(table: Table, key: ForeignKey): string[] {
  const [schema, ...name] = key.references.table.split('.')
  if (schema !== table.schema) return []
  const keys = [table.primaryKey, ...table.uniques.map((unique) => unique.columns)]
  const isOneToOne = keys.some(
    (one) => one.length === key.columns.length && one.every((column) => key.columns.includes(column)),
  )
  return [
    '{',
    `  foreignKeyName: ${text(key.name)}`,
    `  columns: [${key.columns.map(text).join(', ')}]`,
    `  isOneToOne: ${isOneToOne}`,
    `  referencedRelation: ${text(name.join('.'))}`,
    `  referencedColumns: [${key.references.columns.map(text).join(', ')}]`,
    '},',
  ]
}

function columnText(column: Column): string {
  return `${typeText(column.type)}${column.nullable ? ' | null' : ''}`
}

function typeText(type: ColumnType): string {
  if (type.name !== 'array') return scalarText(type)
  const element = scalarText(type.element)
  return element.includes(' ') ? `(${element})[]` : `${element}[]`
}

function scalarText(type: ScalarType): string {
  switch (type.name) {
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
    case 'real':
    case 'double':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'jsonb':
      return 'Json'
    case 'enum':
      return (type.values ?? []).map(text).join(' | ') || 'string'
    default:
      return 'string'
  }
}

function enumsOf(column: Column): [string, string][] {
  const type = column.type.name === 'array' ? column.type.element : column.type
  return type.name === 'enum' ? [[type.enumName ?? column.name, scalarText(type)]] : []
}

function block(name: string, lines: readonly string[]): string[] {
  return [`${memberName(name)}: {`, ...lines.map((line) => `  ${line}`), '}']
}

function memberName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : text(name)
}

function text(value: string): string {
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
