import { failure } from '../../errors/error.ts'
import type { Expr } from '../../query/expr.ts'
import type { DeletePlan, InsertPlan, Plan, UpdatePlan, WriteColumn } from '../../query/plan.ts'
import type { Column, Table } from '../../schema/catalog.ts'
import type { PolicyAction } from '../../schema/definition.ts'
import type { Value } from '../../schema/types.ts'
import { canonicalJson } from '../../schema/values/json.ts'
import { compareValues, fromJson } from '../../schema/values.ts'
import { type Json, parseJson } from '../../std/json.ts'
import { type Changed, checkRow, completed, Draft, defaultOf, findEqual, type Key, settle } from './constraints.ts'
import { evaluate, permits } from './evaluate.ts'
import { type Listing, rootScopes, show } from './read.ts'
import { type Data, EMPTY_SCOPE, type Row, tableOf, type World } from './world.ts'

export interface Result {
  /** Null where a write shows no rows. */
  readonly rows: Listing | null
  readonly total: number | null
  readonly affected: number | null
  readonly inserted: number | null
  readonly data: Data
}
export type Cells = readonly (readonly (Json | undefined)[])[]

/**
 * Answers an **unguarded** plan, for tests only: the reference that engines and authorization are compared with. It applies the policies itself,
 * row by row. Throws `PilarError` as the engines must. A plan's own tables lack what the role may not know of: writes take the whole ones.
 */
export function answer(plan: Plan, world: World, cells: Cells): Result {
  // A PATCH of nothing is no statement at all.
  if (plan.kind !== 'update' || plan.columns.length > 0) convertParams(plan, world)
  switch (plan.kind) {
    case 'read': {
      const { listing, total } = show(plan.root, rootScopes(plan.root, world), world)
      return {
        rows: listing,
        total: plan.count === null ? null : total,
        affected: null,
        inserted: null,
        data: world.data,
      }
    }
    case 'insert':
      return insert({ ...plan, table: tableOf(world, plan.table.key) }, world, cells)
    case 'update':
      return update({ ...plan, table: tableOf(world, plan.table.key) }, world, cells)
    case 'delete':
      return remove({ ...plan, table: tableOf(world, plan.table.key) }, world)
  }
}

/** A value that can't be converted is an error wherever it stands, even if no row ever asks for it. */
function convertParams(part: unknown, world: World): void {
  if (part === null || typeof part !== 'object') return
  const node = part as Expr
  if (node.kind === 'param') evaluate(node, EMPTY_SCOPE, world)
  for (const [name, member] of Object.entries(part)) {
    if (name !== 'table' && name !== 'relation' && name !== 'type') convertParams(member, world)
  }
}

function insert(plan: InsertPlan, world: World, cells: Cells): Result {
  const { table, conflict } = plan
  const proposed = cells.map((row) => newRow(plan, row, world))
  if (plan.replace) proposed.forEach((row) => void checkReplaceKey(plan, row, world))
  // What is shown must be readable, and so must what is looked up: PostgreSQL wants both of an upsert, whether or not a row is met.
  const isRead = plan.representation !== null || showsKey(plan, world) || conflict !== null
  for (const row of proposed)
    demand(world, { table, row }, isRead ? ['insert check', 'select using'] : ['insert check'])
  const draft = new Draft(world)
  const met =
    conflict === null
      ? []
      : proposed.map((row) => findEqual({ table, columns: conflict.columns }, row, draft.rows(table.key)))
  if (conflict?.resolution === 'merge') refuseRepeated({ table, columns: conflict.columns }, proposed)
  const merged =
    conflict?.resolution === 'merge' ? proposed.map((row, at) => merge(plan, { row, old: met[at], world })) : []
  const written: Row[] = []
  const changes: Changed[] = []
  for (const [at, row] of proposed.entries()) {
    checkRow(table, row, world)
    const [before, after] = [met[at], merged[at]]
    const isNew =
      before === undefined &&
      (conflict === null || findEqual({ table, columns: conflict.columns }, row, draft.rows(table.key)) === undefined)
    if (isNew) draft.insert(table, row)
    else if (before === undefined || after === undefined) continue
    else draft.replace(table, before, after)
    if (before !== undefined && after !== undefined) changes.push({ table, before, after })
    written.push(after ?? row)
  }
  settle(draft, changes)
  const result = finish(plan, draft, written)
  return { ...result, inserted: conflict === null ? null : written.length - changes.length }
}

/** A Location holds the key, unless a column of it does not exist for the caller. */
function showsKey({ returning, table }: InsertPlan, { policies, actor }: World): boolean {
  const hidden = policies.hidden.get(table.key)?.get(actor.role)
  const key = table.primaryKey
  return returning === 'headers-only' && key.length > 0 && !key.some((column) => hidden?.has(column))
}

function refuseRepeated(key: Key, rows: readonly Row[]): void {
  const others = (row: Row): readonly Row[] => rows.filter((other) => other !== row)
  if (rows.every((row) => findEqual(key, row, others(row)) === undefined)) return
  throw failure('21000', { message: 'ON CONFLICT DO UPDATE command cannot affect row a second time' })
}

interface Merging {
  readonly row: Row
  readonly old: Row | undefined
  readonly world: World
}

