import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  arrayOf,
  BOOLEAN,
  BYTEA,
  type ColumnType,
  INTEGER,
  JSONB,
  NUMERIC,
  TEXT,
  TIMESTAMPTZ,
} from '../schema/types.ts'
import { parseCsv, toCsv } from './csv.ts'

const FIELDS: readonly (readonly [ColumnType | null, string, string])[] = [
  [TEXT, '"a"', 'a'],
  [TEXT, 'null', ''],
  [TEXT, '""', '""'],
  [TEXT, '"a,b"', '"a,b"'],
  [TEXT, '"a b"', '"a b"'],
  [TEXT, '"a\\"b\\\\"', '"a""b\\\\"'],
  [TEXT, '"(x)"', '"(x)"'],
  [INTEGER, '-1', '-1'],
  [NUMERIC, '1.10', '1.10'],
  [NUMERIC, '12345678901234567890', '12345678901234567890'],
  [BOOLEAN, 'true', 't'],
  [BOOLEAN, 'false', 'f'],
  [BYTEA, '"\\\\xff"', '"\\\\xff"'],
  [TIMESTAMPTZ, '"2020-01-01T10:00:00.5+00:00"', '"2020-01-01 10:00:00.5+00"'],
  [arrayOf(TEXT), '["a","b c",null]', '"{a,""b c"",NULL}"'],
  [arrayOf(BOOLEAN), '[true,false]', '"{t,f}"'],
  [JSONB, '{"a":[1,null]}', '"{""a"": [1, null]}"'],
  [null, '{"a":1.0}', '"{""a"":1.0}"'],
]
for (const [type, json, text] of FIELDS) {
  test(`${type?.name ?? 'embed'} ${json} is ${text}`, () => {
    assert.equal(toCsv(`[{"x":${json}}]`, [{ name: 'x', type }]), `x\n${text}`)
  })
}

test('members that a row lacks are empty', () => {
  const columns = [
    { name: '__proto__', type: TEXT },
    { name: 'a', type: INTEGER },
  ]
  assert.equal(toCsv('[{"a":1},{"a":2}]', columns), '__proto__,a\n,1\n,2')
})

test('what was printed parses to the same fields', () => {
  const texts = ['a', '', 'a,b', 'a "quoted"', 'two\nlines', 'é𝒳', ' ', '\r']
  const printed = texts.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')
  assert.deepEqual(
    parseCsv(`${printed}\r\n${printed}`).map((line) => line.map((field) => field.text)),
    [texts, texts],
  )
})

test('empty lines are left out, empty quoted fields are not', () => {
  const lines = parseCsv('a\n\n""\n\r\nb\n').map((line) => line.map((field) => field.text))
  assert.deepEqual(lines, [['a'], [''], ['b']])
})
