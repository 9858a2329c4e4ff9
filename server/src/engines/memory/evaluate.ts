import { failure } from '../../errors/error.ts'
import type { Policy } from '../../policy/policy-set.ts'
import { type ColumnRef, type Expr, type Query, type QuerySource, SELF, type SourceId } from '../../query/expr.ts'
import type { Embed } from '../../query/plan.ts'
import type { Table, TableKey } from '../../schema/catalog.ts'
import type { PolicyAction } from '../../schema/definition.ts'
import type { ColumnType, Value } from '../../schema/types.ts'
import { canonicalJson } from '../../schema/values/json.ts'
import { formatTimestamptz } from '../../schema/values/temporal.ts'
import { compareValues, fromText } from '../../schema/values.ts'
import { aggregate } from './aggregate.ts'
import { castValue } from './cast.ts'
import { isStrict, OPERATIONS } from './functions.ts'
import { bind, EMPTY_SCOPE, type Row, rowsOf, type Scope, type World } from './world.ts'

/** The value of an expression, three-valued logic included. Deliberately the plainest reading of each node's documentation. */
export function evaluate(expr: Expr, scope: Scope, world: World): Value {
  const value = (node: Expr): Value => evaluate(node, scope, world)
  switch (expr.kind) {
    case 'literal':
      return expr.value
    case 'param':
      return param(expr.index, expr.type, world)
    case 'context':
      return context(expr.name, world)
    case 'column':
      return columnValue(expr, scope)
    case 'call': {
      const args = expr.args.map(value)
      if (isStrict(expr.fn, expr.type) && args.includes(null)) return null
      return OPERATIONS[expr.fn](
        args,
        expr.args.map((arg) => arg.type),
        expr.type,
      )
    }
    case 'and':
      return both(expr.args.map(value), false)
    case 'or':
      return both(expr.args.map(value), true)
    case 'not':
      return negate(value(expr.arg))
    case 'is': {
      const arg = value(expr.arg)
      const holds = expr.test === 'null' || expr.test === 'unknown' ? arg === null : arg === (expr.test === 'true')
      return holds !== expr.negated
    }
    case 'case': {
      const arm = expr.whens.find(({ when }) => value(when) === true)
      const chosen = arm === undefined ? expr.otherwise : arm.then
      return chosen === null ? null : value(chosen)
    }
    case 'cast':
      return castValue(value(expr.arg), expr.arg.type, expr.type)
    case 'in':
      return isIn(
        value(expr.arg),
        expr.items.flatMap((item) => list(item, value(item))),
        expr.arg.type as ColumnType,
      )
    case 'in-query':
      return isIn(value(expr.arg), runQuery(expr.query, scope, world), expr.arg.type as ColumnType)
    case 'quantified':
      return quantified(expr, value(expr.arg), value(expr.array))
    case 'array':
      return expr.items.map(value)
    case 'exists':
      return runQuery(expr.query, scope, world).length > 0
    case 'scalar-query':
      return scalar(runQuery(expr.query, scope, world))
    case 'embed-exists':
      return embedRows(embedOf(expr.embed, scope), scope, world).length > 0
    case 'embed-value': {
      const [first] = embedRows(embedOf(expr.embed, scope), scope, world)
      return first === undefined ? null : evaluate(expr.value, first, world)
    }
  }
}

function embedOf(id: number, scope: Scope) {
  const embed = scope.embeds.get(id)
  if (embed === undefined) throw new Error(`the oracle knows no embed ${id} here`)
  return embed
}

function param(index: number, type: ColumnType, world: World): Value {
  const given = world.values[index]
  if (given === undefined) throw new Error(`the oracle was given no value ${index}`)
  return typeof given === 'string' ? fromText(type, given, world) : given.map((text) => fromText(type, text, world))
}

function context(name: 'uid' | 'role' | 'email' | 'jwt' | 'now', world: World): Value {
  const { actor } = world
  switch (name) {
    case 'uid':
      return actor.userId
    case 'role':
      return actor.role
    case 'email':
      return actor.email
    case 'jwt':
      return canonicalJson(actor.claims)
    case 'now':
      return formatTimestamptz(world.nowMicros)
  }
}

function columnValue(ref: ColumnRef, scope: Scope): Value {
  const row = scope.rows.get(ref.source)
  if (row === null) return null
  const value = row?.get(ref.column)
  if (value === undefined) throw new Error(`the oracle sees no ${ref.source}.${ref.column}`)
  return value
}

/** AND when `absorbing` is false, OR when it is true. */
function both(values: readonly Value[], absorbing: boolean): Value {
  if (values.includes(absorbing)) return absorbing
  return values.includes(null) ? null : !absorbing
}

function negate(value: Value): Value {
  return value === null ? null : !value
}

function list(item: Expr, value: Value): readonly Value[] {
  return item.kind === 'param' && item.form === 'list' ? (value as readonly Value[]) : [value]
}

function isIn(arg: Value, items: readonly Value[], type: ColumnType): Value {
  return both(
    items.map((item) => (arg === null || item === null ? null : compareValues(type, arg, item) === 0)),
    true,
  )
}

function quantified(expr: Extract<Expr, { kind: 'quantified' }>, arg: Value, array: Value): Value {
  if (array === null) return null
  const { type } = expr.array
  const element = type.name === 'array' ? type.element : type
  const results = (array as readonly Value[]).map((item) =>
    isStrict(expr.fn, expr.type) && (arg === null || item === null)
      ? null
      : OPERATIONS[expr.fn]([arg, item], [expr.arg.type, element], expr.type),
  )
  return both(results, !expr.all)
}

