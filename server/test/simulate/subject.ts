import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Batch, Engine, EnginePool, Summary } from '../../src/engines/engine.ts'
import { answer, type Result } from '../../src/engines/memory/index.ts'
import type { Data, Row, World } from '../../src/engines/memory/world.ts'
import { PilarError } from '../../src/errors/error.ts'
import type { Actor } from '../../src/policy/actor.ts'
import { GuardedPlan } from '../../src/policy/guarded-plan.ts'
import { visibleCatalog } from '../../src/policy/visible-catalog.ts'
import type { Plan } from '../../src/query/plan.ts'
import { plan as makePlan } from '../../src/query/planner/plan.ts'
import type { ApiRequest } from '../../src/query/request.ts'
import type { Catalog } from '../../src/schema/catalog.ts'
import { toJsonText } from '../../src/schema/values.ts'
import { systemClock } from '../../src/std/clock.ts'
import { type JsonObject, parseJson } from '../../src/std/json.ts'
import { DEFAULT_PARSE_LIMITS } from '../../src/wire/rest/limits.ts'
import { parseRequest } from '../../src/wire/rest/parse-request.ts'
import { makeStructure } from '../support/make-structure.ts'
import { actorOf, type Request, searchOf } from './case.ts'
import { allows, render } from './compare.ts'
import type { Project } from './project.ts'
import { plain } from './types.ts'

/** How a plan becomes a guarded one. Tests put a broken one here, to see that the simulation notices. */
export type Authorize = (plan: Plan, role: string, project: Project) => GuardedPlan
export const authorize: Authorize = (plan, role, { policies, catalog }) =>
  GuardedPlan.authorize(plan, role, { policies, catalog })

/** What became of one request. `planned` is false when it never came to the database, for both sides share that part. */
export interface Verdict {
  readonly planned: boolean
  readonly kind: Plan['kind'] | null
  /** The error code that both sides gave, or null. */
  readonly code: string | null
  readonly rows: number
  /** Null when both sides agree. */
  readonly difference: string | null
}

/** Memory where there is a folder for it: thousands of databases are made here, none is to survive. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const PLAN_OPTIONS = { aggregatesEnabled: true, rowsMax: 1000, requireWhere: false }
const NOW_MICROS = 1_700_000_000_123_456n

/** One project in an engine's database and, beside it, in the oracle's memory. */
export class Subject {
  readonly project: Project
  readonly #engine: Engine
  readonly #pool: EnginePool
  readonly #folder: string
  readonly #authorize: Authorize
  readonly #visible = new Map<string, Catalog>()
  #data: Data

  private constructor(
    project: Project,
    parts: { engine: Engine; pool: EnginePool; folder: string; authorize: Authorize },
  ) {
    this.project = project
    this.#engine = parts.engine
    this.#pool = parts.pool
    this.#folder = parts.folder
    this.#authorize = parts.authorize
    this.#data = new Map([...project.catalog.tables.keys()].map((key) => [key, []]))
  }

  static async open(project: Project, engine: Engine, authorize: Authorize): Promise<Subject> {
    const folder = mkdtempSync(join(FOLDER, 'pilar-simulate-'))
    const settings = { url: `sqlite:${join(folder, 'data.db')}`, statementTimeoutMs: 20_000, transactionMs: 20_000 }
    const pool = await engine.open(settings, { observe: () => {}, clock: systemClock })
    const subject = new Subject(project, { engine, pool, folder, authorize })
    await makeStructure(pool.structure, project.catalog)
    return subject
  }

  async close(): Promise<void> {
    await this.#pool.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get catalog(): Catalog {
    return this.project.catalog
  }

  visible(role: string): Catalog {
    const known = this.#visible.get(role) ?? visibleCatalog(this.project.catalog, this.project.policies, role)
    this.#visible.set(role, known)
    return known
  }

  /** The data as rows of JSON, for a smaller case that starts here. */
  snapshot(): Readonly<Record<string, readonly JsonObject[]>> {
    const shown = [...this.#data].map(([key, rows]) => [key, rows.map((row) => this.#jsonRow(key, row))] as const)
    return Object.fromEntries(shown)
  }

  #jsonRow(key: string, row: Row): JsonObject {
    const columns = this.project.catalog.tables.get(key)?.columns.filter(({ generated }) => generated === null) ?? []
    return Object.fromEntries(
      columns.map(({ name, type }) => [name, parseJson(toJsonText(type, row.get(name) ?? null))]),
    )
  }

