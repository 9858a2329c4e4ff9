import { strict as assert } from 'node:assert'
import { parseJson } from '../../std/json.ts'

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