function scalar(values: readonly Value[]): Value {
  if (values.length > 1)
    throw failure('21000', { message: 'more than one row returned by a subquery used as an expression' })
  return values[0] ?? null
}

/** The outputs of a subquery, one per row. It reads what the actor may read, unless it stands inside a definer function. */
function runQuery(query: Query, scope: Scope, world: World): readonly Value[] {
  let scopes: readonly Scope[] = [scope]
  for (const item of query.from) {
    const rows = query.definer ? rowsOf(world, item.table) : visibleRows(world, item.table)
    scopes = scopes.flatMap((outer) => joined(item, { outer, rows }, world))
  }
  scopes = scopes.filter((found) => query.where === null || evaluate(query.where, found, world) === true)
  const { output } = query
  const outputs = (): Value[] => scopes.map((found) => (output === null ? true : evaluate(output, found, world)))
  if (query.aggregate !== null) {
    const type = (output?.type ?? { name: 'bigint' }) as ColumnType
    return [aggregate(query.aggregate, output === null ? scopes.map(() => true) : outputs(), type)]
  }
  scopes = sorted(scopes, query.order, world).flatMap(({ items }) => items)
  if (query.limit !== null) scopes = scopes.slice(0, query.limit)
  return outputs()
}

interface Joining {
  readonly outer: Scope
  readonly rows: readonly Row[]
}

function joined({ source, on, join }: QuerySource, { outer, rows }: Joining, world: World): readonly Scope[] {
  const matches = rows
    .map((row) => bind(outer, source, row))
    .filter((found) => on === null || evaluate(on, found, world) === true)
  return matches.length === 0 && join === 'left' ? [bind(outer, source, null)] : matches
}

interface Term {
  readonly value: Expr
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** Scopes in order, those that the terms don't tell apart together: their order among themselves is anybody's. */
export function sorted(
  scopes: readonly Scope[],
  terms: readonly Term[],
  world: World,
): readonly { readonly items: readonly Scope[] }[] {
  const keyed = scopes.map((scope) => ({ scope, key: terms.map((term) => evaluate(term.value, scope, world)) }))
  const compare = (a: { key: readonly Value[] }, b: { key: readonly Value[] }): number => {
    for (const [index, term] of terms.entries()) {
      const order = compareKeys(a.key[index] ?? null, b.key[index] ?? null, term)
      if (order !== 0) return order
    }
    return 0
  }
  const groups: { key: readonly Value[]; items: Scope[] }[] = []
  for (const { key, scope } of keyed.sort(compare)) {
    const last = groups.at(-1)
    if (last !== undefined && compare(last, { key }) === 0) last.items.push(scope)
    else groups.push({ key, items: [scope] })
  }
  return groups
}

function compareKeys(a: Value, b: Value, term: Term): number {
  if (a === null || b === null) return a === b ? 0 : (a === null) === term.nullsFirst ? -1 : 1
  const order = compareValues(term.value.type, a, b)
  return term.descending ? -order : order
}

/**
 * Row by row, as PostgreSQL's documentation tells it: some permissive policy of the actor's role (or of `public`) says yes and every
 * restrictive one does. What is neither true nor false is a no. `check` judges a new row, `using` one that is there.
 */
export function permits(
  world: World,
  action: PolicyAction,
  subject: { table: TableKey; row: Row; part: 'using' | 'check' },
): boolean {
  const { role } = world.actor
  if (world.policies.bypass.has(role)) return true
  const mine = world.policies.policies.filter(
    (policy) =>
      policy.table === subject.table && policy.action === action && (policy.role === role || policy.role === 'public'),
  )
  const scope = bind(EMPTY_SCOPE, SELF, subject.row)
  const says = (policy: Policy): boolean | null => {
    const expr = subject.part === 'check' ? (policy.check ?? policy.using) : policy.using
    return expr === null ? null : evaluate(expr, scope, world) === true
  }
  const some = mine.some((policy) => policy.permissive && says(policy) === true)
  return some && mine.every((policy) => policy.permissive || says(policy) !== false)
}

const seen = new WeakMap<World, Map<TableKey, readonly Row[]>>()

/** The rows of a table that the actor may read; asked often, so remembered per world. */
export function visibleRows(world: World, table: TableKey): readonly Row[] {
  const known = seen.get(world) ?? new Map<TableKey, readonly Row[]>()
  seen.set(world, known)
  let rows = known.get(table)
  if (rows === undefined) {
    rows = rowsOf(world, table).filter((row) => permits(world, 'select', { table, row, part: 'using' }))
    known.set(table, rows)
  }
  return rows
}

/**
 * The rows of an embed that belong to the current parent: visible to the actor, the junction's too, joined and passing the embed's own
 * filters. Neither ordered nor limited yet.
 */
export function embedRows(embed: Embed, parent: Scope, world: World): readonly Scope[] {
  const { node, junction } = embed
  const outer = junction === null ? [parent] : joinedRows(junction, parent, world)
  return outer
    .flatMap((scope) => joinedRows(node, scope, world))
    .filter((scope) => evaluate(embed.join, scope, world) === true)
    .filter((scope) => junction === null || evaluate(junction.join, scope, world) === true)
    .map((scope) => withEmbeds(scope, node.embeds))
    .filter((scope) => node.where === null || evaluate(node.where, scope, world) === true)
}

function joinedRows(from: { source: SourceId; table: Table }, scope: Scope, world: World): readonly Scope[] {
  return visibleRows(world, from.table.key).map((row) => bind(scope, from.source, row))
}

export function withEmbeds(scope: Scope, embeds: readonly Embed[]): Scope {
  return { ...scope, embeds: new Map([...scope.embeds, ...embeds.map((embed) => [embed.id, embed] as const)]) }
}
