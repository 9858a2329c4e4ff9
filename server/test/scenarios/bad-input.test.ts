/** Input that is broken, too large or too deep: a precise error, nothing lost, and the server answers the next request. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Answer, ask } from '../support/http.ts'
import { percentile } from '../support/temp.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
before(async () => {
  world = await startWorld()
})
after(() => world?.close())

interface Send {
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function send(path: string, options: Send = {}): Promise<Answer> {
  return ask(world.rest + path, { ...options, headers: { ...world.as.service, ...options.headers } })
}

const codeOf = (answer: Answer) => (answer.json as { code?: string } | undefined)?.code

async function refusal(
  path: string,
  expected: readonly [status: number, code: string],
  options: Send = {},
): Promise<Answer> {
  const answer = await send(path, options)
  assert.deepEqual([answer.status, codeOf(answer)], expected, `${path.slice(0, 100)}: ${answer.text.slice(0, 300)}`)
  const alive = await send('/tags?select=id&id=eq.1')
  assert.equal(alive.text, '[{"id":1}]')
  return answer
}

/** The same for tests that look no further. */
async function refused(...expected: Parameters<typeof refusal>): Promise<void> {
  await refusal(...expected)
}

const insert = (body: string, type = 'application/json'): Send => ({
  method: 'POST',
  body,
  headers: { 'content-type': type },
})
const repeat = (part: string, times: number, separator = ',') =>
  Array.from({ length: times }, () => part).join(separator)

describe('malformed bodies', () => {
  const malformed = [
    '{',
    '{"id":1',
    '[{"id":1},]',
    '{"id":1}}',
    '{"id":1}{"id":2}',
    'id=1',
    '\u0000',
    '{"id":undefined}',
    '<xml/>',
    '"',
    '{"a":"\n"}',
  ]
  for (const body of malformed) {
    test(JSON.stringify(body), () => refused('/tags', [400, 'PGRST102'], insert(body)))
  }
  test('bytes that are no UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"id":900,"name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    const answer = await ask(`${world.rest}/tags`, { method: 'POST', headers: world.as.service, body })
    assert.ok(answer.status === 400 || answer.status === 201, answer.text)
  })
  test('CSV: an open quote, ragged lines, an unknown and a repeated column', async () => {
    await refused('/tags', [400, 'PGRST102'], insert('id,name\n1,"open', 'text/csv'))
    await refused('/tags', [400, 'PGRST102'], insert('id,name\n1,2,3', 'text/csv'))
    await refused('/tags', [400, 'PGRST204'], insert('id,nope\n1,2', 'text/csv'))
    const answer = await send('/tags', insert('id,id\n1,2', 'text/csv'))
    assert.equal(answer.status, 400, answer.text)
  })
})

describe('wrong types and names', () => {
  const cases: readonly (readonly [path: string, status: number, code: string, message: RegExp])[] = [
    ['/posts?id=eq.1.5', 400, '22P02', /^invalid input syntax for type integer: "1.5"$/],
    ['/posts?id=eq.99999999999', 400, '22003', /^value "99999999999" is out of range for type integer$/],
    ['/posts?author_id=eq.nobody', 400, '22P02', /^invalid input syntax for type uuid: "nobody"$/],
    [
      '/posts?created_at=gt.yesterday-ish',
      400,
      '22007',
      /^invalid input syntax for type timestamp with time zone: "yesterday-ish"$/,
    ],
    ['/posts?created_at=gt.2024-13-45', 400, '22008', /^date\/time field value out of range: "2024-13-45"$/],
    ['/posts?score=eq.ten', 400, '22P02', /^invalid input syntax for type numeric: "ten"$/],
    ['/posts?meta=cs.{a', 400, '22P02', /invalid input syntax for type json/],
    ['/posts?labels=cs.[a', 400, '22P02', /malformed array literal/],
    ['/posts?title=match.(', 400, '2201B', /^invalid regular expression: /],
    ['/posts?id=in.(1,x)', 400, '22P02', /^invalid input syntax for type integer: "x"$/],
    ['/posts?id=is.maybe', 400, 'PGRST100', /failed to parse filter \(is\.maybe\)/],
    ['/posts?select=id::nothing', 400, '42704', /type "nothing" does not exist/],
    ['/posts?select=title::uuid', 400, '22P02', /invalid input syntax for type uuid/],
  ]
  for (const [path, status, code, message] of cases) {
    test(path, async () => {
      const answer = await refusal(encodeURI(path), [status, code])
      assert.match((answer.json as { message: string }).message, message)
    })
  }
  test('in bodies', async () => {
    const bodies: readonly (readonly [body: string, code: string])[] = [
      ['{"id":"x","title":"t"}', '22P02'],
      ['{"id":1e99,"title":"t"}', '22P02'],
      ['{"id":3000000000,"title":"t"}', '22003'],
      ['{"id":700,"title":["a"]}', 'any'],
      ['{"id":700,"title":"t","status":"gone"}', '22P02'],
      ['{"id":700,"title":"t","author_id":"x"}', '22P02'],
      ['{"id":700,"title":"t","score":123456789012}', '22003'],
      ['{"id":700,"title":"t","created_at":"never"}', '22007'],
      ['{"id":700,"title":"t","labels":{"a":1}}', 'any'],
      ['{"id":true,"title":"t"}', '22P02'],
      ['{"id":700,"title":"t","nope":1}', 'PGRST204'],
    ]
    for (const [body, code] of bodies) {
      const answer = await send('/posts', insert(body))
      if (code === 'any') assert.ok(answer.status === 400 || answer.status === 201, `${body}: ${answer.text}`)
      else assert.deepEqual([answer.status, codeOf(answer)], [400, code], `${body}: ${answer.text}`)
      await send('/posts?id=eq.700', { method: 'DELETE' })
    }
  })
})

