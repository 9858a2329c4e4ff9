import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf, parse, parseRows, type TestRequest } from '../../../test/support/rest-request.ts'
import { createParseCache } from './parse-cache.ts'
import { encode } from './query-string.ts'

const EQ = { kind: 'filter', op: 'eq', negated: false, quantifier: null, is: null, language: null } as const
const plain = (name: string) => ({ name, path: [] })

test('a plain read', () => {
  assert.deepEqual(parseRows('GET /posts').api, {
    kind: 'read',
    schema: 'public',
    table: 'posts',
    select: [{ kind: 'all' }],
    filters: [],
    orders: [],
    ranges: [],
    count: null,
    values: [],
    shape: 'read 6:public5:posts1:*',
  })
})

test('the whole query string', () => {
  const { api } = parseRows(
    'GET /posts?select=id,author:profiles!fk!inner(name)&author.name=eq.a&or=(id.lt.3,not.and(b.is.null,c.in.(1,"x,y")))' +
      '&order=data->>k.desc.nullslast,author(name)&author.order=name&limit=5&offset=10&author.limit=1&nothing',
    { headers: { prefer: 'count=exact' } },
  )
  assert.deepEqual(api.values, ['a', '3', ['1', 'x,y'], '5', '10', '1'])
  assert.deepEqual(api.filters[0], { path: ['author'], node: { ...EQ, field: plain('name'), value: 0 } })
  assert.deepEqual(api.filters[1]?.node, {
    kind: 'logic',
    op: 'or',
    negated: false,
    nodes: [
      { ...EQ, op: 'lt', field: plain('id'), value: 1 },
      {
        kind: 'logic',
        op: 'and',
        negated: true,
        nodes: [
          { ...EQ, op: 'is', is: 'null', field: plain('b'), value: -1 },
          { ...EQ, op: 'in', field: plain('c'), value: 2 },
        ],
      },
    ],
  })
  const term = { relation: null, descending: false, nullsFirst: null }
  const json = { name: 'data', path: [{ key: 'k', asText: true }] }
  assert.deepEqual(api.orders, [
    {
      path: [],
      terms: [
        { ...term, field: json, descending: true, nullsFirst: false },
        { ...term, field: plain('name'), relation: 'author' },
      ],
    },
    { path: ['author'], terms: [{ ...term, field: plain('name') }] },
  ])
  assert.deepEqual(api.ranges, [
    { path: [], limit: 3, offset: 4 },
    { path: ['author'], limit: 5, offset: -1 },
  ])
  assert.equal(api.count, 'exact')
})

const VALUES: readonly (readonly [string, readonly unknown[]])[] = [
  ['name=eq.a b', ['a b']],
  ['name=eq.a+b%2Bc', ['a b+c']],
  ['name=eq.', ['']],
  ['name=eq."quoted"', ['"quoted"']],
  ['name=like.*a*', ['%a%']],
  ['name=not.ilike(all).{*a,b*}', [['%a', 'b%']]],
  ['name=eq(any).{a,"b c","d\\"e"}', [['a', 'b c', 'd"e']]],
  ['name=match.^*', ['^*']],
  ['id=in.(1,2)', [['1', '2']]],
  ['id=in.()', [[]]],
  ['id=in.("")', [[]]],
  ['id=in.("a,b","c\\"d",e"f)', [['a,b', 'c"d', 'e"f']]],
  ['or=(a.eq."x)y",b.eq.{1,2},c.eq."half" open,d.eq.)', ['x)y', '{1,2}', '"half" open', '']],
  ['t=fts(english).fat cats', ['fat cats']],
  ['a.b=eq.1&a.b.c=eq.2', ['1', '2']],
  ['"a.b"=eq.1', ['1']],
]
for (const [search, values] of VALUES) {
  test(`lifts the values of ${search}`, () => assert.deepEqual(parseRows(`GET /t?${search}`).api.values, values))
}

