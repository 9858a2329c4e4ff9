import assert from 'node:assert/strict'
import { test } from 'node:test'
import { literal, oneLine } from './literal.ts'

const back = (text: string): unknown => new Function(`return (${text})`)()

test('what is written is read back as it was', () => {
  const values = [
    null,
    true,
    -1.5,
    '',
    "it's",
    'say "x"',
    `both ' and "`,
    'back\\slash "',
    'line\nbreak\u2028\u0000é𝄞',
    '`tick` $',
    [],
    {},
    [[1], { 'a-b': { c: [''] }, 7: 'x', constructor: 1 }],
  ]
  for (const value of values) {
    assert.deepEqual(back(oneLine(value)), value)
    assert.deepEqual(back(literal(value)), value)
  }
  assert.deepEqual(JSON.stringify(back(literal(JSON.parse('{"__proto__":1}')))), '{"__proto__":1}')
})

test('short values are one line, long ones one member a line', () => {
  assert.equal(literal({ kind: 'x', list: [1, 2], none: undefined }), "{ kind: 'x', list: [1, 2] }")
  const long = 'x'.repeat(140)
  assert.equal(
    literal({ a: [long, 'y'], b: "it's" }, 1),
    `{\n    a: [\n      '${long}',\n      'y',\n    ],\n    b: "it's",\n  }`,
  )
})
