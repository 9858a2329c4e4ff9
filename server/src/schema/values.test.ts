import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../../test/simulate/random.ts'
import { PilarError } from '../errors/error.ts'
import { compareText } from '../std/compare-text.ts'
import { parseJson } from '../std/json.ts'
import { parseTypeName } from './type-names.ts'
import {
  arrayOf,
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
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UUID,
  type Value,
} from './types.ts'
import CASES from './values/postgres.cases.json' with { type: 'json' }
import { momentAs } from './values/temporal.ts'
import { castToText, compareValues, fromJson, fromText, toJsonText, toText } from './values.ts'

/** What PostgreSQL 15 answers and we mean to answer differently, each with its reason. */
const DIFFERENT: Readonly<Record<string, string>> = {
  // Read without harm.
  'interval 1day2hours': '1 day 02:00:00',
  // Years from 1 to 9999 only: texts must sort by time.
  'timestamptz 99999-01-01': '22008: date/time field value out of range: "99999-01-01"',
  // One code for all fields out of range.
  'timestamptz 2020-01-01 10:00:00+16': '22008: date/time field value out of range: "2020-01-01 10:00:00+16"',
  // PostgreSQL reads it as POSIX does, with the sign reversed: refused as ambiguous.
  'timestamptz 2020-01-01T10:00:00 UTC+3':
    '22007: invalid input syntax for type timestamp with time zone: "2020-01-01T10:00:00 UTC+3"',
  // Too easily a date or a number.
  'time 101112': '22007: invalid input syntax for type time: "101112"',
}

function answer(type: ColumnType, text: string): string {
  try {
    return toText(type, fromText(type, text) as Exclude<Value, null>)
  } catch (error) {
    if (error instanceof PilarError) return `${error.code}: ${error.message}`
    throw error
  }
}

for (const [label, cases] of Object.entries(CASES)) {
  test(`${label} reads and prints as PostgreSQL does`, () => {
    const type = parseTypeName(label)
    assert.ok(type)
    for (const [text, expected] of Object.entries(cases)) {
      assert.equal(answer(type, text), DIFFERENT[`${label} ${text}`] ?? expected, `${label} ${JSON.stringify(text)}`)
    }
  })
}

test('enums and varchar refuse with PostgreSQL’s messages', () => {
  const status: ColumnType = { name: 'enum', values: ['draft', 'published'], enumName: 'posts_status' }
  assert.equal(answer(status, 'draft'), 'draft')
  assert.equal(answer(status, 'drafd'), '22P02: invalid input value for enum posts_status: "drafd"')
  const short: ColumnType = { name: 'varchar', length: 3 }
  assert.equal(answer(short, 'abcd'), '22001: value too long for type character varying(3)')
  assert.equal(answer(short, 'ab    '), 'ab ')
  assert.equal(answer(short, '𝒳𝒴𝒵'), '𝒳𝒴𝒵')
})

test('the clock is asked only where it is given', () => {
  const context = { nowMicros: 1_577_872_800_500_000n }
  assert.equal(fromText(TIMESTAMPTZ, 'now', context), '2020-01-01T10:00:00.5+00:00')
  assert.equal(fromText(DATE, 'tomorrow', context), '2020-01-02')
  assert.equal(fromText(TIMESTAMP, 'yesterday', context), '2019-12-31T00:00:00')
  assert.throws(() => fromText(DATE, 'today'), { code: '0A000' })
})

