import type { ColumnType, ScalarType } from '../../src/schema/types.ts'
import type { Json } from '../../src/std/json.ts'
import { RawNumber } from '../../src/std/json.ts'
import { USERS } from './case.ts'
import type { Random } from './random.ts'

/** A column type with a small pool of values as JSON, small so that equal values meet and filters hit. */
export interface Sample {
  readonly type: ColumnType
  readonly values: readonly Json[]
}

const raw = (text: string): RawNumber => new RawNumber(text)
const MOOD: ScalarType = { name: 'enum', enumName: 'mood', values: ['sad', 'ok', 'happy', 'a b'] }

export const TEXTS: readonly string[] = [
  '',
  'a',
  'A',
  'b',
  'ab',
  'a b',
  'Äpfel',
  'äpfel',
  'z',
  '10',
  '9',
  '%',
  'x_y',
  'a,b',
  '(x)',
  '"q"',
  "o'k",
  '\\',
  '😀',
  '￿',
  'null',
  '{a}',
]

export const SAMPLES: readonly Sample[] = [
  { type: { name: 'text' }, values: TEXTS },
  { type: { name: 'text' }, values: ['red', 'green', 'blue', 'Red'] },
  { type: { name: 'varchar', length: 5 }, values: ['', 'a', 'abc', 'ÄÖÜßé', 'abcde'] },
  { type: { name: 'smallint' }, values: [0, 1, -1, 7, 32767, -32768] },
  { type: { name: 'integer' }, values: [0, 1, 2, 3, 5, -4, 10, 2147483647] },
  {
    type: { name: 'bigint' },
    values: [0, 1, -1, raw('9007199254740993'), raw('9223372036854775807'), raw('-9223372036854775808'), 42],
  },
  {
    type: { name: 'numeric', precision: 8, scale: 2 },
    values: [0, raw('1.00'), raw('1.50'), raw('-1.50'), raw('999999.99'), raw('19.99'), 3],
  },
  {
    type: { name: 'numeric' },
    values: [
      0,
      1,
      raw('0.1'),
      raw('-0.1'),
      raw('123456789012345678901234567890.123'),
      raw('-5000'),
      raw('1e-10'),
      10,
      9,
    ],
  },
  { type: { name: 'real' }, values: [0, 1, raw('0.5'), raw('-2.25'), 1000000] },
  { type: { name: 'double' }, values: [0, 1, raw('0.5'), raw('-0.25'), raw('1e20'), raw('1e-7'), raw('1024.125'), -3] },
  { type: { name: 'boolean' }, values: [true, false] },
  {
    type: { name: 'date' },
    values: ['2020-01-01', '2020-02-29', '1999-12-31', '0001-01-01', '9999-12-31', 'infinity', '-infinity'],
  },
  { type: { name: 'time' }, values: ['00:00:00', '10:00:00', '10:00:00.5', '23:59:59.999999'] },
  {
    type: { name: 'timestamp' },
    values: [
      '2020-01-01T10:00:00',
      '2020-01-01T10:00:00.5',
      '1969-12-31T23:59:59.999999',
      '2020-01-31T00:00:00',
      'infinity',
    ],
  },
  {
    type: { name: 'timestamptz' },
    values: [
      '2020-01-01T10:00:00+00:00',
      '2020-01-01T10:00:00.5+02:00',
      '1969-12-31T23:59:59Z',
      '2024-02-29T12:00:00-05:00',
      '-infinity',
    ],
  },
  {
    type: { name: 'interval' },
    values: ['1 day', '24:00:00', '1 mon', '30 days', '-01:00:00', '1 year 2 mons 3 days 04:05:06.7', '00:00:00'],
  },
  {
    type: { name: 'uuid' },
    values: [...USERS, '00000000-0000-0000-0000-000000000000', 'FFFFFFFF-ffff-4fff-8fff-ffffffffffff'],
  },
  {
    type: { name: 'jsonb' },
    values: [
      {},
      [],
      1,
      'a',
      true,
      { a: 1 },
      { b: 2, a: raw('1.0') },
      { a: { b: [1, 2, { c: null }] } },
      [1, 2, 3],
      ['a', 'b'],
      { tags: ['x', 'y'], n: raw('1.50') },
      { 'odd key': 'v', a: null },
    ],
  },
  { type: { name: 'bytea' }, values: ['\\x', '\\x00', '\\xdeadbeef', '\\x6162'] },
  { type: MOOD, values: ['sad', 'ok', 'happy', 'a b'] },
  {
    type: { name: 'array', element: { name: 'text' } },
    values: [[], ['a'], ['a', 'b'], ['b', 'a', null], ['x,y', '"', ''], ['NULL']],
  },
  { type: { name: 'array', element: { name: 'integer' } }, values: [[], [1], [1, 2], [2, 1], [3, null]] },
]

export const KEY_SAMPLES: readonly Sample[] = [
  { type: { name: 'integer' }, values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
  { type: { name: 'integer' }, values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
  { type: { name: 'bigint' }, values: [1, 2, 3, 4, 5, raw('9007199254740993'), raw('9007199254740992'), -7, 0] },
  { type: { name: 'text' }, values: ['k1', 'k2', 'K1', 'ä', 'k 4', 'k,5', '6', 'k7'] },
  {
    type: { name: 'uuid' },
    values: [
      '11111111-1111-4111-8111-111111111111',
      '22222222-2222-4222-8222-222222222222',
      '33333333-3333-4333-8333-333333333333',
      '44444444-4444-4444-8444-444444444444',
      ...USERS,
    ],
  },
  { type: { name: 'numeric', precision: 6, scale: 1 }, values: [1, raw('1.5'), 2, raw('-3.0'), raw('2.5')] },
  { type: { name: 'date' }, values: ['2020-01-01', '2020-01-02', '2020-01-03', '2019-12-31'] },
]

export function sampleOf(type: ColumnType, random: Random): readonly Json[] {
  const same = [...SAMPLES, ...KEY_SAMPLES].filter((sample) => JSON.stringify(sample.type) === JSON.stringify(type))
  return random.pick(same).values
}

/** The JSON value as the text that stands in a URL or, quoted, in SQL. Arrays become array literals, jsonb its JSON. */
export function textOf(type: ColumnType, value: Json): string {
  if (type.name === 'jsonb') return plain(value)
  if (Array.isArray(value))
    return `{${value.map((item) => (item === null ? 'NULL' : `"${String(item).replace(/["\\]/g, '\\$&')}"`)).join(',')}}`
  return value instanceof RawNumber ? value.text : String(value)
}

export function plain(value: Json): string {
  if (value instanceof RawNumber) return value.text
  if (Array.isArray(value)) return `[${value.map(plain).join(',')}]`
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, member]) => `${JSON.stringify(key)}:${plain(member)}`)
      .join(',')}}`
  return JSON.stringify(value)
}
