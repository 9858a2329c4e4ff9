import type { TypeName } from 'libpg-query'
import type { Catalog } from '../../schema/catalog.ts'
import { arrayOf, type ColumnType, type ScalarType } from '../../schema/types.ts'
import { ExpressionError } from './error.ts'
import { suggestion } from './scope.ts'
import { words } from './sql.ts'

/** PostgreSQL's names of the types that Pilar has. `json` is `jsonb` here. */
const NAMES: ReadonlyMap<string, ScalarType['name']> = new Map([
  ['text', 'text'],
  ['name', 'text'],
  ['varchar', 'varchar'],
  ['int2', 'smallint'],
  ['smallint', 'smallint'],
  ['int4', 'integer'],
  ['integer', 'integer'],
  ['int', 'integer'],
  ['int8', 'bigint'],
  ['bigint', 'bigint'],
  ['numeric', 'numeric'],
  ['decimal', 'numeric'],
  ['float4', 'real'],
  ['real', 'real'],
  ['float8', 'double'],
  ['bool', 'boolean'],
  ['boolean', 'boolean'],
  ['date', 'date'],
  ['time', 'time'],
  ['timestamp', 'timestamp'],
  ['timestamptz', 'timestamptz'],
  ['interval', 'interval'],
  ['uuid', 'uuid'],
  ['json', 'jsonb'],
  ['jsonb', 'jsonb'],
  ['bytea', 'bytea'],
])

/** The type a cast names. Enums are found by their name among the catalog's columns. */
export function resolveType(node: TypeName, catalog: Catalog): ColumnType {
  const path = words(node.names)
  const name = path.at(-1) ?? ''
  const plain = path.length === 1 || path[0] === 'pg_catalog'
  const builtin = plain ? NAMES.get(name) : undefined
  const scalar = builtin === undefined ? findEnum(path, catalog) : withModifiers(builtin, modifiers(node))
  if (node.setof === true || node.pct_type === true) throw new ExpressionError('SETOF and %TYPE are not supported')
  const bounds = node.arrayBounds?.length ?? 0
  if (bounds > 1) throw new ExpressionError('arrays of arrays are not supported')
  return bounds === 1 ? arrayOf(scalar) : scalar
}

function findEnum(path: readonly string[], catalog: Catalog): ScalarType {
  const written = path.join('.')
  const enums = new Map<string, ScalarType>()
  for (const table of catalog.tables.values()) {
    for (const { type } of table.columns) {
      const scalar = type.name === 'array' ? type.element : type
      if (scalar.enumName !== undefined) enums.set(scalar.enumName, scalar)
    }
  }
  const found = enums.get(written) ?? enums.get(path.at(-1) ?? '')
  if (found !== undefined) return found
  const hint = suggestion('type', written, [...NAMES.keys(), ...enums.keys()])
  throw new ExpressionError(`type "${written}" does not exist`, { hint })
}

function modifiers(node: TypeName): number[] {
  return (node.typmods ?? []).map((item) => ('A_Const' in item ? (item.A_Const.ival?.ival ?? 0) : 0))
}

function withModifiers(name: ScalarType['name'], values: readonly number[]): ScalarType {
  const [first, second] = values
  if (first === undefined) return { name }
  if (name === 'varchar') return { name, length: first }
  if (name === 'numeric') return { name, precision: first, scale: second ?? 0 }
  if (name === 'interval') return { name }
  throw new ExpressionError(`a precision is not supported for the type ${name}`)
}

/** `interval '1' day`: the grammar's bit of the field → the word that the text lacks. */
const INTERVAL_FIELDS: ReadonlyMap<number, string> = new Map([
  [2, 'months'],
  [4, 'years'],
  [8, 'days'],
  [1024, 'hours'],
  [2048, 'minutes'],
  [4096, 'seconds'],
])

/** The text of `interval '3' day` with its unit; other texts unchanged. */
export function intervalText(text: string, node: TypeName): string {
  const field = modifiers(node)[0]
  if (field === undefined) return text
  const unit = INTERVAL_FIELDS.get(field)
  if (unit === undefined) throw new ExpressionError('interval fields other than one unit are not supported')
  return /^\s*[-+]?[0-9.]+\s*$/.test(text) ? `${text} ${unit}` : text
}
