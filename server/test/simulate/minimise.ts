import type { TableDefinition } from '../../src/schema/definition.ts'
import type { Case, Request, SelectPart } from './case.ts'

/** Tries at most this many smaller cases: each opens a database. */
const ATTEMPTS_MAX = 600

/**
 * A smaller case that still fails: parts are dropped one after the other for as long as something can go. `fails` must be false for
 * a case that does not even load.
 */
export async function minimise(found: Case, fails: (smaller: Case) => Promise<boolean>): Promise<Case> {
  let best = found
  let attempts = 0
  for (let progress = true; progress; ) {
    progress = false
    for (const smaller of reductions(best)) {
      attempts++
      if (attempts > ATTEMPTS_MAX) return best
      if (!(await fails(smaller))) continue
      best = smaller
      progress = true
      break
    }
  }
  return best
}

/** One step down from a case, the big steps first. */
function* reductions(found: Case): Generator<Case> {
  const { definition, rows, requests } = found
  const isAsked = (table: TableDefinition): boolean => requests.some((request) => request.table === table.name)
  for (const table of definition.tables) if (!isAsked(table)) yield withoutTable(found, table)
  for (const part of ['policies', 'hidden', 'functions'] as const) {
    for (const fewer of shorter(definition[part] as readonly unknown[]))
      yield { ...found, definition: { ...definition, [part]: fewer } }
  }
  for (const [key, list] of Object.entries(rows))
    for (const fewer of shorter(list)) yield { ...found, rows: { ...rows, [key]: fewer } }
  for (const fewer of shorter(requests)) yield { ...found, requests: fewer }
  for (const [at, request] of requests.entries()) {
    for (const smaller of smallerRequests(request)) yield { ...found, requests: requests.with(at, smaller) }
  }
  for (const table of definition.tables) {
    for (const smaller of smallerTables(table)) yield withTable(found, table, smaller)
  }
  for (const [at, policy] of definition.policies.entries()) {
    if (policy.using === 'true' || policy.check === 'true') continue
    const open = {
      ...policy,
      using: policy.using === null ? null : 'true',
      check: policy.check === null ? null : 'true',
    }
    yield { ...found, definition: { ...definition, policies: definition.policies.with(at, open) } }
  }
}

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