const SYNTAX: readonly (readonly [search: string, message: string, details: string])[] = [
  [
    'id=0',
    '"failed to parse filter (0)" (line 1, column 1)',
    'unexpected "0" expecting "not" or operator (eq, gt, ...)',
  ],
  [
    'id=noop.1',
    '"failed to parse filter (noop.1)" (line 1, column 1)',
    'unexpected "o" expecting "not" or operator (eq, gt, ...)',
  ],
  [
    'id=is.nope',
    '"failed to parse filter (is.nope)" (line 1, column 4)',
    'unexpected "n" expecting isVal: (null, not_null, true, false, unknown)',
  ],
  [
    'id=is.nullx',
    '"failed to parse filter (is.nullx)" (line 1, column 4)',
    'unexpected "n" expecting isVal: (null, not_null, true, false, unknown)',
  ],
  ['id=eq', '"failed to parse filter (eq)" (line 1, column 3)', 'unexpected end of input expecting delimiter (.)'],
  ['id=in.1', '"failed to parse filter (in.1)" (line 1, column 4)', 'unexpected "1" expecting "("'],
  [
    'or=()',
    '"failed to parse logic tree (or())" (line 1, column 4)',
    'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)',
  ],
  ['or=)(', '"failed to parse logic tree (or)()" (line 1, column 3)', 'unexpected ")" expecting "("'],
  [
    'or=(id.in.1,2)',
    '"failed to parse logic tree (or(id.in.1,2))" (line 1, column 10)',
    'unexpected "1" expecting "("',
  ],
  [
    'or=(id.eq.1,not.xor(id.eq.2))',
    '"failed to parse logic tree (or(id.eq.1,not.xor(id.eq.2)))" (line 1, column 16)',
    'unexpected "x" expecting logic operator (and, or)',
  ],
  [
    'order=id.ac',
    '"failed to parse order (id.ac)" (line 1, column 4)',
    'unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast"',
  ],
  [
    'order=id.descc',
    '"failed to parse order (id.descc)" (line 1, column 8)',
    'unexpected \'c\' expecting delimiter (.), "," or end of input',
  ],
  [
    'order=id.asc.nlsfst',
    '"failed to parse order (id.asc.nlsfst)" (line 1, column 8)',
    'unexpected "l" expecting "nullsfirst" or "nullslast"',
  ],
  [
    'order=id.asc.nullslasttt',
    '"failed to parse order (id.asc.nullslasttt)" (line 1, column 17)',
    'unexpected \'t\' expecting "," or end of input',
  ],
  [
    'select=data->>-78xy',
    '"failed to parse select parameter (data->>-78xy)" (line 1, column 11)',
    'unexpected \'x\' expecting digit, "->", "::", ".", "," or end of input',
  ],
  [
    'select=name::',
    '"failed to parse select parameter (name::)" (line 1, column 7)',
    'unexpected end of input expecting letter or digit',
  ],
  [
    'select=id,,b',
    '"failed to parse select parameter (id,,b)" (line 1, column 4)',
    'unexpected "," expecting "..." or field name (* or [a..z0..9_$])',
  ],
  [
    'select=a%0Ab:',
    '"failed to parse select parameter (a\nb:)" (line 1, column 2)',
    'unexpected \'\n\' expecting "->", "::", delimiter (.), ")", "," or end of input',
  ],
  [
    'a..b=eq.1',
    '"failed to parse tree path (a..b)" (line 1, column 3)',
    'unexpected "." expecting field name (* or [a..z0..9_$])',
  ],
  [
    'x%zz=eq.1',
    '"failed to parse query string (x%zz)" (line 1, column 2)',
    'unexpected "%" expecting a percent-encoded UTF-8 character',
  ],
  [
    'columns=a,',
    '"failed to parse columns parameter (a,)" (line 1, column 3)',
    'unexpected end of input expecting field name (* or [a..z0..9_$])',
  ],
]
for (const [search, message, details] of SYNTAX) {
  test(`PGRST100 of ${search}`, () => {
    assert.deepEqual(
      errorOf(() => parse(`GET /t?${search}`)),
      { code: 'PGRST100', message, details, hint: null },
    )
  })
}

