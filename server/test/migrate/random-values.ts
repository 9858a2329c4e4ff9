/** Values as a file keeps them (docs/reference/types.md), the extremes of each type among them. */
import type { SqlValue } from '../../src/engines/sqlite/codecs.ts'
import type { Column } from '../../src/schema/catalog.ts'
import type { ColumnType } from '../../src/schema/types.ts'
import type { Random } from '../simulate/random.ts'
import { decimalKey } from './conversions.ts'

const TEXTS = [
  ...[
    '',
    ' ',
    'a',
    'A',
    "it's",
    '"q"',
    'línea',
    '日本語',
    '🙂👩‍👩‍👧',
    'e\u0301',
    'null',
    '0',
    ' 12 ',
    'a\nb\tc',
    '%_\\',
  ],
  ...['-- x', '/*pilar:{}*/', '\u{10ffff}', 'zzzzzzzzzzzzzzzzzzzz', '2020-01-01', '{}', 'true', '\u00a0'],
]
const LONG = 'läng '.repeat(300)
const TIMES = ['00:00:00', '23:59:59.999999', '12:30:00.5']
const DATES = ['0001-01-01', '9999-12-31', '2024-02-29', '1969-12-31', 'infinity', '-infinity', '2020-06-15']
const INTERVALS = ['00:00:00', '1 day', '-2 mons', '1 year 2 mons 3 days 04:05:06.7', '-00:00:01']
const DOCUMENTS = ['null', '{}', '[]', '{"a":1}', '"é🙂"', '[1,2.50,{"b":null}]', '12345678901234567890', 'true']
const DECIMALS = ['0', '1.5', '-1.5', '0.000001', '99999999999999999999.5', '-123456789.987654321', '10', '100', '3']

/** `isStrict`: some rule of the table has to be kept, so that only what any rule of the random schemas allows comes. */
export function randomValue(column: Column, random: Random, isStrict: boolean): SqlValue {
  if (column.nullable && random.chance(0.25)) return null
  const { storage = '' } = column
  return ofType(column.type, random, {
    isStrict,
    isNative: storage.startsWith('native'),
    isSpaced: storage === 'native space',
  })
}

interface Form {
  readonly isStrict: boolean
  /** Of a file that somebody else made, in which nobody writes infinity. */
  readonly isNative: boolean
  /** Adopted timestamps: a blank between date and time. */
  readonly isSpaced: boolean
}

function ofType(type: ColumnType, random: Random, form: Form): SqlValue {
  switch (type.name) {
    case 'text':
      return random.chance(0.05) ? LONG : random.chance(0.5) ? random.pick(TEXTS) : `t${random.int(1, 99_999)}`
    case 'varchar':
      return random.chance(0.5)
        ? [...random.pick(TEXTS)].slice(0, type.length ?? 50).join('')
        : `v${random.int(1, 9_999)}`
    case 'smallint':
      return wholeNumber(random, form, [-32_768n, 32_767n])
    case 'integer':
      return wholeNumber(random, form, [-2_147_483_648n, 2_147_483_647n])
    case 'bigint':
      return wholeNumber(random, form, [
        -9_223_372_036_854_775_807n,
        9_223_372_036_854_775_807n,
        9_007_199_254_740_993n,
      ])
    case 'numeric':
      return decimal(type.precision !== undefined && type.precision <= 18, random, form)
    case 'real':
    case 'double':
      return random.pick([0, 0.5, -1.25, 1024, 3, -0.0625, form.isStrict ? 2 : 2 ** 24])
    case 'boolean':
      return random.chance(0.5) ? 1n : 0n
    case 'interval':
      return random.pick(INTERVALS)
    case 'uuid':
      return `${random.int(0, 0xffff).toString(16).padStart(8, '0')}-0000-4000-8000-${random.int(0, 0xffff).toString(16).padStart(12, '0')}`
    case 'jsonb':
      return random.pick(DOCUMENTS)
    case 'bytea':
      return new Uint8Array(random.times(random.int(0, 4), () => random.int(0, 255)))
    case 'enum':
      return random.pick((type.values ?? ['ok']).filter((value) => value !== 'sad'))
    case 'array':
      return random.pick(
        type.element.name === 'integer' ? ['[]', '[1,2]', '[null,-5]'] : ['[]', '["a","é🙂"]', '[null]'],
      )
    default:
      return temporal(type.name, random, form)
  }
}

function wholeNumber(random: Random, { isStrict }: Form, extremes: readonly bigint[]): bigint {
  if (!isStrict && random.chance(0.15)) return random.pick(extremes)
  return BigInt(random.chance(0.1) ? random.pick([0, 1, -1]) : random.int(8, 30_000))
}

function decimal(isScaled: boolean, random: Random, { isStrict, isNative }: Form): SqlValue {
  if (isNative) return random.pick([0n, 1.5, -1.5, 12_345n, 0.25])
  // numeric(10, 2), kept as an integer times 100.
  if (isScaled) return random.pick([0n, 150n, -150n, 999n, 100n, 12_345n, 9_999_899n, isStrict ? 5n : -9_999_999_999n])
  return decimalKey(random.pick(DECIMALS))
}

function temporal(name: string, random: Random, { isNative, isSpaced }: Form): string {
  const date = random.pick(isNative ? DATES.filter((each) => !each.endsWith('infinity')) : DATES)
  if (name === 'date') return date === '2001-01-01' ? '2001-01-02' : date
  const time = random.pick(TIMES)
  if (name === 'time') return time
  if (date.endsWith('infinity')) return date
  return `${date}${isSpaced ? ' ' : 'T'}${time}${name === 'timestamptz' ? '+00:00' : ''}`
}
