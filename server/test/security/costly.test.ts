/** Requests of a few bytes that would take a minute or a gigabyte: refused, or stopped, while others are served (I14, D09, D12). */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, schema, table } from '../../src/index.ts'
import { type Answer, as, ask } from '../support/http.ts'
import { type Served, startServer } from '../support/server.ts'

/** Milliseconds; the server's thread and this one are the same, so a sleep that takes longer was held up by it. */
const STALL_MS_MAX = 1500

let served: Served
before(async () => {
  const rows = { id: c.integer().identity().primaryKey(), text: c.text().nullable() }
  const definition = schema({
    texts: table(rows).policies({ all: { public: 'true' } }),
  })
  served = await startServer({ schema: definition })
  for (let row = 0; row < 3; row++) await send('/texts', { text: 'a'.repeat(1_000_000) })
})
after(() => served?.close())

function send(path: string, body?: unknown): Promise<Answer> {
  const method = body === undefined ? 'GET' : 'POST'
  const text = body === undefined ? undefined : JSON.stringify(body)
  return ask(`${served.url}/rest/v1${path}`, { method, headers: as(served.keys.anon), body: text })
}

async function longestStall(during: Promise<unknown>): Promise<number> {
  let done = false
  const finished = during.finally(() => {
    done = true
  })
  let longest = 0
  while (!done) {
    const before = performance.now()
    await sleep(10)
    longest = Math.max(longest, performance.now() - before - 10)
  }
  await finished
  return longest
}

const long = 'a'.repeat(3000)
const CASES: readonly (readonly [what: string, path: string, status: number])[] = [
  ['a LIKE pattern that nearly fits everywhere', `/texts?select=id&text=like.*${long}b*`, 400],
  ['ILIKE', `/texts?select=id&text=ilike.*${long}b*`, 400],
  ['one of several patterns', `/texts?select=id&text=like(any).%7B*${long}b*%7D`, 400],
  ['a pattern of blanks to fill', `/texts?select=id&text=like.*a${'_'.repeat(3000)}b*`, 400],
  ['a pattern that only begins so', `/texts?select=id&text=like.${long}b*`, 200],
  [
    'a long phrase',
    `/texts?select=id&text=like.*${encodeURIComponent('The quick brown fox jumps over the lazy dog. '.repeat(1))}*`,
    200,
  ],
  ['repeats of repeats', `/texts?select=id&text=match.${'(((a%3F)%7B10%7D)%7B10%7D)%7B10%7D'.repeat(100)}`, 400],
  ['a fair regular expression', `/texts?select=id&text=match.${'(a%7Cb)*c'.repeat(10)}`, 200],
  ['more JSON than fits', `/texts?${`select=${Array.from({ length: 60 }, (_, at) => `x${at}:text`).join(',')}`}`, 400],
]

describe('a costly request', () => {
  for (const [what, path, status] of CASES) {
    test(what, { timeout: 20_000 }, async () => {
      const answer = send(path)
      const stall = await longestStall(answer)
      const { status: found, text } = await answer
      // A machine under load may let the fair ones run into the statement timeout: that is an end as well.
      assert.ok(found === status || text.includes('57014'), `${found} ${text.slice(0, 200)}`)
      assert.ok(stall < STALL_MS_MAX, `others waited ${stall} ms`)
    })
  }
})