const REFUSALS: readonly (readonly [string, TestRequest, string, string?])[] = [
  ['GET /a/b', {}, 'PGRST125'],
  ['GET /rpc/a/b', {}, 'PGRST125'],
  ['GET /%ff', {}, 'PGRST125'],
  ['BREW /a', {}, 'PGRST117', 'Unsupported HTTP method: BREW'],
  ['POST /', {}, 'PGRST117', 'Unsupported HTTP method: POST'],
  ['DELETE /rpc/f', {}, 'PGRST101', 'Cannot use the DELETE method on RPC'],
  ['BREW /a', { headers: { 'content-profile': 'x' } }, 'PGRST106', 'Invalid schema: x'],
  ['GET /a', { headers: { 'accept-profile': 'auth' } }, 'PGRST106', 'Invalid schema: auth'],
  ['GET /a?limit=-1', {}, 'PGRST103', 'Requested range not satisfiable'],
  ['GET /a?b.limit=-1', {}, 'PGRST103'],
  ['GET /a', { headers: { range: '5-2' } }, 'PGRST103'],
  ['GET /a?id=eq.%00', {}, '22021', 'invalid byte sequence for encoding "UTF8": 0x00'],
  ['GET /a?id=eq(any).3', {}, '22P02', 'malformed array literal: "3"'],
  ['PUT /a?id=eq.1&limit=1', { body: '{"id":1}' }, 'PGRST114'],
  ['PUT /a?id=eq.1', { body: '[{"id":1},{"id":2}]' }, 'PGRST115'],
  ['POST /a', { body: '{' }, 'PGRST102', 'Empty or invalid json'],
]
for (const [line, more, code, message] of REFUSALS) {
  test(`${line} ${JSON.stringify(more)} is ${code}`, () => {
    const error = errorOf(() => parse(line, more))
    assert.equal(error['code'], code)
    if (message !== undefined) assert.equal(error['message'], message)
  })
}

test('the hint of PGRST106 names the exposed schemas', () => {
  const error = errorOf(() => parse('GET /a', { headers: { 'accept-profile': 'x' }, schemas: ['public', 'shop'] }))
  assert.equal(error['hint'], 'Only the following schemas are exposed: public, shop')
})

test('schemas are chosen by the profile header of the method', () => {
  const schemas = ['public', 'shop']
  const headers = { 'accept-profile': 'shop', 'content-profile': 'public' }
  assert.deepEqual(parseRows('GET /a', { headers, schemas }).profile, { schema: 'shop', echo: true })
  assert.deepEqual(parseRows('DELETE /a', { headers, schemas }).profile, { schema: 'public', echo: true })
  assert.deepEqual(parseRows('GET /a').profile, { schema: 'public', echo: false })
})

test('Range and limit are intersected, on GET only', () => {
  const headers = { range: '5-14' }
  assert.deepEqual(parseRows('GET /a?limit=7&offset=10', { headers }).range, { offset: 10, limit: 5 })
  assert.deepEqual(parseRows('GET /a', { headers: { range: '5-' } }).range, { offset: 5, limit: null })
  assert.deepEqual(parseRows('GET /a', { headers: { range: 'bytes=0-5' } }).range, { offset: 0, limit: null })
  assert.deepEqual(parseRows('HEAD /a', { headers }).range, { offset: 0, limit: null })
  assert.deepEqual(parseRows('GET /a?limit=x&offset=y').api.ranges, [])
  assert.deepEqual(parseRows('GET /a?limit=99999999999999999999').range.limit, Number.MAX_SAFE_INTEGER)
  assert.deepEqual(parseRows('PATCH /a?limit=1&id=eq.1', { body: '{}' }).api.ranges, [])
})

test('other targets', () => {
  const profile = { schema: 'public', echo: false }
  assert.deepEqual(parse('OPTIONS /a'), { kind: 'options', target: 'relation', name: 'a', profile })
  assert.deepEqual(parse('OPTIONS /'), { kind: 'options', target: 'root', name: null, profile })
  assert.equal(parse('GET /').kind, 'root')
  const call = parse('GET /rpc/f?a=1')
  assert.deepEqual(call, { kind: 'rpc', name: 'f', method: 'GET', profile, parameters: [{ key: 'a', value: '1' }] })
  assert.equal(parseRows('GET /we%20ird%2Fname').api.table, 'we ird/name')
})

