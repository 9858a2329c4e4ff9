import type { TableDefinition } from '../../src/schema/definition.ts'
import type { Case, Request, SelectPart } from './case.ts'

/** Tries at most this many smaller cases: each opens a database. */
const ATTEMPTS_MAX = 400

/**
 * A smaller case that still fails: one kind of part after the other is dropped for as long as something can go. `fails` must be false for
 * a case that does not even load.
 */
export async function minimise(found: Case, fails: (smaller: Case) => Promise<boolean>): Promise<Case> {
  const search = { best: found, attempts: 0, fails }
  for (let size = ''; size !== JSON.stringify(search.best) && search.attempts < ATTEMPTS_MAX; ) {
    size = JSON.stringify(search.best)
    for (const reductions of PASSES) await shrink(search, reductions)
  }
  return search.best
}

interface Search {
  best: Case
  attempts: number
  readonly fails: (smaller: Case) => Promise<boolean>
}

/** Takes every step that a pass offers and that keeps the failure; starts the pass again after each. */
async function shrink(search: Search, reductions: (found: Case) => Iterable<Case>): Promise<void> {
  for (let progress = true; progress; ) {
    progress = false
    for (const smaller of reductions(search.best)) {
      search.attempts++
      if (search.attempts > ATTEMPTS_MAX) return
      if (!(await search.fails(smaller))) continue
      search.best = smaller
      progress = true
      break
    }
  }
}

type Reductions = (found: Case) => Generator<Case>

const withPart = (part: 'policies' | 'hidden' | 'functions'): Reductions =>
  function* (found) {
    const { definition } = found
    for (const fewer of shorter(definition[part] as readonly unknown[])) {
      yield { ...found, definition: { ...definition, [part]: fewer } }
    }
  }

function* fewerTables(found: Case): Generator<Case> {
  for (const table of found.definition.tables) {
    if (!found.requests.some((request) => request.table === table.name)) yield withoutTable(found, table)
  }
}

function* fewerRows(found: Case): Generator<Case> {
  for (const [key, list] of Object.entries(found.rows)) {
    for (const fewer of shorter(list)) yield { ...found, rows: { ...found.rows, [key]: fewer } }
  }
}

function* lesserRequests(found: Case): Generator<Case> {
  for (const [at, request] of found.requests.entries()) {
    for (const smaller of smallerRequests(request)) yield { ...found, requests: found.requests.with(at, smaller) }
  }
}

function* lesserTables(found: Case): Generator<Case> {
  for (const table of found.definition.tables) {
    for (const smaller of smallerTables(table)) yield withTable(found, table, smaller)
  }
}

function* opener(found: Case): Generator<Case> {
  for (const [at, policy] of found.definition.policies.entries()) {
    if (policy.using === 'true' || policy.check === 'true') continue
    const using = policy.using === null ? null : 'true'
    const open = { ...policy, using, check: policy.check === null ? null : 'true' }
    yield { ...found, definition: { ...found.definition, policies: found.definition.policies.with(at, open) } }
  }
}

/** The big steps first. */
const PASSES: readonly Reductions[] = [
  ...[withPart('policies'), fewerTables, fewerRows, lesserRequests],
  ...[withPart('hidden'), withPart('functions'), lesserTables, opener],
]

/** A list without its first half, its second half, and each of its items. */
function* shorter<T>(list: readonly T[]): Generator<readonly T[]> {
  const half = Math.ceil(list.length / 2)
  if (list.length > 2) {
    yield list.slice(half)
    yield list.slice(0, half)
  }
  for (const at of list.keys()) yield list.toSpliced(at, 1)
}

function* smallerRequests(request: Request): Generator<Request> {
  for (const parameters of shorter(request.parameters)) yield { ...request, parameters }
  for (const prefer of shorter(request.prefer)) yield { ...request, prefer }
  if (request.select !== null) yield { ...request, select: null }
  for (const select of smallerSelects(request.select ?? [])) yield { ...request, select }
  const { body } = request
  if (Array.isArray(body) && body.length > 1) for (const fewer of shorter(body)) yield { ...request, body: fewer }
  if (body !== null && typeof body === 'object' && !Array.isArray(body)) {
    for (const fewer of shorter(Object.entries(body))) yield { ...request, body: Object.fromEntries(fewer) }
  }
}

function* smallerSelects(select: readonly SelectPart[]): Generator<readonly SelectPart[]> {
  yield* shorter(select)
  for (const [at, part] of select.entries()) {
    for (const items of smallerSelects(part.items ?? [])) yield select.with(at, { ...part, items })
  }
}

function withTable(found: Case, table: TableDefinition, smaller: TableDefinition): Case {
  const { definition, rows } = found
  const tables = definition.tables.map((each) => (each === table ? smaller : each))
  const names = new Set(smaller.columns.map(({ name }) => name))
  const kept = (rows[table.key] ?? []).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name))),
  )
  return { ...found, definition: { ...definition, tables }, rows: { ...rows, [table.key]: kept } }
}

function* smallerTables(table: TableDefinition): Generator<TableDefinition> {
  for (const part of ['indexes', 'uniques', 'checks', 'foreignKeys'] as const) {
    for (const fewer of shorter(table[part] as readonly unknown[])) yield { ...table, [part]: fewer }
  }
  for (const column of table.columns) {
    if (table.columns.length === 1) return
    const others = table.columns.filter((each) => each !== column)
    const key = table.primaryKey?.filter((name) => name !== column.name) ?? []
    yield { ...table, columns: others, primaryKey: key.length === 0 ? null : key }
    if (column.default !== null || column.check !== null) {
      yield {
        ...table,
        columns: table.columns.map((each) => (each === column ? { ...column, default: null, check: null } : each)),
      }
    }
  }
}

function withoutTable(found: Case, table: TableDefinition): Case {
  const { definition, rows } = found
  const { [table.key]: _, ...others } = rows
  const tables = definition.tables.filter((each) => each !== table)
  const cut = tables.map((each) => ({
    ...each,
    foreignKeys: each.foreignKeys.filter(({ target }) => target !== table.key),
  }))
  const policies = definition.policies.filter((policy) => policy.table !== table.key)
  const hidden = definition.hidden.filter((each) => each.table !== table.key)
  return { ...found, definition: { ...definition, tables: cut, policies, hidden }, rows: others }
}