/** What the row becomes that a proposed one meets; undefined where it meets none. Judged before any constraint, for all rows. */
function merge(plan: InsertPlan, { row, old, world }: Merging): Row | undefined {
  const { table } = plan
  if (old === undefined) return undefined
  demand(world, { table, row: old }, ['update using', 'select using'])
  const taken = plan.columns.map((column) => [column.name, row.get(column.name) ?? null] as const)
  const after = completed(table, new Map([...old, ...taken]), world)
  demand(world, { table, row: after }, ['update check', 'select using'])
  return after
}

function update(plan: UpdatePlan, world: World, cells: Cells): Result {
  const { table } = plan
  const [given] = cells
  const draft = new Draft(world)
  if (given === undefined || plan.columns.length === 0) return finish(plan, draft, [])
  const values = written(plan, given, world)
  const changes = targets(plan, 'update', world).map((before) => ({
    table,
    before,
    after: completed(table, new Map([...before, ...values(before)]), world),
  }))
  for (const { after } of changes) demand(world, { table, row: after }, ['update check', 'select using'])
  for (const { before, after } of changes) draft.replace(table, before, after)
  settle(draft, changes)
  return finish(
    plan,
    draft,
    changes.map(({ after }) => after),
  )
}

function remove(plan: DeletePlan, world: World): Result {
  const { table } = plan
  const draft = new Draft(world)
  const rows = targets(plan, 'delete', world)
  for (const row of rows) draft.remove(table, row)
  settle(
    draft,
    rows.map((before) => ({ table, before, after: null })),
  )
  // The rows are shown as they were, among the data as it was.
  return { ...finish({ ...plan, representation: null }, draft, rows), rows: represented(plan, world, rows) }
}

/** The rows that a filter finds among those the actor may both see and touch. */
function targets(plan: UpdatePlan | DeletePlan, action: PolicyAction, world: World): readonly Row[] {
  const scopes = rootScopes(plan, world)
  const rows = scopes.map((scope) => scope.rows.get(plan.source) as Row)
  return rows.filter((row) => permits(world, action, { table: plan.table.key, row, part: 'using' }))
}

type Demand = 'insert check' | 'update using' | 'update check' | 'select using'

function demand(world: World, { table, row }: { table: Table; row: Row }, demands: readonly Demand[]): void {
  for (const wanted of demands) {
    const [action, part] = wanted.split(' ') as [PolicyAction, 'using' | 'check']
    if (permits(world, action, { table: table.key, row, part })) continue
    throw failure('42501', { message: `new row violates row-level security policy for table "${table.name}"` })
  }
}

/** A whole new row: payload, defaults, generated columns. */
function newRow(plan: InsertPlan, given: readonly (Json | undefined)[], world: World): Row {
  const { table } = plan
  const start = new Map(table.columns.map((column) => [column.name, defaultOf(table, column.name, world)]))
  return completed(table, new Map([...start, ...written(plan, given, world)(start)]), world)
}

/** What the cells put into a row; the keys of an open table join its open column. */
function written(
  plan: InsertPlan | UpdatePlan,
  given: readonly (Json | undefined)[],
  world: World,
): (row: Row) => readonly (readonly [string, Value])[] {
  const cells = plan.columns.map((column, at) => ({
    column,
    cell: given[at],
    value: cellValue(plan, { column, cell: given[at] }, world),
  }))
  return (row) => {
    const plain = cells
      .filter(({ column }) => column.openKey === null)
      .map(({ column, value }) => [column.name, value] as const)
    const open = cells.filter(({ column, cell }) => column.openKey !== null && cell !== undefined)
    const [first] = open
    if (first === undefined) return plain
    const added = Object.fromEntries(open.map(({ column, cell }) => [column.openKey ?? '', cell ?? null]))
    const kept = parseJson(String(row.get(first.column.name) ?? '{}')) as Readonly<Record<string, Json>>
    return [...plain, [first.column.name, canonicalJson({ ...kept, ...added })]]
  }
}

function cellValue(
  plan: InsertPlan | UpdatePlan,
  { column, cell }: { column: WriteColumn; cell: Json | undefined },
  world: World,
): Value {
  const declared = plan.table.column.get(column.name) as Column
  if (declared.generated !== null || declared.identity === 'always') throw failure('428C9', { column: column.name })
  if (column.openKey !== null) return null
  if (cell === undefined) return plan.missing === 'default' ? defaultOf(plan.table, column.name, world) : null
  return fromJson(column.type, cell, world)
}

function checkReplaceKey(plan: InsertPlan, row: Row, world: World): void {
  for (const { column, value } of plan.replaceKey) {
    const type = (plan.table.column.get(column) as Column).type
    const isSame = compareValues(type, row.get(column) ?? null, evaluate(value, EMPTY_SCOPE, world)) === 0
    if (!isSame) throw failure('PGRST115')
  }
}

function finish(plan: InsertPlan | UpdatePlan | DeletePlan, draft: Draft, rows: readonly Row[]): Result {
  const world = { ...draft.world, data: draft.data }
  const shown = represented(
    plan,
    world,
    rows.map((row) => draft.latest(row)),
  )
  return {
    rows: shown,
    total: plan.count === null ? null : rows.length,
    affected: rows.length,
    inserted: null,
    data: draft.data,
  }
}

function represented(plan: InsertPlan | UpdatePlan | DeletePlan, world: World, rows: readonly Row[]): Listing | null {
  const { representation, table } = plan
  if (representation === null) return null
  const visible = rows.filter((row) => permits(world, 'select', { table: table.key, row, part: 'using' }))
  return show(representation, rootScopes(representation, world, visible), world).listing
}
