/** One row of a table-driven suite: a request, and what its answer must and must not hold. */
import assert from 'node:assert/strict'
import { type Answer, ask } from '../support/http.ts'
import type { World } from '../support/world.ts'

export interface Row {
  readonly name: string
  /** Default: service. */
  readonly who?: keyof World['as'] | 'nobody'
  /** `GET /posts?select=id` */
  readonly ask: string
  readonly headers?: Readonly<Record<string, string>>
  /** Objects are sent as JSON, strings as they are. */
  readonly body?: unknown
  readonly status: number
  /** The error's members that matter. */
  readonly error?: Readonly<Record<string, unknown>>
  /** The whole body, parsed. */
  readonly json?: unknown
  /** The whole body as text. */
  readonly text?: string
  /** Answer headers, lower case; null: must be absent. */
  readonly expectedHeaders?: Readonly<Record<string, string | RegExp | null>>
  readonly expectedContent?: readonly string[]
  readonly notExpectedContent?: readonly string[]
}

export async function send(row: Row, world: World): Promise<Answer> {
  const space = row.ask.indexOf(' ')
  const who = row.who ?? 'service'
  const body = row.body === undefined || typeof row.body === 'string' ? row.body : JSON.stringify(row.body)
  return ask(world.rest + encodeURI(row.ask.slice(space + 1)).replaceAll('+', '%2B'), {
    method: row.ask.slice(0, space),
    headers: { ...(who === 'nobody' ? {} : world.as[who]), ...row.headers },
    body: body as string | undefined,
  })
}

export function check(row: Row, answer: Answer): void {
  const shown = `${row.ask} answered ${answer.status} ${answer.text}`
  assert.equal(answer.status, row.status, shown)
  if (row.error !== undefined) {
    const error = answer.json as Record<string, unknown>
    assert.deepEqual(Object.keys(error), ['code', 'message', 'details', 'hint'], shown)
    for (const [member, value] of Object.entries(row.error)) {
      if (value instanceof RegExp) assert.match(String(error[member]), value, shown)
      else assert.deepEqual(error[member], value, shown)
    }
  }
  if (row.json !== undefined) assert.deepEqual(answer.json, row.json, shown)
  if (row.text !== undefined) assert.equal(answer.text, row.text)
  for (const part of row.expectedContent ?? []) assert.ok(answer.text.includes(part), `${shown}\nlacks ${part}`)
  checkHeaders(row, answer)
  const whole = answer.text + JSON.stringify(answer.headers)
  for (const part of row.notExpectedContent ?? []) assert.ok(!whole.includes(part), `${shown}\nholds ${part}`)
}

function checkHeaders(row: Row, answer: Answer): void {
  for (const [name, value] of Object.entries(row.expectedHeaders ?? {})) {
    const got = answer.headers[name]
    const shown = `${row.ask}: header ${name} is ${JSON.stringify(got)}`
    if (value === null) assert.equal(got, undefined, shown)
    else if (value instanceof RegExp) assert.match(String(got), value, shown)
    else assert.equal(got, value, shown)
  }
}