  async ask(request: Request): Promise<Verdict> {
    let api: ApiRequest
    let plan: Plan
    try {
      api = parsed(request)
      plan = makePlan(api, this.visible(request.role), PLAN_OPTIONS)
    } catch (error) {
      if (!(error instanceof PilarError)) throw error
      return { planned: false, kind: null, code: error.code, rows: 0, difference: null }
    }
    const cells = 'payload' in api ? api.payload.cells : []
    const world: World = {
      ...this.project,
      actor: actorOf(request),
      values: api.values,
      nowMicros: NOW_MICROS,
      data: this.#data,
    }
    const expected = attempt(() => answer(plan, world, cells))
    const actual = await attemptAsync(() => this.#execute(plan, { values: api.values, cells, actor: world.actor }))
    const difference =
      compare(expected, actual, { plan, catalog: this.catalog }) ??
      (plan.kind === 'read' ? null : await this.#compareData(expected))
    const rows = expected.result?.rows?.items.length ?? expected.result?.affected ?? 0
    if (expected.result !== null) this.#data = expected.result.data
    return { planned: true, kind: plan.kind, code: expected.code, rows, difference }
  }

  async #execute(
    plan: Plan,
    params: { values: ApiRequest['values']; cells: readonly never[] | World['values'] | unknown; actor: Actor },
  ): Promise<Executed> {
    const guarded = this.#authorize(plan, params.actor.role, this.project)
    const program = this.#engine.compile(guarded, this.project.catalog)
    const session = { nowMicros: NOW_MICROS, transaction: null }
    const batches: Batch[] = []
    const options = { session, signal: new AbortController().signal }
    for await (const batch of this.#pool.execute(program, params as never, options)) batches.push(batch)
    const json = batches.filter(({ rows }) => rows > 0).map((batch) => batch.json)
    const summary = batches.at(-1)?.summary
    if (summary === undefined) throw new Error('no summary in the last batch')
    return { json: `[${json.join(',')}]`, summary, text: program.text.join('\n') }
  }

  /** After a write: does every table hold the same rows? */
  async #compareData(expected: Attempt<Result>): Promise<string | null> {
    const data = expected.result?.data ?? this.#data
    for (const table of this.project.catalog.tables.values()) {
      const request: Request = {
        role: 'service_role',
        userId: null,
        method: 'GET',
        table: table.name,
        select: null,
        parameters: [],
        prefer: [],
        body: null,
      }
      const api = parsed(request)
      const plan = makePlan(api, this.visible('service_role'), PLAN_OPTIONS)
      const actor = actorOf(request)
      const world: World = { ...this.project, actor, values: api.values, nowMicros: NOW_MICROS, data }
      const listing = answer(plan, world, []).rows
      const { json } = await this.#execute(plan, { values: api.values, cells: [], actor })
      if (listing !== null && !allows(listing, json))
        return `data of ${table.key} after the write\n  oracle: ${render(listing)}\n  engine: ${json}`
    }
    return null
  }

  /** Puts rows in, the ones that break a constraint left out; says where the sides disagree about that. */
  async load(rows: Readonly<Record<string, readonly JsonObject[]>>): Promise<string | null> {
    for (const [key, list] of Object.entries(rows)) {
      const table = this.project.catalog.tables.get(key)
      if (table === undefined) continue
      const kept = list.filter((row) => this.#accept(table.name, row))
      for (const group of byKeys(kept)) {
        const { code } = await attemptAsync(() => this.#executeWrite(insertion(table.name, group)))
        if (code !== null) return `rows of ${key} that the oracle took are refused by the engine with ${code}`
      }
    }
    return null
  }

  #accept(table: string, row: JsonObject): boolean {
    const request = insertion(table, [row])
    const api = parsed(request)
    const plan = makePlan(api, this.visible('service_role'), PLAN_OPTIONS)
    const world: World = {
      ...this.project,
      actor: actorOf(request),
      values: api.values,
      nowMicros: NOW_MICROS,
      data: this.#data,
    }
    const { result } = attempt(() => answer(plan, world, 'payload' in api ? api.payload.cells : []))
    if (result !== null) this.#data = result.data
    return result !== null
  }

  #executeWrite(request: Request): Promise<Executed> {
    const api = parsed(request)
    const plan = makePlan(api, this.visible('service_role'), PLAN_OPTIONS)
    return this.#execute(plan, {
      values: api.values,
      cells: 'payload' in api ? api.payload.cells : [],
      actor: actorOf(request),
    })
  }
}

