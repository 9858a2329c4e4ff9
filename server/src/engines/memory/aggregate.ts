import type { AggregateName } from '../../query/expr.ts'
import type { ColumnType, Value } from '../../schema/types.ts'
import { compareValues } from '../../schema/values.ts'
import { OPERATIONS } from './functions.ts'

/** An aggregate over the values of a group, nulls skipped; `type` is the values' own. Null over nothing, except that count is 0. */
export function aggregate(name: AggregateName, values: readonly Value[], type: ColumnType): Value {
  const present = values.filter((value) => value !== null)
  switch (name) {
    case 'count':
      return BigInt(present.length)
    case 'min':
      return present.reduce<Value>(
        (best, value) => (best === null || compareValues(type, value, best) < 0 ? value : best),
        null,
      )
    case 'max':
      return present.reduce<Value>(
        (best, value) => (best === null || compareValues(type, value, best) > 0 ? value : best),
        null,
      )
    case 'sum':
      return sum(present, type)
    case 'avg':
      return average(present, type)
  }
}

/** PostgreSQL widens: whole numbers add up to bigint, bigint and numeric to numeric. */
function sum(values: readonly Value[], type: ColumnType): Value {
  const [first, ...rest] = values
  if (first === undefined) return null
  const isWide = type.name === 'bigint' || type.name === 'numeric'
  const result: ColumnType = isWide ? { name: 'numeric' } : isSmall(type) ? { name: 'bigint' } : type
  const widen = (value: Value): Value => (isWide ? String(value) : isSmall(type) ? BigInt(value as number) : value)
  return rest.reduce<Value>(
    (total, value) => OPERATIONS.add([total, widen(value)], [result, result], result),
    widen(first),
  )
}

function average(values: readonly Value[], type: ColumnType): Value {
  if (values.length === 0) return null
  const total = sum(values, type.name === 'real' ? { name: 'double' } : type)
  if (type.name === 'interval') return OPERATIONS.div([total, values.length], [type, { name: 'double' }], type)
  const result: ColumnType = type.name === 'real' || type.name === 'double' ? { name: 'double' } : { name: 'numeric' }
  const widen = (value: Value): Value => (result.name === 'numeric' ? String(value) : value)
  return OPERATIONS.div([widen(total), widen(values.length)], [result, result], result)
}

const isSmall = (type: ColumnType): boolean => type.name === 'smallint' || type.name === 'integer'
