import type { ColumnType, ScalarType, ScalarTypeName } from './types.ts'

const NAMES: ReadonlyMap<string, ScalarTypeName> = new Map<string, ScalarTypeName>([
  ['text', 'text'],
  ['varchar', 'varchar'],
  ['character varying', 'varchar'],
  ['smallint', 'smallint'],
  ['int2', 'smallint'],
  ['integer', 'integer'],
  ['int', 'integer'],
  ['int4', 'integer'],
  ['bigint', 'bigint'],
  ['int8', 'bigint'],
  ['numeric', 'numeric'],
  ['decimal', 'numeric'],
  ['real', 'real'],
  ['float4', 'real'],
  ['double', 'double'],
  ['double precision', 'double'],
  ['float8', 'double'],
  ['float', 'double'],
  ['boolean', 'boolean'],
  ['bool', 'boolean'],
  ['date', 'date'],
  ['time', 'time'],
  ['time without time zone', 'time'],
  ['timestamp', 'timestamp'],
  ['timestamp without time zone', 'timestamp'],
  ['timestamptz', 'timestamptz'],
  ['timestamp with time zone', 'timestamptz'],
  ['interval', 'interval'],
  ['uuid', 'uuid'],
  ['jsonb', 'jsonb'],
  ['json', 'jsonb'],
  ['bytea', 'bytea'],
])

/** Every spelling `parseTypeName` knows, for the nearest one in hints. */
export const TYPE_NAMES: readonly string[] = [...NAMES.keys()]

/** The type of a PostgreSQL type name: `int`, `numeric(10,2)`, `character varying(5)`, `text[]`. Null when there is none. */
export function parseTypeName(text: string): ColumnType | null {
  const match = /^([a-z0-9 ]+?)\s*(?:\(\s*(\d{1,6})\s*(?:,\s*(\d{1,4})\s*)?\))?\s*(\[\])?$/i.exec(text.trim())
  if (match === null) return null
  const name = NAMES.get((match[1] ?? '').toLowerCase().replace(/\s+/g, ' '))
  if (name === undefined) return null
  const scalar = withModifiers(name, match[2], match[3])
  if (scalar === null) return null
  return match[4] === undefined ? scalar : { name: 'array', element: scalar }
}

function withModifiers(name: ScalarTypeName, first: string | undefined, second: string | undefined): ScalarType | null {
  if (first === undefined) return { name }
  if (name === 'varchar' && second === undefined) return { name, length: Number(first) }
  if (name === 'numeric') return { name, precision: Number(first), scale: Number(second ?? 0) }
  return null
}