test('JSON becomes values as json_to_recordset makes them', () => {
  const json = (type: ColumnType, text: string) => fromJson(type, parseJson(text))
  assert.equal(json(INTEGER, '7'), 7)
  assert.equal(json(INTEGER, '"7"'), 7)
  assert.equal(json(BIGINT, '9007199254740993'), 9_007_199_254_740_993n)
  assert.equal(json(NUMERIC, '123456789012345678901234567890.5'), '123456789012345678901234567890.5')
  assert.equal(json(TEXT, '1.10'), '1.10')
  assert.equal(json(TEXT, '{"a": [1, "x"]}'), '{"a":[1,"x"]}')
  assert.equal(json(BOOLEAN, 'true'), true)
  assert.equal(json(BOOLEAN, '"yes"'), true)
  assert.equal(json(JSONB, '"x"'), '"x"')
  assert.equal(json(JSONB, 'null'), null)
  assert.deepEqual(json(arrayOf(INTEGER), '[1, "2", null]'), [1, 2, null])
  assert.deepEqual(json(arrayOf(TEXT), '"{a,b}"'), ['a', 'b'])
  assert.throws(() => json(INTEGER, '1.5'), { code: '22P02', message: 'invalid input syntax for type integer: "1.5"' })
  assert.throws(() => json(INTEGER, '[1]'), { code: '22P02', message: 'invalid input syntax for type integer: "[1]"' })
  assert.throws(() => json(arrayOf(TEXT), '{"a":1}'), { code: '22P02', message: 'expected JSON array' })
  assert.throws(() => json(arrayOf(TEXT), '[["a"]]'), { code: '0A000' })
  assert.throws(() => json(TEXT, '"\\u0000"'), { code: '22P05' })
  assert.throws(() => json(TEXT, '"\\ud800"'), { code: '22P02' })
})

test('jsonb is canonical, and a __proto__ key is an ordinary one', () => {
  const canonical = (text: string) => fromText(JSONB, text)
  assert.equal(canonical('{"b":1, "aa":2, "a":3, "b":4}'), '{"a":3,"b":4,"aa":2}')
  assert.equal(canonical('{"__proto__": {"x": 1}, "é": 1, "zz": 2}'), '{"zz":2,"é":1,"__proto__":{"x":1}}')
  assert.equal(canonical('[1e3, -0, 1.50, 12345678901234567890]'), '[1000,0,1.50,12345678901234567890]')
  assert.throws(() => canonical(`${'['.repeat(5_000)}${']'.repeat(5_000)}`), { code: '54001' })
})

test('on the wire and as text', () => {
  assert.equal(toJsonText(BIGINT, 9_223_372_036_854_775_807n), '9223372036854775807')
  assert.equal(toJsonText(NUMERIC, '-12.50'), '-12.50')
  assert.equal(toJsonText(DOUBLE, Number.NaN), '"NaN"')
  assert.equal(toJsonText(REAL, Math.fround(0.1)), '0.1')
  assert.equal(toJsonText(BYTEA, Uint8Array.of(0xde, 0xad)), '"\\\\xdead"')
  assert.equal(toJsonText(arrayOf(TEXT), ['a', null]), '["a",null]')
  assert.equal(toJsonText(JSONB, '{"a":1}'), '{"a":1}')
  assert.equal(toText(JSONB, '{"a":[1,"x,y:z"]}'), '{"a": [1, "x,y:z"]}')
  assert.equal(toText(BOOLEAN, true), 't')
  assert.equal(castToText(BOOLEAN, true), 'true')
  assert.equal(toText(arrayOf(TIMESTAMPTZ), ['2020-01-01T10:00:00+00:00']), '{"2020-01-01 10:00:00+00"}')
})

test('jsonb, intervals, enums, arrays and text are ordered as in PostgreSQL', () => {
  const sorted = (type: ColumnType, texts: readonly string[]) => {
    const values = texts.map((text) => fromText(type, text))
    const order = [...values].sort((a, b) => compareValues(type, a, b))
    assert.deepEqual(order, values)
  }
  sorted(JSONB, [
    '[]',
    'null',
    '"a"',
    '"b"',
    '1',
    '1.5',
    'false',
    'true',
    '[1]',
    '[2]',
    '[1,2]',
    '{}',
    '{"a":1}',
    '{"b":1}',
    '{"a":1,"b":2}',
  ])
  sorted(INTERVAL, ['-1 day', '23:59:59', '1 day', '29 days', '1 mon', '1 year'])
  sorted({ name: 'enum', values: ['z', 'a'] }, ['z', 'a'])
  sorted(arrayOf(INTEGER), ['{}', '{1}', '{1,2}', '{2}', '{NULL}'])
  sorted(TEXT, ['', 'A', 'a', 'é', '\uffff', '😀'])
  sorted(DOUBLE, ['-Infinity', '-1', '0', '1e300', 'Infinity', 'NaN'])
  sorted(TIMESTAMPTZ, [
    '-infinity',
    '0001-01-01',
    '2020-01-01 10:00',
    '2020-01-01 10:00:00.5',
    '2020-01-01 10:00:00.55',
    'infinity',
  ])
  assert.equal(compareValues(JSONB, '1.0', '1'), 0)
  assert.equal(compareValues(INTERVAL, '1 day', '24:00:00'), 0)
  assert.ok(compareValues(INTEGER, null, 5) > 0)
})

