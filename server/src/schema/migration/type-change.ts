import type { ColumnType, ScalarType } from '../types.ts'
import { typeLabel } from '../types.ts'

/** True when columns of both types hold the same values. What an enum is called does not count: it is called after its column. */
export function sameType(a: ColumnType, b: ColumnType): boolean {
  return describeType(a) === describeType(b)
}

/** The type in words: `numeric(10,2)`, `enum(draft, published)`, `text[]`. */
export function describeType(type: ColumnType): string {
  if (type.name === 'array') return `${describeType(type.element)}[]`
  return type.name === 'enum' ? `enum(${(type.values ?? []).join(', ')})` : typeLabel(type)
}

const INTEGERS: readonly string[] = ['smallint', 'integer', 'bigint']
const TEXTS: readonly string[] = ['text', 'varchar', 'enum']

/**
 * True when a cast from one to the other either keeps a value or refuses it: then nothing of the old column has to be kept, and casting back
 * gives it again. `varchar(80)` to `varchar(20)`, `bigint` to `integer`, one more value of an enum.
 */
export function keepsValues(from: ColumnType, to: ColumnType): boolean {
  if (sameType(from, to)) return true
  if (from.name === 'array' || to.name === 'array') {
    return from.name === 'array' && to.name === 'array' && keepsValues(from.element, to.element)
  }
  if (TEXTS.includes(from.name) && TEXTS.includes(to.name)) return true
  if (INTEGERS.includes(from.name)) return INTEGERS.includes(to.name) || to.name === 'numeric'
  return from.name === 'numeric' && to.name === 'numeric' && keepsScale(from, to)
}

function keepsScale(from: ScalarType, to: ScalarType): boolean {
  if (to.precision === undefined) return true
  return from.precision !== undefined && (from.scale ?? 0) <= (to.scale ?? 0)
}

/** Types one of which might be the other after a rename. */
export function isAkin(a: ColumnType, b: ColumnType): boolean {
  return keepsValues(a, b) || keepsValues(b, a)
}