describe('too much (D06, D08)', () => {
  test('a body over the limit', async () => {
    const answer = await refusal(
      '/tags',
      [413, 'PILAR_BODY_TOO_LARGE'],
      insert(`{"id":1,"name":"${'x'.repeat(1024 * 1024)}"}`),
    )
    assert.match(answer.text, /bodyBytesMax/)
  })
  test('a body just under it', async () => {
    const answer = await send('/tags', insert(`{"id":800,"name":"${'x'.repeat(1024 * 1024 - 100)}"}`))
    assert.equal(answer.status, 201, answer.text)
  })
  test('a body that says it is larger than the limit is not waited for', async () => {
    const { hostname, port } = new URL(world.url)
    const startedMs = performance.now()
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      let got = ''
      socket.on('data', (chunk) => {
        got += chunk.toString()
        socket.destroy()
        resolve(got)
      })
      socket.on('error', reject)
      socket.write(
        `POST /rest/v1/tags HTTP/1.1\r\nhost: x\r\napikey: ${world.keys.service}\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n{`,
      )
    })
    assert.match(text, /^HTTP\/1\.1 413 /)
    assert.ok(performance.now() - startedMs < 2000)
  })
  test('a compressed body is not unpacked', async () => {
    const body = gzipSync(`{"id":1,"name":"${'x'.repeat(50 * 1024 * 1024)}"}`)
    const before = process.memoryUsage.rss()
    const answer = await ask(`${world.rest}/tags`, {
      method: 'POST',
      headers: { ...world.as.service, 'content-encoding': 'gzip' },
      body,
    })
    assert.ok(answer.status === 400 || answer.status === 415, answer.text)
    assert.ok(process.memoryUsage.rss() - before < 32 * 1024 * 1024)
  })
  test('a long URL', () => refused(`/tags?name=eq.${'x'.repeat(9000)}`, [414, 'PILAR_URL_TOO_LONG']))
  test('too many filters', () => refused(`/tags?or=(${repeat('id.eq.1', 101)})`, [400, 'PILAR_LIMIT']))
  test('as many as allowed', async () => {
    const answer = await send(`/tags?select=id&or=(${repeat('id.eq.1', 98)})`)
    assert.deepEqual(answer.json, [{ id: 1 }])
  })
  test('groups nested too deep', () =>
    refused(`/tags?and=${'(or'.repeat(25)}(id.eq.1,id.eq.2${')'.repeat(26)}`, [400, 'PILAR_LIMIT']))
  test('embeds nested too deep', () => {
    const nest = (depth: number): string => (depth === 0 ? 'id' : `id,posts(id,comments(${nest(depth - 1)}))`)
    return refused(`/comments?select=${nest(4)}`, [400, 'PILAR_LIMIT'])
  })
  test('a long in list', () => refused(`/tags?id=in.(${repeat('1', 1001)})`, [400, 'PILAR_LIMIT']))
  test('the longest in list', async () => {
    const answer = await send(`/tags?select=id&id=in.(${repeat('1', 1000)})`)
    assert.deepEqual(answer.json, [{ id: 1 }])
  })
  test('too many rows in a body', () =>
    refused('/tags', [400, 'PILAR_LIMIT'], insert(`[${repeat('{"id":1}', world.app.limits.payloadRowsMax + 1)}]`)))
  test('deep JSON', () =>
    refused('/tags', [400, 'PILAR_LIMIT'], insert(`{"id":1,"name":${'['.repeat(70)}${']'.repeat(70)}}`)))
  test('a very large limit is cut to the maximum of rows', async () => {
    const rows = Array.from({ length: 1200 }, (_, index) => ({ id: 10_000 + index, name: `bulk ${index}` }))
    assert.equal((await send('/tags', insert(JSON.stringify(rows)))).status, 201)
    const answer = await send('/tags?select=id&limit=999999999')
    assert.equal((answer.json as unknown[]).length, 1000)
    const embedded = await send('/post_tags?select=tags(id)&limit=5')
    assert.equal(embedded.status, 200)
    await send('/tags?id=gte.10000', { method: 'DELETE' })
  })
  test('a limit that no integer holds', async () => {
    for (const limit of ['99999999999999999999', '1e9', '0x10', ' 1']) {
      const answer = await send(`/tags?select=id&limit=${encodeURIComponent(limit)}`)
      assert.ok(answer.status < 500, `${limit}: ${answer.text}`)
    }
  })
  test('patterns that make other engines explode run in linear time (I14)', async () => {
    await send('/tags', insert(JSON.stringify({ id: 801, name: 'a'.repeat(5000) })))
    const taken: number[] = []
    for (const pattern of [
      'match.(a+)+$b',
      'imatch.^(a|a)*b$',
      'match.(.*)*.*=.*',
      'like.*a*a*a*a*a*a*a*a*b',
      'ilike.*a*a*a*a*a*a*a*a*b',
    ]) {
      const startedMs = performance.now()
      const answer = await send(`/tags?select=id&name=${encodeURIComponent(pattern)}`)
      assert.ok([200, 400].includes(answer.status), `${pattern}: ${answer.status} ${answer.text}`)
      taken.push(performance.now() - startedMs)
    }
    assert.ok(percentile(taken, 1) < 2000, `the slowest took ${percentile(taken, 1)} ms`)
  })
})

