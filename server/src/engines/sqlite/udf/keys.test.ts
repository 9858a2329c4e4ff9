import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrayOf, INTEGER, JSONB, type LogicalType, NUMERIC, TEXT, type Value } from '../../../schema/types.ts'
import { compareValues, fromText, toJsonText } from '../../../schema/values.ts'
import { compareText } from '../../../std/compare-text.ts'
import { arrayKey, elementKind, jsonbKey } from './keys.ts'
import { likeEscape, matchesLike, toGlob } from './pattern.ts'

function sameOrder(type: LogicalType, values: readonly Value[], key: (value: Value) => string): void {
  for (const a of values) {
    for (const b of values) {
      const order = Math.sign(compareText(key(a), key(b)))
      assert.equal(order, Math.sign(compareValues(type, a, b)), `${toJsonText(type, a)} and ${toJsonText(type, b)}`)
    }
  }
}

test('jsonb keys sort as PostgreSQL sorts jsonb', () => {
  const texts = [
    'null',
    '""',
    '"a"',
    '"a\\u0001"',
    '"ab"',
    '0',
    '-1',
    '1.0',
    '1',
    '10',
    '9',
    'true',
    'false',
    '[]',
    '[1]',
    '[2]',
    '[1,1]',
    '{}',
    '{"a":1}',
    '{"a":2}',
    '{"b":1}',
    '{"a":1,"b":1}',
    '{"aa":1}',
  ]
  const values = texts.map((text) => fromText(JSONB, text))
  sameOrder(JSONB, values, (value) => jsonbKey(String(value)))
})

test('array keys sort as PostgreSQL sorts arrays', () => {
  for (const [element, texts] of [
    [INTEGER, ['{}', '{1}', '{-1}', '{1,2}', '{10}', '{9}', '{NULL}', '{1,NULL}']],
    [NUMERIC, ['{}', '{1.5}', '{-0.5}', '{1.5,2}', '{10.25}']],
    [TEXT, ['{}', '{a}', '{a,b}', '{ab}', '{""}', '{NULL}', '{é}', '{z}']],
  ] as const) {
    const type = arrayOf(element)
    sameOrder(
      type,
      texts.map((text) => fromText(type, text)),
      (value) => arrayKey(toJsonText(type, value), elementKind(element)),
    )
  }
})

test('LIKE patterns', () => {
  assert.equal(toGlob('a%_*[?\\%\\\\x'), 'a*?[*][[][?]%\\x')
  const yes: readonly (readonly [string, string])[] = [
    ['', '%'],
    ['abc', 'a%c'],
    ['a%c', 'a\\%c'],
    ['😀x', '_x'],
    ['aXbXc', 'a%X_'],
    ['a\nb', 'a_b'],
  ]
  const no: readonly (readonly [string, string])[] = [
    ['', '_'],
    ['abc', 'A%'],
    ['abc', 'a\\%c'],
    ['abcd', 'a_c%e'],
  ]
  for (const [text, pattern] of yes) assert.ok(matchesLike(text, pattern), `${text} like ${pattern}`)
  for (const [text, pattern] of no) assert.ok(!matchesLike(text, pattern), `${text} not like ${pattern}`)
  assert.equal(likeEscape('50#%\\', '#'), '50\\%\\\\')
  const startedMs = performance.now()
  matchesLike('a'.repeat(20_000), `${'%a'.repeat(50)}b`)
  assert.ok(performance.now() - startedMs < 2_000)
})
