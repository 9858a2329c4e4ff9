import type { Column } from '../../schema/catalog.ts'
import type { ColumnType, LogicalType, Value } from '../../schema/types.ts'
import { toJsonText } from '../../schema/values.ts'
import { decimalOf, roundDecimal, toSortKey } from '../../std/decimal.ts'

/** What node:sqlite binds and gives back. */
export type SqlValue = null | number | bigint | string | Uint8Array

/**
 * How a column is kept (docs/reference/types.md). `plain` is the standard form of the type, the one every expression has: texts, integers,
 * 0/1, REAL, BLOB, JSON text, and decimals as text. Numeric columns differ, and so do the columns of adopted tables.
 */
export type Storage =
  | { readonly kind: 'plain' }
  /** numeric as an integer times 10^scale. */
  | { readonly kind: 'scaled'; readonly scale: number }
  /** numeric as a text whose byte order is the numbers' order. */
  | { readonly kind: 'key' }
  /** Adopted: whatever the file has. For timestamps, `datetime` says what stands between date and time. */
  | { readonly kind: 'native'; readonly datetime: ' ' | 'T' }

export const PLAIN: Storage = { kind: 'plain' }
const KEY: Storage = { kind: 'key' }
/** Digits that a 64-bit integer always holds. */
const SCALED_PRECISION_MAX = 18

/** The storage of a column, from its own word in the catalog or else the standard one of its type. */
export function storageOf(column: Pick<Column, 'type' | 'storage'>): Storage {
  if (column.storage === undefined) return standardStorage(column.type)
  if (column.storage.startsWith('native'))
    return { kind: 'native', datetime: column.storage.startsWith('native space') ? ' ' : 'T' }
  return standardStorage(column.type)
}

export function standardStorage(type: ColumnType): Storage {
  if (type.name !== 'numeric') return PLAIN
  const { precision, scale = 0 } = type
  if (precision === undefined || precision > SCALED_PRECISION_MAX || scale < 0 || scale > precision) return KEY
  return { kind: 'scaled', scale }
}

/** The declared type of a column that Pilar creates; its affinity suits the storage, and introspection reads the type back. */
export function declaredType(type: ColumnType): string {
  switch (type.name) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return `INT_${type.name.toUpperCase()}`
    case 'boolean':
      return 'INT_BOOLEAN'
    case 'real':
    case 'double':
      return `REAL_${type.name.toUpperCase()}`
    case 'bytea':
      return 'BLOB_BYTEA'
    case 'varchar':
      return type.length === undefined ? 'TEXT_VARCHAR' : `TEXT_VARCHAR(${type.length})`
    case 'numeric': {
      const size = type.precision === undefined ? '' : `(${type.precision},${type.scale ?? 0})`
      return standardStorage(type).kind === 'scaled' ? `INT_NUMERIC${size}` : `TEXT_NUMERIC${size}`
    }
    case 'text':
      return 'TEXT'
    case 'interval':
      // Spelled so that the affinity rule does not find "INT" in it.
      return 'TEXT_DURATION'
    default:
      return `TEXT_${type.name.toUpperCase()}`
  }
}

/** A value in the standard form of its type. */
export function toPlain(type: LogicalType, value: Value): SqlValue {
  if (value === null) return null
  switch (type.name) {
    case 'array':
      return toJsonText(type, value)
    case 'boolean':
      return value === true ? 1n : 0n
    case 'smallint':
    case 'integer':
    case 'bigint':
      // As bigint: a JavaScript number would be bound as REAL, and `1 / 2` would be 0.5.
      return BigInt(value as number | bigint)
    case 'bytea':
      return value as Uint8Array
    case 'real':
    case 'double':
      return value as number
    default:
      return String(value)
  }
}

/** A value as a column keeps it. */
export function toStorage(type: ColumnType, storage: Storage, value: Value): SqlValue {
  if (value === null || storage.kind === 'plain') return toPlain(type, value)
  if (type.name === 'numeric') return numericToStorage(storage, String(value))
  if (storage.kind === 'native' && type.name === 'timestamp') return String(value).replace('T', storage.datetime)
  return toPlain(type, value)
}

function numericToStorage(storage: Storage, text: string): SqlValue {
  const decimal = decimalOf(text)
  if (storage.kind === 'scaled') return roundDecimal(decimal, storage.scale).unscaled
  if (storage.kind === 'key') return toSortKey(decimal)
  if (decimal.scale === 0 && BigInt.asIntN(64, decimal.unscaled) === decimal.unscaled) return decimal.unscaled
  return Number(text)
}

/** JSON text of a stored value, for payloads and lists that are bound as one JSON text: blobs as hex. */
export function storageJson(value: SqlValue): string {
  if (value === null) return 'null'
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return numberJson(value)
  return `"${Buffer.from(value).toString('hex')}"`
}

function numberJson(value: number): string {
  if (Number.isFinite(value)) return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value)
  if (Number.isNaN(value)) return 'null'
  return value > 0 ? '9e999' : '-9e999'
}

/** The inverse of `storageJson` in SQL: `value` is a column of json_each. */
export function fromStorageJson(type: LogicalType, value: string): string {
  return type.name === 'bytea' ? `unhex(${value})` : value
}
