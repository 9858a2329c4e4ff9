import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf, parseRows, type TestRequest } from '../../../test/support/rest-request.ts'
import { failure } from '../../errors/error.ts'
import { INTEGER, TEXT } from '../../schema/types.ts'
import { type ResultText, respondError, respondOptions, respondRows } from './respond.ts'

const OUTPUT = [
  { name: 'id', type: INTEGER },
  { name: 'name', type: TEXT },
]
const NONE: ResultText = { json: '', rows: 0, total: null, affected: null, inserted: null, key: null }
const OBJECT = { accept: 'application/vnd.pgrst.object+json' }

function answer(line: string, result: Partial<ResultText>, more: TestRequest = {}, upsert = false) {
  return respondRows(parseRows(line, more), { ...NONE, ...result }, { output: OUTPUT, upsert })
}
const rows = (count: number): Partial<ResultText> => ({
  json: Array.from({ length: count }, (_, index) => `{"id":${index},"name":null}`).join(','),
  rows: count,
})

test('a read', () => {
  assert.deepEqual(answer('GET /posts?select=*&b=eq.ü x&a', rows(2)), {
    status: 200,
    headers: {
      'Content-Range': '0-1/*',
      'Content-Location': '/posts?a=&b=eq.%C3%BC%20x&select=%2A',
      'Content-Type': 'application/json; charset=utf-8',
      Vary: 'Accept, Prefer, Range',
    },
    body: '[{"id":0,"name":null},{"id":1,"name":null}]',
  })
  assert.deepEqual(answer('HEAD /posts', rows(2)), answer('GET /posts', rows(2)))
})

const RANGES: readonly (readonly [string, Partial<ResultText>, number, string])[] = [
  ['GET /t', rows(0), 200, '*/*'],
  ['GET /t', { ...rows(0), total: 0 }, 200, '*/0'],
  ['GET /t', { ...rows(3), total: 3 }, 200, '0-2/3'],
  ['GET /t?limit=2', { ...rows(2), total: 3 }, 206, '0-1/3'],
  ['GET /t?offset=5', rows(2), 200, '5-6/*'],
  ['GET /t?offset=2', { ...rows(1), total: 3 }, 206, '2-2/3'],
  ['GET /t?offset=3', { ...rows(0), total: 3 }, 206, '*/3'],
]
for (const [line, result, status, range] of RANGES) {
  test(`${line} of ${result.total} has ${range}`, () => {
    const { status: actual, headers } = answer(line, result)
    assert.deepEqual([actual, headers['Content-Range']], [status, range])
  })
}

test('an offset beyond the end is 416', () => {
  const error = errorOf(() => answer('GET /t?offset=4', { ...rows(0), total: 3 }))
  assert.equal(error['code'], 'PGRST103')
  assert.equal(error['details'], 'An offset of 4 was requested, but there are only 3 rows.')
})

test('singular media types', () => {
  const one = answer('GET /t', rows(1), { headers: OBJECT })
  assert.deepEqual(
    [one.body, one.headers['Content-Type']],
    ['{"id":0,"name":null}', 'application/vnd.pgrst.object+json; charset=utf-8'],
  )
  const error = errorOf(() => answer('GET /t', rows(2), { headers: OBJECT }))
  assert.deepEqual(error, {
    code: 'PGRST116',
    message: 'Cannot coerce the result to a single JSON object',
    details: 'The result contains 2 rows',
    hint: null,
  })
  const wrote = () => answer('PATCH /t?id=eq.1', { affected: 0 }, { body: '{"a":1}', headers: OBJECT })
  assert.equal(errorOf(wrote)['details'], 'The result contains 0 rows')
})

test('nulls are stripped at every depth, digits kept', () => {
  const accept = 'application/vnd.pgrst.array+json;nulls=stripped'
  const json = '{"a":null,"b":{"c":null,"__proto__":1},"d":[null,{"e":null}],"f":1.10}'
  const { body } = answer('GET /t', { json, rows: 1 }, { headers: { accept } })
  assert.equal(body, '[{"b":{"__proto__":1},"d":[null,{}],"f":1.10}]')
})

test('CSV', () => {
  const headers = { accept: 'text/csv' }
  const { body } = answer('GET /t', { json: '{"id":1,"name":"a,b"},{"id":2,"name":null}', rows: 2 }, { headers })
  assert.equal(body, 'id,name\n1,"a,b"\n2,')
  assert.equal(answer('GET /t', {}, { headers }).body, '\n')
})

