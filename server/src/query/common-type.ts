import {
  type ColumnType,
  type LogicalType,
  NUMERIC,
  type ScalarType,
  type ScalarTypeName,
  TEXT,
  typeLabel,
} from '../schema/types.ts'

/**
 * PostgreSQL's implicit conversions. `text` and `varchar` count as one type here, as they are binary-compatible there; so do the
 * lengths and precisions of one type.
 */
const NUMBER_RANK: ReadonlyMap<string, number> = new Map(
  ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double'].map((name, rank) => [name, rank]),
)
const TIME_RANK: ReadonlyMap<string, number> = new Map(
  ['date', 'timestamp', 'timestamptz'].map((name, rank) => [name, rank]),
)

/** A type without length, precision and scale: what PostgreSQL resolves operators by. */
export function baseType(type: ColumnType): ColumnType {
  if (type.name === 'array') return { name: 'array', element: scalarBase(type.element) }
  return scalarBase(type)
}

function scalarBase(type: ScalarType): ScalarType {
  if (type.name === 'varchar') return TEXT
  return type.name === 'enum' ? type : { name: type.name }
}

export function isNumber(type: LogicalType): type is ScalarType {
  return NUMBER_RANK.has(type.name)
}

export function isText(type: LogicalType): boolean {
  return type.name === 'text' || type.name === 'varchar'
}

/** The same type but for length, precision and scale. */
export function sameBase(a: LogicalType, b: LogicalType): boolean {
  if (a.name === 'array' && b.name === 'array') return sameBase(a.element, b.element)
  if (a.name === 'enum' && b.name === 'enum') return sameEnum(a, b)
  return a.name === b.name || (isText(a) && isText(b))
}

function sameEnum(a: ScalarType, b: ScalarType): boolean {
  return a === b || (a.enumName === b.enumName && JSON.stringify(a.values) === JSON.stringify(b.values))
}

function sameExactly(a: ColumnType, b: ColumnType): boolean {
  return sameBase(a, b) && typeLabel(a) === typeLabel(b)
}

/** Whether PostgreSQL converts `from` to `to` without being told to. */
export function coercible(from: LogicalType, to: ScalarTypeName): boolean {
  if (from.name === 'unknown') return true
  if (from.name === to || (isText(from) && (to === 'text' || to === 'varchar'))) return true
  return ranked(NUMBER_RANK, from.name, to) || ranked(TIME_RANK, from.name, to)
}

function ranked(ranks: ReadonlyMap<string, number>, from: string, to: string): boolean {
  const [low, high] = [ranks.get(from), ranks.get(to)]
  return low !== undefined && high !== undefined && low <= high
}

/**
 * The type that all of `types` convert to, or null. `compare` follows operators, where real and another number meet as double; `merge`
 * follows CASE and COALESCE, where they meet as real. All unknown gives text.
 */
export function commonType(types: readonly LogicalType[], mode: 'compare' | 'merge'): ColumnType | null {
  const known = types.filter((type): type is ColumnType => type.name !== 'unknown')
  let common: ColumnType | null = known[0] ?? TEXT
  for (const type of known.slice(1)) {
    if (common !== null) common = pairType(common, type, mode)
  }
  return common
}

function pairType(a: ColumnType, b: ColumnType, mode: 'compare' | 'merge'): ColumnType | null {
  if (sameExactly(a, b)) return a
  if (sameBase(a, b)) return baseType(a)
  if (isNumber(a) && isNumber(b)) return higher(a, b, mode)
  if (ranked(TIME_RANK, a.name, b.name)) return baseType(b)
  if (ranked(TIME_RANK, b.name, a.name)) return baseType(a)
  return null
}

function higher(a: ScalarType, b: ScalarType, mode: 'compare' | 'merge'): ScalarType {
  if (mode === 'compare' && (a.name === 'real' || b.name === 'real')) return { name: 'double' }
  const top = ranked(NUMBER_RANK, a.name, b.name) ? b : a
  return top.name === 'numeric' ? NUMERIC : { name: top.name }
}
