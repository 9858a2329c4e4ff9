import { failure } from '../../errors/error.ts'
import {
  BIGINT,
  type ColumnType,
  DOUBLE,
  INTERVAL,
  type LogicalType,
  NUMERIC,
  REAL,
  TEXT,
  typeLabel,
} from '../../schema/types.ts'
import { baseType } from '../common-type.ts'
import type { AggregateName } from '../expr.ts'

const SUM: ReadonlyMap<string, ColumnType> = new Map<string, ColumnType>([
  ['smallint', BIGINT],
  ['integer', BIGINT],
  ['bigint', NUMERIC],
  ['numeric', NUMERIC],
  ['real', REAL],
  ['double', DOUBLE],
  ['interval', INTERVAL],
])
const AVG: ReadonlyMap<string, ColumnType> = new Map<string, ColumnType>([
  ['smallint', NUMERIC],
  ['integer', NUMERIC],
  ['bigint', NUMERIC],
  ['numeric', NUMERIC],
  ['real', DOUBLE],
  ['double', DOUBLE],
  ['interval', INTERVAL],
])
/** PostgreSQL has no min and max of these. */
const UNORDERED: ReadonlySet<string> = new Set(['boolean', 'uuid', 'jsonb', 'bytea'])

/** The type of an aggregate over values of `type`. 42883 where PostgreSQL has none, such as `sum(text)`. */
export function aggregateType(fn: AggregateName, type: LogicalType): ColumnType {
  if (fn === 'count') return BIGINT
  const value = type.name === 'unknown' ? TEXT : baseType(type)
  if (fn === 'sum' || fn === 'avg') {
    const result = (fn === 'sum' ? SUM : AVG).get(value.name)
    if (result !== undefined) return result
  } else if (!UNORDERED.has(value.name)) return value
  const hint = 'No function matches the given name and argument types. You might need to add explicit type casts.'
  throw failure('42883', { message: `function ${fn}(${typeLabel(value)}) does not exist` }, { hint })
}