const BARE_UMLAUT = 'a URL that is not ASCII'
/** What the answer says; `Malformed` where nothing is. */
const SAID: Readonly<Record<string, RegExp>> = {
  'headers over 16 KiB': /^PILAR_URL_TOO_LONG .*16384/,
  [BARE_UMLAUT]: /^PGRST125 .*Percent-encode/,
}

describe('what is no HTTP (D04)', () => {
  const requests: readonly (readonly [name: string, text: string])[] = [
    ['two lengths', 'POST /rest/v1/tags HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    [
      'length and chunks',
      'POST /rest/v1/tags HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a NUL in a header', 'GET /rest/v1/tags HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n'],
    ['headers over 16 KiB', `GET /rest/v1/tags HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`],
    ['no HTTP at all', 'hello\r\n\r\n'],
    [BARE_UMLAUT, 'GET /rest/v1/tags?name=eq.Zoë HTTP/1.1\r\nhost: x\r\n\r\n'],
  ]
  for (const [name, text] of requests) {
    test(name, async () => {
      const { hostname, port } = new URL(world.url)
      const got = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), hostname)
        let all = ''
        socket.on('data', (chunk) => {
          all += chunk.toString()
        })
        socket.on('close', () => resolve(all))
        socket.on('error', reject)
        socket.setTimeout(5000, () => socket.destroy(new Error('not closed')))
        socket.write(text)
      })
      assert.match(got, /^HTTP\/1\.1 4(00|31) /)
      const { code, message, hint } = JSON.parse(got.slice(got.indexOf('\r\n\r\n')))
      assert.match(`${code} ${message} ${hint}`, SAID[name] ?? /^PGRST102 Malformed HTTP request/)
      assert.equal((await send('/tags?select=id&id=eq.1')).text, '[{"id":1}]')
    })
  }
})
