import {
  BIGINT,
  BOOLEAN,
  BYTEA,
  type ColumnType,
  DOUBLE,
  INTEGER,
  INTERVAL,
  JSONB,
  NUMERIC,
  REAL,
  type ScalarTypeName,
  SMALLINT,
  TEXT,
} from '../../schema/types.ts'
import type { SqlValue } from './codecs.ts'

/** A declared type of ours, read back; null for any other. */
export function ownType(declared: string): ColumnType | null {
  const match = /^(?:INT|TEXT|REAL|BLOB)_([A-Z]+)(?:\((\d+)(?:,(-?\d+))?\))?$/.exec(declared)
  if (match === null) return null
  const [, word = '', first, second] = match
  const name = word.toLowerCase()
  if (name === 'duration') return INTERVAL
  if (name === 'varchar') return first === undefined ? { name } : { name, length: Number(first) }
  if (name === 'numeric')
    return first === undefined ? NUMERIC : { name, precision: Number(first), scale: Number(second ?? 0) }
  return OWN.has(name) ? { name: name as Exclude<ScalarTypeName, 'enum'> } : null
}

const OWN: ReadonlySet<string> = new Set([
  'smallint',
  'integer',
  'bigint',
  'boolean',
  'real',
  'double',
  'bytea',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'uuid',
  'jsonb',
])

export interface Adopted {
  readonly type: ColumnType
  readonly storage: string
}

const adopted = (type: ColumnType, storage = 'native'): Adopted => ({ type, storage })

/**
 * The type of a column in a file that somebody else made: by its declared name where that says something, else by SQLite's affinity.
 * `sample` is some value of the column: dates are written in many ways.
 */
export function adoptedType(declared: string, sample: SqlValue): Adopted {
  const name = declared.toUpperCase()
  if (/BOOL/.test(name)) return adopted(BOOLEAN)
  if (/DATETIME|TIMESTAMP/.test(name) || /^DATE\b/.test(name)) return adoptedMoment(sample)
  if (/SMALLINT|TINYINT|INT2/.test(name)) return adopted(SMALLINT)
  if (/MEDIUMINT|INT4/.test(name)) return adopted(INTEGER)
  if (/BIG ?INT|INT8/.test(name)) return adopted(BIGINT)
  // SQLite's INTEGER has 64 bits, but who declares it means the usual kind of number.
  if (/INT/.test(name))
    return adopted(typeof sample === 'bigint' && BigInt.asIntN(32, sample) !== sample ? BIGINT : INTEGER)
  if (/JSON/.test(name)) return adopted(JSONB)
  if (/UUID/.test(name)) return adopted({ name: 'uuid' })
  if (/CHAR|CLOB|TEXT|STRING/.test(name) || name === '') return adopted(TEXT)
  if (/BLOB|BINARY|IMAGE/.test(name)) return adopted(BYTEA)
  if (/DOUB|FLOAT|REAL/.test(name)) return adopted(name === 'REAL_REAL' ? REAL : DOUBLE)
  if (/DEC|NUM|MONEY/.test(name)) return adopted(NUMERIC)
  return adopted(TEXT)
}

function adoptedMoment(sample: SqlValue): Adopted {
  if (typeof sample === 'bigint') return adopted(BIGINT)
  if (typeof sample === 'number') return adopted(DOUBLE)
  const text = typeof sample === 'string' ? sample : ''
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return adopted({ name: 'date' })
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return adopted({ name: 'timestamp' })
  if (text === '' || /^\d{4}-\d\d-\d\d \d\d:\d\d/.test(text)) return adopted({ name: 'timestamp' }, 'native space')
  return adopted(TEXT)
}