const SEED = 4_711
const ROUNDS = 500

const MAKERS: readonly { readonly type: ColumnType; readonly make: (random: Random) => Value }[] = [
  { type: TEXT, make: randomText },
  {
    type: BIGINT,
    make: (random) => BigInt.asIntN(64, BigInt(random.int(0, 2 ** 32)) ** 2n * (random.chance(0.5) ? 1n : -1n)),
  },
  { type: DOUBLE, make: (random) => (random.next() - 0.5) * 10 ** random.int(-300, 300) },
  { type: REAL, make: (random) => Math.fround((random.next() - 0.5) * 10 ** random.int(-37, 37)) },
  {
    type: { name: 'numeric', precision: 20, scale: 4 },
    make: (random) => `${random.int(-99_999, 99_999) || 1}.${String(random.int(0, 9_999)).padStart(4, '0')}`,
  },
  { type: TIMESTAMPTZ, make: (random) => momentAs('timestamptz', randomMicros(random)) },
  { type: TIMESTAMP, make: (random) => momentAs('timestamp', randomMicros(random)) },
  { type: DATE, make: (random) => momentAs('date', randomMicros(random)) },
  { type: TIME, make: (random) => momentAs('time', randomMicros(random)) },
  { type: UUID, make: (random) => fromText(UUID, random.times(32, () => random.int(0, 15).toString(16)).join('')) },
  { type: BYTEA, make: (random) => Uint8Array.from(random.times(random.int(0, 20), () => random.int(0, 255))) },
  { type: INTERVAL, make: randomInterval },
  {
    type: arrayOf(TEXT),
    make: (random) => random.times(random.int(0, 4), () => (random.chance(0.2) ? null : randomText(random))),
  },
  {
    type: JSONB,
    make: (random) =>
      fromText(JSONB, JSON.stringify({ [randomText(random)]: [randomText(random), random.int(-9, 9), null] })),
  },
]

function randomText(random: Random): string {
  const alphabet = ['a', 'B', ' ', '"', '\\', ',', '{', '}', 'é', '😀', '\n', "'", 'NULL', '\u{ffff}']
  return random.times(random.int(0, 8), () => random.pick(alphabet)).join('')
}

/** Between the years 1 and 9999. */
function randomMicros(random: Random): bigint {
  const seconds = BigInt(random.int(-62_135_596_800, 253_402_300_799))
  return seconds * 1_000_000n + BigInt(random.chance(0.5) ? 0 : random.int(0, 999_999))
}

function randomInterval(random: Random): Value {
  const part = (unit: string) => `${random.int(-50, 50)} ${unit}`
  return fromText(INTERVAL, [part('months'), part('days'), part('seconds'), part('us')].join(' '))
}

for (const { type, make } of MAKERS) {
  test(`${type.name}: what is printed is read again, as text and as JSON (seed ${SEED})`, () => {
    const random = new Random(SEED)
    for (let round = 0; round < ROUNDS; round++) {
      const value = make(random)
      const context = `seed ${SEED}, round ${round}`
      assert.deepEqual(fromText(type, toText(type, value as Exclude<Value, null>)), value, context)
      assert.deepEqual(fromJson(type, parseJson(toJsonText(type, value))), value, context)
    }
  })
}

test(`timestamps sort by time as plain text (seed ${SEED})`, () => {
  const random = new Random(SEED)
  for (let round = 0; round < ROUNDS; round++) {
    const near = randomMicros(random)
    const far = random.chance(0.5) ? near + BigInt(random.int(-2_000_000, 2_000_000)) : randomMicros(random)
    if (far < -62_135_596_800_000_000n || far >= 253_402_300_800_000_000n) continue
    const order = compareText(momentAs('timestamptz', near), momentAs('timestamptz', far))
    assert.equal(Math.sign(order), near < far ? -1 : near > far ? 1 : 0, `seed ${SEED}, round ${round}`)
  }
})
