import assert from 'node:assert/strict'
import { test } from 'node:test'
import { literal, oneLine } from './literal.ts'

/** What TypeScript makes of it. */
async function back(text: string): Promise<unknown> {
  const module = await import(`data:text/javascript,${encodeURIComponent(`export default ${text}`)}`)
  return module.default
}

test('what is written is read back as it was', async () => {
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
    assert.deepEqual(await back(oneLine(value)), value)
    assert.deepEqual(await back(literal(value)), value)
  }
  assert.deepEqual(JSON.stringify(await back(literal(JSON.parse('{"__proto__":1}')))), '{"__proto__":1}')
})

test('short values are one line, long ones one member a line', () => {
  assert.equal(literal({ kind: 'x', list: [1, 2], none: undefined }), "{ kind: 'x', list: [1, 2] }")
  const long = 'x'.repeat(140)
  assert.equal(
    literal({ a: [long, 'y'], b: "it's" }, 1),
    `{\n    a: [\n      '${long}',\n      'y',\n    ],\n    b: "it's",\n  }`,
  )
})