interface Executed {
  readonly json: string
  readonly summary: Summary
  readonly text: string
}
interface Attempt<T> {
  readonly result: T | null
  readonly code: string | null
  readonly message: string | null
}

function byKeys(rows: readonly JsonObject[]): readonly (readonly JsonObject[])[] {
  return [...Map.groupBy(rows, (row) => Object.keys(row).join()).values()]
}

function insertion(table: string, rows: readonly JsonObject[]): Request {
  return {
    role: 'service_role',
    userId: null,
    method: 'POST',
    table,
    select: null,
    parameters: [],
    prefer: [],
    body: rows,
  }
}

export function parsed(request: Request): ApiRequest {
  const headers: Readonly<Record<string, string>> = {
    prefer: request.prefer.join(', '),
    'content-type': 'application/json',
  }
  const body = request.body === null ? null : new TextEncoder().encode(plain(request.body))
  const path = `/${encodeURIComponent(request.table)}`
  const input = {
    method: request.method,
    path,
    search: searchOf(request),
    header: (name: string) => headers[name],
    body,
  }
  const found = parseRequest(input, { schemas: ['public'], limits: DEFAULT_PARSE_LIMITS, txOverride: false })
  if (found.kind !== 'rows') throw new Error(`not a request for rows: ${path}`)
  return found.api
}

function attempt<T>(run: () => T): Attempt<T> {
  try {
    return { result: run(), code: null, message: null }
  } catch (error) {
    return failed(error)
  }
}
async function attemptAsync<T>(run: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { result: await run(), code: null, message: null }
  } catch (error) {
    return failed(error)
  }
}
function failed(error: unknown): Attempt<never> {
  if (error instanceof PilarError) return { result: null, code: error.code, message: error.message }
  return {
    result: null,
    code: 'thrown',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }
}

interface Asked {
  readonly plan: Plan
  readonly catalog: Catalog
}

/**
 * RESTRICT is judged at once by SQLite, row by row, and at the end of the statement by PostgreSQL: where such a key and another constraint
 * are broken by one statement, either may be named.
 */
function eitherIsRight(expected: Attempt<Result>, actual: Attempt<Executed>, { plan, catalog }: Asked): boolean {
  if (plan.kind === 'read' || actual.code !== '23503' || expected.code?.startsWith('23') !== true) return false
  const keys = [...catalog.tables.values()].flatMap((table) => table.foreignKeys)
  return keys.some(
    (key) => key.references.table === plan.table.key && (key.onUpdate === 'restrict' || key.onDelete === 'restrict'),
  )
}

function compare(expected: Attempt<Result>, actual: Attempt<Executed>, asked: Asked): string | null {
  const { plan } = asked
  const program = actual.result === null ? '' : `\n  program: ${actual.result.text}`
  if ((expected.code !== actual.code && !eitherIsRight(expected, actual, asked)) || expected.code === 'thrown') {
    return `outcome\n  oracle: ${expected.message ?? shown(expected.result)}\n  engine: ${actual.message ?? actual.result?.json}${program}`
  }
  const [result, executed] = [expected.result, actual.result]
  if (result === null || executed === null) return null
  if (result.rows !== null && !allows(result.rows, executed.json))
    return `rows\n  oracle: ${shown(result)}\n  engine: ${executed.json}${program}`
  const { total, affected, inserted } = executed.summary
  const isUpsert = plan.kind === 'insert' && plan.conflict !== null
  const figures = (numbers: readonly unknown[]): string => JSON.stringify(numbers)
  const wanted = figures([result.total, result.affected, isUpsert ? result.inserted : null])
  const given = figures([total, affected, isUpsert ? inserted : null])
  return wanted === given ? null : `total, affected, inserted\n  oracle: ${wanted}\n  engine: ${given}${program}`
}

const shown = (result: Result | null): string => (result?.rows == null ? 'no rows shown' : render(result.rows))
