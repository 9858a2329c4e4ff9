import { failure, PilarError } from '../../../errors/error.ts'
import { castRule } from '../../../schema/migration/casts.ts'
import {
  type ColumnType,
  type LogicalType,
  NUMERIC,
  type ScalarType,
  TIMESTAMP,
  TIMESTAMPTZ,
  typeLabel,
  type Value,
} from '../../../schema/types.ts'
import { parseInterval } from '../../../schema/values/interval.ts'
import { formatFloating } from '../../../schema/values/number.ts'
import { castToText, fromText } from '../../../schema/values.ts'
import { compareDecimals, decimalOf } from '../../../std/decimal.ts'
import type { SqlValue } from '../codecs.ts'
import { toPlain } from '../codecs.ts'
import { castValue, fromPlain, typeOf } from '../udf/convert.ts'
import { type Functions, text } from '../udf/define.ts'

/**
 * A value as a column of another type takes it: PostgreSQL's explicit cast, but texts that are too long are refused (22001), blanks at the end
 * included: nothing is cut. 42846 where the types have nothing in common.
 */
export function convertValue(from: ColumnType, to: ColumnType, value: Exclude<Value, null>): Value {
  if (castRule(from, to).kind === 'none') throw failure('42846', { from: typeLabel(from), to: typeLabel(to) })
  if (to.name === 'varchar') return uncut(to, castToText(from, value))
  if (to.name === 'enum') return fromText(to, String(value))
  if (from.name === 'array' && to.name === 'array') {
    const { element } = from
    const items = value as readonly Value[]
    return items.map((item) => (item === null ? null : convertValue(element, to.element, item)))
  }
  if (to.name === 'time' && String(value).endsWith('infinity')) throw failure('22008', { value: String(value) })
  return castValue(from, to, value)
}

function uncut(to: ScalarType, value: string): Value {
  if (to.length !== undefined && value.length > to.length && [...value].length > to.length)
    throw failure('22001', { type: typeLabel(to) })
  return value
}

/** Whether a value that can be converted is less afterwards, as `CastRule.loses` says it. */
function losesByConversion(types: { from: ColumnType; to: ColumnType }, value: Value, converted: Value): boolean {
  const { from, to } = types
  if (value === null || castRule(from, to).loses === null) return false
  if (converted === null) return true
  if (from.name === 'array' && to.name === 'array') {
    const [before, after] = [value as readonly Value[], converted as readonly Value[]]
    return before.some((item, index) =>
      losesByConversion({ from: from.element, to: to.element }, item, after[index] ?? null),
    )
  }
  if (NUMBERS.has(to.name)) return !isSameNumber(numberText(from, value), numberText(to, converted))
  if (to.name === 'boolean') return value !== 0 && value !== 1 && from.name !== 'jsonb'
  if (to.name === 'date') return !sameDay(from, String(value), String(converted))
  if (to.name === 'timestamp') return fromText(TIMESTAMPTZ, String(value)) !== zoned(String(converted))
  if (from.name === 'interval') return isLongerThanADay(String(value))
  if (to.name === 'time') return true
  return String(value) !== String(converted)
}

const NUMBERS = new Set(['smallint', 'integer', 'bigint', 'numeric', 'real', 'double'])

function numberText(type: ColumnType, value: Exclude<Value, null>): string {
  return type.name === 'real' || type.name === 'double' ? formatFloating(type.name, Number(value)) : String(value)
}

function isSameNumber(before: string, after: string): boolean {
  const [a, b] = [before.trim(), after]
  if (/[a-z]{3}/i.test(a)) return true
  return compareDecimals(decimalOf(String(fromText(NUMERIC, a))), decimalOf(String(fromText(NUMERIC, b)))) === 0
}

function sameDay(from: ColumnType, value: string, date: string): boolean {
  if (date.endsWith('infinity')) return true
  const moment = from.name === 'timestamptz' ? fromText(TIMESTAMPTZ, value) : fromText(TIMESTAMP, value)
  return String(moment).startsWith(`${date}T00:00:00`) && !/T00:00:00\./.test(String(moment))
}

const zoned = (timestamp: string): string => (timestamp.endsWith('infinity') ? timestamp : `${timestamp}+00:00`)

function isLongerThanADay(value: string): boolean {
  const { months, days, micros } = parseInterval(value)
  return months !== 0 || days !== 0 || micros < 0n || micros >= 86_400_000_000n
}

/** What `pilar_conversion` answers for a value that is converted, but not whole. */
export const LOSES = 'loses'

function outcomeOf(from: ColumnType, to: ColumnType, stored: SqlValue): SqlValue {
  const value = fromPlain(from, stored)
  if (value === null) return null
  try {
    const converted = convertValue(from, to, value)
    return losesByConversion({ from, to }, value, converted) ? LOSES : null
  } catch (error) {
    if (error instanceof PilarError) return `${error.code} ${error.message}`
    throw error
  }
}

const columnType = (json: SqlValue): ColumnType => {
  const type: LogicalType = typeOf(json)
  if (type.name === 'unknown') throw new Error('assertion failed: a column has a type')
  return type
}

export const conversionFunctions: Functions = {
  /** `pilar_convert(from, to, value)`: standard form to standard form. */
  convert: {
    arity: 3,
    call: (from, to, value) => {
      const [source, target] = [columnType(from), columnType(to)]
      const decoded = fromPlain(source, value)
      return decoded === null ? null : toPlain(target, convertValue(source, target, decoded))
    },
  },
  /** `pilar_conversion(from, to, value)`: null where all is well, LOSES, or the error as `CODE message`. */
  conversion: { arity: 3, call: (from, to, value) => outcomeOf(columnType(from), columnType(to), value) },
  /** A value that nothing defines: `pilar_undefined(message)` refuses the row. Not deterministic, lest it is called before there is a row. */
  undefined: {
    arity: 1,
    deterministic: false,
    call: (message) => {
      throw failure('0A000', { message: text(message) })
    },
  },
  /** The same for a row that points to nothing. */
  orphan: {
    arity: 1,
    deterministic: false,
    call: (message) => {
      throw failure('23503', { message: text(message) })
    },
  },
}
