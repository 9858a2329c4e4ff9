import { failure } from '../../errors/error.ts'
import {
  BIGINT,
  BOOLEAN,
  BYTEA,
  type ColumnType,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL,
  JSONB,
  NUMERIC,
  REAL,
  SMALLINT,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UUID,
} from '../../schema/types.ts'

/** Types a request may cast to, by PostgreSQL's names and aliases. */
const TYPES: ReadonlyMap<string, ColumnType> = new Map<string, ColumnType>([
  ...names(TEXT, 'text', 'varchar', 'character varying', 'name'),
  ...names(SMALLINT, 'int2', 'smallint'),
  ...names(INTEGER, 'int4', 'int', 'integer'),
  ...names(BIGINT, 'int8', 'bigint'),
  ...names(NUMERIC, 'numeric', 'decimal'),
  ...names(REAL, 'float4', 'real'),
  ...names(DOUBLE, 'float8', 'float', 'double precision'),
  ...names(BOOLEAN, 'bool', 'boolean'),
  ...names(DATE, 'date'),
  ...names(TIME, 'time', 'time without time zone'),
  ...names(TIMESTAMP, 'timestamp', 'timestamp without time zone'),
  ...names(TIMESTAMPTZ, 'timestamptz', 'timestamp with time zone'),
  ...names(INTERVAL, 'interval'),
  ...names(UUID, 'uuid'),
  ...names(JSONB, 'jsonb', 'json'),
  ...names(BYTEA, 'bytea'),
])

function names(type: ColumnType, ...all: readonly string[]): readonly (readonly [string, ColumnType])[] {
  return all.map((name) => [name, type] as const)
}

/** The type that `::name` means. 42704 for any other name: nothing of a cast's text ever reaches a statement. */
export function castType(name: string): ColumnType {
  const type = TYPES.get(name.toLowerCase().replace(/\s+/g, ' '))
  if (type !== undefined) return type
  throw failure('42704', { type: name })
}
