/**
 * The logical types: what a column is to its users, whatever the engine stores. How each engine keeps them is a contract of
 * its own (docs/reference/types.md); how they look in JSON is PostgREST's encoding (protocol.md §1.10).
 */
export type ScalarTypeName =
  | 'text'
  | 'varchar'
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'numeric'
  | 'real'
  | 'double'
  | 'boolean'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'jsonb'
  | 'bytea'
  | 'enum'

export interface ScalarType {
  readonly name: ScalarTypeName
  /** varchar only: characters (code points) at most. */
  readonly length?: number
  /** numeric only: decimal digits in all; absent means unconstrained. */
  readonly precision?: number
  /** numeric only: digits after the point; 0 when only the precision is given. */
  readonly scale?: number
  /** enum only: its name as PostgreSQL would print it, and its values in their order, which is also their sort order. */
  readonly enumName?: string
  readonly values?: readonly string[]
}

export interface ArrayType {
  readonly name: 'array'
  readonly element: ScalarType
}

/** `null` typed by nobody yet (a bare NULL, a string literal) is `unknown`; it never types a column. */
export interface UnknownType {
  readonly name: 'unknown'
}

export type ColumnType = ScalarType | ArrayType
export type LogicalType = ColumnType | UnknownType

/**
 * A value of a logical type inside Pilar, engine-neutral and canonical (two equal values of one type are the same JavaScript value,
 * except jsonb numbers such as 1.0 and 1):
 * text varchar uuid date time timestamp timestamptz interval enum → string in PostgreSQL's ISO JSON output form
 * (timestamptz in UTC: `2020-01-01T10:00:00.5+00:00`) · smallint integer real double → number · bigint → bigint ·
 * numeric → string (`-12.50`, scale kept where the type has one) · boolean → boolean · jsonb → canonical JSON text ·
 * bytea → Uint8Array · array → Value[].
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | readonly Value[]

export const TEXT: ScalarType = { name: 'text' }
export const SMALLINT: ScalarType = { name: 'smallint' }
export const INTEGER: ScalarType = { name: 'integer' }
export const BIGINT: ScalarType = { name: 'bigint' }
export const NUMERIC: ScalarType = { name: 'numeric' }
export const REAL: ScalarType = { name: 'real' }
export const DOUBLE: ScalarType = { name: 'double' }
export const BOOLEAN: ScalarType = { name: 'boolean' }
export const DATE: ScalarType = { name: 'date' }
export const TIME: ScalarType = { name: 'time' }
export const TIMESTAMP: ScalarType = { name: 'timestamp' }
export const TIMESTAMPTZ: ScalarType = { name: 'timestamptz' }
export const INTERVAL: ScalarType = { name: 'interval' }
export const UUID: ScalarType = { name: 'uuid' }
export const JSONB: ScalarType = { name: 'jsonb' }
export const BYTEA: ScalarType = { name: 'bytea' }
export const UNKNOWN: UnknownType = { name: 'unknown' }
export const arrayOf = (element: ScalarType): ArrayType => ({ name: 'array', element })

/** The type's name as PostgreSQL prints it in messages: `character varying(5)`, `double precision`, `integer[]`. */
export function typeLabel(type: LogicalType): string {
  switch (type.name) {
    case 'array':
      return `${typeLabel(type.element)}[]`
    case 'varchar':
      return type.length === undefined ? 'character varying' : `character varying(${type.length})`
    case 'numeric':
      return type.precision === undefined ? 'numeric' : `numeric(${type.precision},${type.scale ?? 0})`
    case 'double':
      return 'double precision'
    case 'time':
      return 'time without time zone'
    case 'timestamp':
      return 'timestamp without time zone'
    case 'timestamptz':
      return 'timestamp with time zone'
    case 'enum':
      return type.enumName ?? 'enum'
    default:
      return type.name
  }
}
