import { strict as assert } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import { buildCatalog } from '../../schema/build-catalog.ts'
import type { Table } from '../../schema/catalog.ts'
import { parseJson } from '../../std/json.ts'
import { project } from './project.ts'
import { describeRelations } from './relations.ts'
import { describeTypes } from './types.ts'
import { describeWrites } from './writes.ts'

/** One request to a server that serves `project` on the engine under test, as `service_role`. */
export interface SuiteRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Under `/rest/v1`. */
  readonly path: string
  readonly body?: string
  readonly prefer?: string
}

export interface SuiteAnswer {
  readonly status: number
  readonly text: string
}

/** What an engine brings to be judged. */
export interface Target {
  ask(request: SuiteRequest): Promise<SuiteAnswer>
  close(): Promise<void>
}

export type Ask = (request: SuiteRequest) => Promise<SuiteAnswer>

/** The same cases on every engine. `open` starts a server with an empty database for `project`. */
export function conformance(name: string, open: () => Promise<Target>): void {
  describe(`${name} conforms`, () => {
    let target: Target
    before(async () => {
      target = await open()
    })
    after(() => target?.close())
    const ask: Ask = (request) => target.ask(request)
    describeTypes(ask, samplesTable())
    describeRelations(ask)
    describeWrites(ask)
    test('and still answers', async () => {
      assert.equal((await ask({ path: '/people?select=id&limit=1' })).status, 200)
    })
  })
}

function samplesTable(): Table {
  const { catalog } = buildCatalog(project, { version: 1 })
  const table = catalog?.tables.get('public.samples')
  assert.ok(table, 'the project of the suite is valid')
  return table
}

/** Rows of an answer that must be 200 or 201, numbers with all their digits. */
export async function rowsOf(ask: Ask, request: SuiteRequest) {
  const answer = await ask(request)
  assert.ok(answer.status < 300, `${request.method ?? 'GET'} ${request.path}: ${answer.status} ${answer.text}`)
  return parseJson(answer.text)
}

/** The error code of an answer that must be one. */
export async function codeOf(ask: Ask, request: SuiteRequest): Promise<string> {
  const answer = await ask(request)
  assert.ok(answer.status >= 400, `${request.path}: ${answer.status} ${answer.text}`)
  return (JSON.parse(answer.text) as { code: string }).code
}
