import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf } from '../../../test/support/rest-request.ts'
import { RawNumber } from '../../std/json.ts'
import { DEFAULT_PARSE_LIMITS } from './limits.ts'
import { parsePayload } from './payload.ts'

function read(body: string | Uint8Array | null, contentType?: string, columns: readonly string[] | null = null) {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return parsePayload(bytes, { contentType, columns, limits: DEFAULT_PARSE_LIMITS })
}

const CSV = 'text/csv'
const FORM = 'application/x-www-form-urlencoded'

test('JSON rows', () => {
  assert.deepEqual(read('{"a":1,"b":null}'), { columns: ['a', 'b'], cells: [[1, null]] })
  assert.deepEqual(read('[{"a":1,"b":2},{"b":3,"a":[4]}]'), {
    columns: ['a', 'b'],
    cells: [
      [1, 2],
      [[4], 3],
    ],
  })
  assert.deepEqual(read('{"a":12345678901234567890}').cells, [[new RawNumber('12345678901234567890')]])
  assert.deepEqual(read('\ufeff{"a":1}').cells, [[1]])
})

test('what has no rows', () => {
  for (const body of ['[]', '3', '"x"', 'null', 'true']) assert.deepEqual(read(body), { columns: [], cells: [] })
  assert.deepEqual(read('{}'), { columns: [], cells: [[]] })
  assert.deepEqual(read('[{},{}]'), { columns: [], cells: [[], []] })
})

test('columns= chooses keys without looking at the others', () => {
  assert.deepEqual(read('[{"a":1},{"b":2,"c":3}]', undefined, ['a', 'b']), {
    columns: ['a', 'b'],
    cells: [
      [1, undefined],
      [undefined, 2],
    ],
  })
  assert.equal(errorOf(() => read('[1]', undefined, ['a']))['code'], '22023')
})

test('keys of Object.prototype are ordinary columns', () => {
  assert.deepEqual(read('{"__proto__":{"x":1},"constructor":2}').columns, ['__proto__', 'constructor'])
  assert.deepEqual(read('{"a":1}', undefined, ['__proto__', 'toString']).cells, [[undefined, undefined]])
  assert.deepEqual(read('__proto__,a\n1,2', CSV), { columns: ['__proto__', 'a'], cells: [['1', '2']] })
  assert.equal(errorOf(() => read('[{"a":1},{"__proto__":1}]'))['message'], 'All object keys must match')
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false)
})

test('CSV', () => {
  assert.deepEqual(read('a,b\n1,NULL\r\n"x,""y""\n",\n', CSV), {
    columns: ['a', 'b'],
    cells: [
      ['1', null],
      ['x,"y"\n', ''],
    ],
  })
  assert.deepEqual(read('a,b\n1,2', `${CSV}; charset=utf-8`, ['b', 'z']).cells, [['2', undefined]])
})

test('a form is one row of texts', () => {
  assert.deepEqual(read('a=1&b=x+y%26&c', FORM), { columns: ['a', 'b', 'c'], cells: [['1', 'x y&', '']] })
})

const REFUSALS: readonly (readonly [string | Uint8Array | null, string | undefined, string])[] = [
  ['', undefined, 'Empty or invalid json'],
  [null, undefined, 'Empty or invalid json'],
  ['{"a":}', undefined, 'Empty or invalid json'],
  [new Uint8Array([0x22, 0xff, 0x22]), undefined, 'Empty or invalid json'],
  ['[{"a":1},{"b":2}]', undefined, 'All object keys must match'],
  ['[{"a":1},2]', undefined, 'All object keys must match'],
  ['[1]', undefined, 'All object keys must match'],
  ['a,b\n1', CSV, 'All lines must have same number of fields'],
  ['', CSV, 'Empty or invalid csv'],
  ['a\n"x', CSV, 'A quoted CSV field does not end'],
  ['a\n"x"y', CSV, 'Unexpected text after a quoted CSV field'],
  ['x', 'text/plain', 'Content-Type not acceptable: text/plain'],
  ['{}', 'application/json garbage', 'Content-Type not acceptable: application/json garbage'],
  ['{}', 'application/json\tx', 'Content-Type not acceptable: application/json\tx'],
]
for (const [body, type, message] of REFUSALS) {
  test(`refuses ${JSON.stringify(body)} as ${type}`, () => {
    const error = errorOf(() => read(body, type))
    assert.deepEqual([error['code'], error['message']], ['PGRST102', message])
  })
}

test('deep nesting is refused before it is parsed', () => {
  const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`
  assert.equal(read(deep(63)).cells.length, 1)
  assert.equal(errorOf(() => read(deep(64)))['code'], 'PILAR_LIMIT')
  assert.equal(errorOf(() => read('['.repeat(1_000_000)))['code'], 'PILAR_LIMIT')
})
