/** I05 and I13: what JSON can carry that programs trip over. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Answer, ask } from '../support/http.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let serial = 1000
before(async () => {
  world = await startWorld()
})
after(() => world?.close())

/** Stores `meta` as it is written and reads it back as text. */
async function store(meta: string): Promise<{ answer: Answer; read: string }> {
  const id = serial++
  const body = `{"id":${id},"title":"t","meta":${meta}}`
  const answer = await ask(`${world.rest}/posts`, { method: 'POST', headers: world.as.service, body })
  const { text } = await ask(`${world.rest}/posts?select=meta&id=eq.${id}`, { headers: world.as.service })
  return { answer, read: text.slice('[{"meta":'.length, -'}]'.length) }
}

const NAMES = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', '__defineGetter__']

describe('names that mean something to JavaScript (I05)', () => {
  const untouched = () => {
    assert.deepEqual(Object.keys(Object.prototype), [])
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  }

  for (const name of NAMES) {
    test(`${name} as a member at any depth round-trips`, async () => {
      for (const meta of [
        `{"${name}":{"polluted":1}}`,
        `{"a":{"${name}":{"polluted":1}}}`,
        `[{"b":[{"${name}":1}]}]`,
      ]) {
        const { answer, read } = await store(meta)
        assert.equal(answer.status, 201, answer.text)
        assert.equal(read.replaceAll(' ', ''), meta)
        untouched()
      }
    })

    test(`${name} where a name of the catalog belongs`, async () => {
      const encoded = encodeURIComponent(name)
      const paths = [
        `/${encoded}`,
        `/posts?select=${encoded}`,
        `/posts?select=id,${encoded}(id)`,
        `/posts?${encoded}=eq.1`,
        `/posts?order=${encoded}`,
        `/posts?${encoded}.id=eq.1`,
        `/posts?select=${encoded}:id`,
        `/posts?select=id::${encoded}`,
        `/posts?select=meta->${encoded}`,
        `/posts?or=(${encoded}.eq.1)`,
        `/posts?select=id,profiles!${encoded}(id)`,
        `/posts?id=${encoded}.1`,
        `/posts?on_conflict=${encoded}`,
        `/posts?columns=${encoded}`,
        `/rpc/${encoded}`,
      ]
      for (const path of paths) {
        const answer = await ask(world.rest + path, {
          headers: { ...world.as.service, prefer: `${name}=${name}`, [`x-${name}`]: 'x', 'accept-profile': 'public' },
        })
        assert.ok(answer.status < 500 || answer.status === 501, `${path}: ${answer.status} ${answer.text}`)
      }
      for (const profile of [name, 'public']) {
        const body = `{"${name}":1,"id":1}`
        const answer = await ask(`${world.rest}/tags`, {
          method: 'POST',
          headers: { ...world.as.service, 'content-profile': profile },
          body,
        })
        assert.ok(answer.status >= 400 && answer.status < 500, answer.text)
      }
      const csv = await ask(`${world.rest}/tags`, {
        method: 'POST',
        headers: { ...world.as.service, 'content-type': 'text/csv' },
        body: `id,${name}\n1,x`,
      })
      assert.deepEqual([csv.status, (csv.json as { code: string }).code], [400, 'PGRST204'])
      untouched()
    })
  }

  test('an alias of that name is an ordinary key', async () => {
    const { text } = await ask(`${world.rest}/tags?select=__proto__:id,constructor:name&id=eq.1`, {
      headers: world.as.service,
    })
    assert.equal(text, '[{"__proto__":1,"constructor":"red"}]')
  })

  test('this file passes where __proto__ throws', {
    skip: process.execArgv.includes('--disable-proto=throw') ? 'this is that run' : false,
  }, async () => {
    const file = fileURLToPath(import.meta.url)
    const child = spawn(process.execPath, ['--disable-proto=throw', '--test-reporter=tap', file], {
      env: { ...process.env, NODE_TEST_CONTEXT: '' },
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    assert.equal(
      code,
      0,
      output
        .split('\n')
        .filter((line) => /not ok|error:/.test(line))
        .join('\n'),
    )
    assert.match(output, /# pass [1-9]/)
  })
})

describe('JSON at its edges (I13)', () => {
  const exact: readonly (readonly [written: string, read?: string])[] = [
    ['{"n":9007199254740993}'],
    ['{"n":123456789012345678901234567890}'],
    ['{"n":-0.1}'],
    ['{"n":1e2}', '{"n":100}'],
    ['{"s":"\\u0041\\u00e9"}', '{"s":"Aé"}'],
    ['{"b":1,"aa":2,"a":3}', '{"a":3,"b":1,"aa":2}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['"root text"'],
    ['17'],
    ['true'],
    ['null', 'null'],
    ['[]'],
    ['{"":""}'],
    ['{"s":"\\ud83d\\ude00"}', '{"s":"😀"}'],
    ['{"s":"line\\u2028end"}', '{"s":"line\u2028end"}'],
  ]
  for (const [written, read = written] of exact) {
    test(`${written} is kept`, async () => {
      const stored = await store(written)
      if (written === 'null') return assert.equal(stored.answer.status, 400, 'meta is not null')
      assert.equal(stored.answer.status, 201, stored.answer.text)
      assert.deepEqual(stored.read.replaceAll(/([:,]) /g, '$1'), read)
    })
  }

  const refused = [
    '{"s":"\\ud800"}',
    '{"s":"\\udc00x"}',
    '{"s":"\\u0000"}',
    '{"a":01}',
    '{"a":+1}',
    '{a:1}',
    "{'a':1}",
    '{"a":1,}',
    '[1,]',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"s":"\t"}',
    '',
  ]
  for (const written of refused) {
    test(`${written || 'nothing'} is refused with 400`, async () => {
      const { answer } = await store(written)
      assert.equal(answer.status, 400, answer.text)
    })
  }

  test('text with a lone surrogate or a NUL is refused, in JSON as in the URL', async () => {
    for (const name of ['\\ud800', 'a\\u0000b']) {
      const body = `{"id":${serial++},"name":"${name}"}`
      const answer = await ask(`${world.rest}/tags`, { method: 'POST', headers: world.as.service, body })
      assert.equal(answer.status, 400, answer.text)
    }
    for (const path of [
      '/tags?name=eq.%00',
      '/tags?name=eq.%ff%fe',
      '/tags?select=%00',
      '/tags?name=eq.%',
      '/%00',
      '/%ff',
    ]) {
      const answer = await ask(world.rest + path, { headers: world.as.service })
      assert.ok(answer.status < 500, `${path}: ${answer.status} ${answer.text}`)
    }
  })

  test('depth is limited', async () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    assert.equal((await store(nested(50))).answer.status, 201)
    for (const depth of [65, 1000, 100_000]) {
      const { answer } = await store(nested(depth))
      assert.equal(answer.status, 400, `depth ${depth}: ${answer.text.slice(0, 200)}`)
    }
  })

  test('a root primitive is no row', async () => {
    for (const body of ['1', '"x"', 'null', 'true', '[1]', '["x"]', '[null]', '[[]]']) {
      const answer = await ask(`${world.rest}/tags`, {
        method: 'POST',
        headers: { ...world.as.service, prefer: 'return=representation' },
        body,
      })
      assert.ok(
        answer.status === 400 || (answer.status === 201 && answer.text === '[]'),
        `${body}: ${answer.status} ${answer.text}`,
      )
    }
  })

  test('a duplicate key of a row: the value that is checked is the value that is stored', async () => {
    const id = serial++
    const body = `{"id":${id},"name":"first ${id}","name":"second ${id}"}`
    const answer = await ask(`${world.rest}/tags?select=name`, {
      method: 'POST',
      headers: { ...world.as.service, prefer: 'return=representation' },
      body,
    })
    if (answer.status !== 400) assert.deepEqual(answer.json, [{ name: `second ${id}` }])
  })

  test('a BOM, other encodings and odd content types are JSON or refused', async () => {
    for (const type of [
      ' application/json',
      'application/json\tx',
      'application/json garbage',
      'APPLICATION/JSON',
      'application/json; charset=utf-8',
      'text/plain',
      'application/json, text/csv',
    ]) {
      const body = `{"id":${serial},"name":"type ${serial++}"}`
      const answer = await ask(`${world.rest}/tags`, {
        method: 'POST',
        headers: { ...world.as.service, 'content-type': type },
        body,
      })
      assert.ok([201, 400, 415].includes(answer.status), `${type}: ${answer.status} ${answer.text}`)
    }
  })
})