test('media types and strict preferences are refused after planning', () => {
  const unacceptable = parseRows('GET /a', { headers: { accept: 'image/png' } })
  assert.equal(unacceptable.refusal?.code, 'PGRST107')
  const strict = parseRows('GET /a', { headers: { prefer: 'handling=strict, odd, count=exact, x=y' } })
  assert.equal(strict.refusal?.code, 'PGRST122')
  assert.equal(strict.refusal?.details, 'Invalid preferences: odd, x=y')
  assert.equal(parseRows('GET /a', { headers: { prefer: 'odd' } }).refusal, null)
})

test('an update takes the first row only', () => {
  const { api } = parseRows('PATCH /a?id=eq.1', { body: '[{"a":1},{"a":2}]' })
  assert.ok(api.kind === 'update')
  assert.deepEqual(api.payload, { columns: ['a'], cells: [[1]] })
})

test('a shape has no values and tells requests apart', () => {
  const shape = (search: string) => parseRows(`GET /t?${search}`).api.shape
  assert.equal(shape('a=eq.1&b=in.(1,2)&limit=3'), shape('a=eq.2&b=in.(9)&limit=1'))
  const searches = [
    ...[
      '',
      'select=id',
      'select=',
      'a=eq.1',
      'a=neq.1',
      'a=not.eq.1',
      'a.b=eq.1',
      '"a.b"=eq.1',
      'a->b=eq.1',
      'a->>b=eq.1',
    ],
    ...[
      'a->0=eq.1',
      'a->"0"=eq.1',
      'a=eq(any).{1}',
      'a=eq(all).{1}',
      'a=is.null',
      'a=is.true',
      'a=fts.x',
      'a=fts(en).x',
    ],
    ...['or=(a.eq.1)', 'and=(a.eq.1)', 'not.or=(a.eq.1)', 'or=(a.eq.1,b.eq.2)', 'or=(a.eq.1)&b=eq.2', 'a.or=(a.eq.1)'],
    ...['order=a', 'order=a.desc', 'order=a.nullsfirst', 'order=a(b)', 'order=a,b', 'a.order=b', 'limit=1', 'offset=1'],
    ...['limit=1&offset=1', 'a.limit=1', 'order=a&order=b', 'order="a0/"'],
  ]
  assert.equal(new Set(searches.map(shape)).size, searches.length)
  const write = (headers: Record<string, string>, body: string) => parseRows('POST /t', { headers, body }).api.shape
  const writes = [
    write({}, '{"a":1}'),
    write({}, '{"b":1}'),
    write({}, '{"a":1,"b":2}'),
    write({ prefer: 'return=representation' }, '{"a":1}'),
    write({ prefer: 'resolution=merge-duplicates' }, '{"a":1}'),
    write({ prefer: 'missing=default' }, '{"a":1}'),
    parseRows('PUT /t', { body: '{"a":1}' }).api.shape,
    parseRows('PATCH /t', { body: '{"a":1}' }).api.shape,
  ]
  assert.equal(new Set(writes).size, writes.length)
})

test('a parsed request is frozen', () => {
  const check = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null) return
    assert.ok(Object.isFrozen(value), `${at} is not frozen`)
    for (const [name, member] of Object.entries(value)) check(member, `${at}.${name}`)
  }
  const search = 'select=a,b(c),d->e&f=in.(1,2)&or=(g.eq.1,h.is.null)&order=i->j,k(l)&b.order=m&limit=1&b.limit=2'
  check(parseRows(`GET /t?${search}`).api, 'api')
  const { api } = parseRows('POST /t?columns=a', { body: '{"a":1}' })
  assert.ok(api.kind === 'insert' && Object.isFrozen(api.payload) && Object.isFrozen(api.payload.columns))
})