const SHOW = 'return=representation'
const WRITES: readonly (readonly [string, string, Partial<ResultText>, number, string | undefined, string | null])[] = [
  ['POST /t', '', { affected: 2 }, 201, '*/*', ''],
  ['POST /t', 'count=exact', { affected: 2 }, 201, '*/2', ''],
  ['POST /t', SHOW, { ...rows(1), affected: 1 }, 201, '*/*', '[{"id":0,"name":null}]'],
  ['POST /t', 'resolution=merge-duplicates', { affected: 2, inserted: 0 }, 200, '*/*', ''],
  ['POST /t', 'resolution=merge-duplicates', { affected: 2, inserted: 1 }, 201, '*/*', ''],
  ['POST /t', 'resolution=ignore-duplicates', { affected: 0, inserted: 0 }, 201, '*/*', ''],
  ['PATCH /t?id=eq.1', '', { affected: 2 }, 204, '0-1/*', null],
  ['PATCH /t?id=eq.1', '', { affected: 0 }, 204, '*/*', null],
  ['PATCH /t?id=eq.1', 'count=exact', { affected: 2 }, 204, '0-1/2', null],
  ['PATCH /t?id=eq.1', SHOW, { affected: 0 }, 200, '*/*', '[]'],
  ['DELETE /t?id=eq.1', '', { affected: 2 }, 204, '*/*', null],
  ['DELETE /t?id=eq.1', `count=exact,${SHOW}`, { ...rows(1), affected: 1 }, 200, '*/1', '[{"id":0,"name":null}]'],
  ['PUT /t?id=eq.1', '', { affected: 1, inserted: 1 }, 204, undefined, null],
  ['PUT /t?id=eq.1', SHOW, { ...rows(1), affected: 1, inserted: 1 }, 201, undefined, '[{"id":0,"name":null}]'],
  ['PUT /t?id=eq.1', SHOW, { ...rows(1), affected: 1, inserted: 0 }, 200, undefined, '[{"id":0,"name":null}]'],
]
for (const [line, prefer, result, status, range, body] of WRITES) {
  test(`${line} ${prefer} of ${result.affected} is ${status}`, () => {
    const given = answer(line, result, { headers: { prefer }, body: '{"id":1}' })
    assert.deepEqual([given.status, given.headers['Content-Range'], given.body], [status, range, body])
  })
}

test('an empty 201 says its length', () => {
  assert.equal(answer('POST /t', { affected: 1 }, { body: '{}' }).headers['Content-Length'], '0')
})

test('headers-only gives the Location of one new row', () => {
  const more = { headers: { prefer: 'return=headers-only' }, body: '{}' }
  const key = [
    { column: 'id', value: 'a b' },
    { column: 'p', value: null },
  ]
  const { headers } = answer('POST /t', { affected: 1, key }, more)
  assert.equal(headers['Location'], '/t?id=eq.a%20b&p=is.null')
  assert.equal(headers['Preference-Applied'], 'return=headers-only')
  assert.equal(answer('POST /t', { affected: 2 }, more).headers['Location'], undefined)
})

test('Content-Profile answers a profile header, or several schemas', () => {
  const more = { headers: { 'accept-profile': 'public' } }
  assert.equal(answer('GET /t', {}, more).headers['Content-Profile'], 'public')
  assert.equal(answer('GET /t', {}).headers['Content-Profile'], undefined)
})

test('errors', () => {
  const denied = failure('42501', { message: 'permission denied for table t' })
  assert.deepEqual(respondError(denied, { anonymous: true }), {
    status: 401,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Proxy-Status': 'PostgREST; error=42501',
    },
    body: '{"code":"42501","message":"permission denied for table t","details":null,"hint":null}',
  })
  assert.equal(respondError(denied, { anonymous: false }).status, 403)
  const range = failure('PGRST103', {}, { headers: { 'Content-Range': '*/3' } })
  assert.equal(respondError(range, { anonymous: true }).headers['Content-Range'], '*/3')
})

test('OPTIONS says what a relation takes', () => {
  const allow = (table: Parameters<typeof respondOptions>[0]) => respondOptions(table).headers['Allow']
  assert.equal(allow({ writable: true, hasPrimaryKey: true }), 'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE')
  assert.equal(allow({ writable: true, hasPrimaryKey: false }), 'OPTIONS,GET,HEAD,POST,PATCH,DELETE')
  assert.equal(allow({ writable: false, hasPrimaryKey: true }), 'OPTIONS,GET,HEAD')
  assert.equal(allow(null), 'OPTIONS,GET,HEAD')
})