const LIMITS: readonly (readonly [string, TestRequest, RegExp])[] = [
  ['GET /a?select=b(c(d))', { limits: { embedDepthMax: 1 } }, /limit embedDepthMax of 1 levels$/],
  ['GET /a?select=b,c,d', { limits: { selectItemsMax: 2 } }, /limit selectItemsMax of 2 items$/],
  ['GET /a?b=eq.1&or=(c.eq.1,d.eq.2)', { limits: { filterNodesMax: 3 } }, /limit filterNodesMax of 3 filters$/],
  ['GET /a?and=(or(and(b.eq.1)))', { limits: { logicDepthMax: 2 } }, /limit logicDepthMax of 2 levels$/],
  ['GET /a?b=in.(1,2,3)', { limits: { inListMax: 2 } }, /limit inListMax of 2 elements$/],
  ['GET /a?b=eq(any).{1,2,3}', { limits: { inListMax: 2 } }, /limit inListMax of 2 elements$/],
  ['GET /a?order=b,c&d.order=e', { limits: { orderTermsMax: 2 } }, /limit orderTermsMax of 2 terms$/],
  ['GET /a?select=b->c->d', { limits: { jsonPathStepsMax: 1 } }, /limit jsonPathStepsMax of 1 steps$/],
  ['POST /a', { body: '[[1]]', limits: { jsonDepthMax: 1 } }, /limit jsonDepthMax of 1 levels$/],
  ['POST /a', { body: '{"a":1,"b":1}', limits: { payloadColumnsMax: 1 } }, /limit payloadColumnsMax of 1 columns$/],
  ['POST /a', { body: '[{},{}]', limits: { payloadRowsMax: 1 } }, /limit payloadRowsMax of 1 rows$/],
]
for (const [line, more, message] of LIMITS) {
  test(`${line} ${more.body ?? ''} meets ${JSON.stringify(more.limits)}`, () => {
    const error = errorOf(() => parse(line, more))
    assert.equal(error['code'], 'PILAR_LIMIT')
    assert.match(String(error['message']), message)
  })
}

test('the limits themselves are allowed', () => {
  parse('GET /a?select=b(c)&d=in.(1,2)&or=(e.eq.1)', { limits: { embedDepthMax: 1, inListMax: 2, filterNodesMax: 3 } })
  parse('POST /a', { body: '{"a":"]]]][[[[\\"[["}', limits: { jsonDepthMax: 1 } })
})

test('names may hold anything when quoted', () => {
  const name = 'a.b,(c)"d\\e'
  const quoted = encode(`"${name.replace(/["\\]/g, '\\$&')}"`)
  const { api } = parseRows(`GET /t?select=${quoted}&${quoted}=eq.1&order=${quoted}`)
  assert.deepEqual(api.select, [
    { kind: 'field', name, alias: null, path: [], cast: null, aggregate: null, aggregateCast: null },
  ])
  assert.deepEqual(api.filters[0]?.node, { ...EQ, field: plain(name), value: 0 })
  assert.equal(api.orders[0]?.terms[0]?.field.name, name)
})

test('the cache changes nothing but the work', () => {
  const cache = createParseCache(2)
  const lines = [
    'GET /t?select=a,b(c)&order=a.desc',
    'GET /t?select=a&b.order=a.desc',
    'GET /t?select=b&order=c',
    'GET /t',
  ]
  for (const line of [...lines, ...lines]) assert.deepEqual(parseRows(line, { cache }).api, parseRows(line).api)
  const [first, second] = [parseRows('GET /t?select=a,b', { cache }), parseRows('GET /u?select=a,b', { cache })]
  assert.equal(first.api.select, second.api.select)
  const limits = { orderTermsMax: 3 }
  const twice = () => parse('GET /t?order=x,y&b.order=x,y', { cache, limits })
  assert.equal(errorOf(twice)['code'], 'PILAR_LIMIT')
  for (let round = 0; round < 2; round++)
    assert.equal(errorOf(() => parse('GET /t?select=a,', { cache }))['code'], 'PGRST100')
})
