import type { Table, TableKey } from '../schema/catalog.ts'
import { BOOLEAN, type ColumnType, type LogicalType, type Value } from '../schema/types.ts'
import type {
  Case,
  ColumnRef,
  Context,
  ContextName,
  Expr,
  Is,
  Literal,
  Logic,
  Not,
  Query,
  SourceId,
  ViewQuery,
} from './expr.ts'
import type { FunctionName } from './functions.ts'

/** A frozen constant; `value` must already be a Value of `type`. */
export function literal(value: Value, type: LogicalType): Literal {
  return Object.freeze({ kind: 'literal', type, value })
}

export const TRUE: Literal = literal(true, BOOLEAN)
export const FALSE: Literal = literal(false, BOOLEAN)

export function isTrue(expr: Expr): boolean {
  return expr.kind === 'literal' && expr.value === true
}

export function isFalse(expr: Expr): boolean {
  return expr.kind === 'literal' && expr.value === false
}

/** A column of one table occurrence. The column must exist: names are looked up, with a hint, before this. */
export function column(source: SourceId, table: Table, name: string): ColumnRef {
  const found = table.column.get(name)
  if (found === undefined) throw new Error(`assertion failed: ${table.key} has no column ${name}`)
  return Object.freeze({ kind: 'column', type: found.type, source, table: table.key, column: name })
}

/** A call whose arguments already have the types of one of the function's signatures; otherwise use `resolveCall`. */
export function call(fn: FunctionName, args: readonly Expr[], type: ColumnType): Expr {
  return Object.freeze({ kind: 'call', type, fn, args: Object.freeze([...args]) })
}

/** A cast that is known to exist; `castTo` in signatures.ts checks first. */
export function cast(arg: Expr, type: ColumnType): Expr {
  return Object.freeze({ kind: 'cast', type, arg })
}

export function context(name: ContextName, type: ColumnType): Context {
  return Object.freeze({ kind: 'context', type, name })
}

export function is(arg: Expr, test: Is['test'], negated = false): Is {
  return Object.freeze({ kind: 'is', type: BOOLEAN, test, negated, arg })
}

export function not(arg: Expr): Expr {
  if (isTrue(arg)) return FALSE
  if (isFalse(arg)) return TRUE
  return Object.freeze<Not>({ kind: 'not', type: BOOLEAN, arg })
}

/** One WHEN … THEN …. */
export function caseArm(when: Expr, then: Expr): Case['whens'][number] {
  return Object.freeze({ when, then })
}

/** Conjunction, flattened. null stands for "no condition"; no conditions at all are TRUE, and a FALSE makes the whole false. */
export function and(...args: readonly (Expr | null)[]): Expr {
  return logic('and', args)
}

/** Disjunction, flattened. No alternatives at all are FALSE. */
export function or(...args: readonly Expr[]): Expr {
  return logic('or', args)
}

function logic(kind: Logic['kind'], args: readonly (Expr | null)[]): Expr {
  const [neutral, absorbing] = kind === 'and' ? [TRUE, FALSE] : [FALSE, TRUE]
  const flat: Expr[] = []
  for (const arg of args) {
    if (arg === null || (arg.kind === 'literal' && arg.value === neutral.value)) continue
    if (arg.kind === 'literal' && arg.value === absorbing.value) return absorbing
    if (arg.kind === kind) flat.push(...arg.args)
    else flat.push(arg)
  }
  const first = flat[0]
  if (first === undefined) return neutral
  return flat.length === 1 ? first : Object.freeze<Logic>({ kind, type: BOOLEAN, args: Object.freeze(flat) })
}

/** The direct operands of a node, a subquery's expressions included. */
export function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'param':
    case 'context':
    case 'column':
    case 'embed-exists':
      return []
    case 'call':
    case 'and':
    case 'or':
      return expr.args
    case 'not':
    case 'is':
    case 'cast':
      return [expr.arg]
    case 'case': {
      const arms = expr.whens.flatMap((arm) => [arm.when, arm.then])
      return expr.otherwise === null ? arms : [...arms, expr.otherwise]
    }
    case 'in':
      return [expr.arg, ...expr.items]
    case 'in-query':
      return [expr.arg, ...queryExpressions(expr.query)]
    case 'quantified':
      return [expr.arg, expr.array]
    case 'array':
      return expr.items
    case 'exists':
    case 'scalar-query':
      return queryExpressions(expr.query)
    case 'embed-value':
      return [expr.value]
  }
}

function queryExpressions(query: Query): readonly Expr[] {
  const parts = [...query.from.map((source) => source.on), query.where, query.output]
  return [...parts.filter((part) => part !== null), ...query.order.map((term) => term.value)]
}

/** The subquery a node holds, or null. */
export function queryOf(expr: Expr): Query | null {
  return expr.kind === 'exists' || expr.kind === 'scalar-query' || expr.kind === 'in-query' ? expr.query : null
}

/** Visits every node, parents first, into subqueries. */
export function walk(expr: Expr, visit: (node: Expr) => void): void {
  visit(expr)
  for (const child of children(expr)) walk(child, visit)
}

export interface Mapping {
  /** Replaces a node after its operands were mapped; return it unchanged to keep it. */
  readonly node?: (node: Expr) => Expr
  /** Replaces a subquery after its expressions were mapped. */
  readonly query?: (query: Query) => Query
}

/** Rebuilds an expression from its leaves up. Parts that nothing changed are shared with the original. */
export function mapExpr(expr: Expr, mapping: Mapping): Expr {
  const mapped = mapOperands(expr, mapping)
  return mapping.node === undefined ? mapped : mapping.node(mapped)
}

function mapOperands(expr: Expr, mapping: Mapping): Expr {
  const one = (node: Expr): Expr => mapExpr(node, mapping)
  const many = (nodes: readonly Expr[]): readonly Expr[] => mapList(nodes, one)
  switch (expr.kind) {
    case 'literal':
    case 'param':
    case 'context':
    case 'column':
    case 'embed-exists':
      return expr
    case 'call':
      return patch(expr, { args: many(expr.args) })
    case 'and':
    case 'or':
      return patch(expr, { args: many(expr.args) })
    case 'not':
      return patch(expr, { arg: one(expr.arg) })
    case 'is':
      return patch(expr, { arg: one(expr.arg) })
    case 'cast':
      return patch(expr, { arg: one(expr.arg) })
    case 'case': {
      const whens = mapList(expr.whens, (arm) => {
        const [when, then] = [one(arm.when), one(arm.then)]
        return when === arm.when && then === arm.then ? arm : caseArm(when, then)
      })
      return patch(expr, { whens, otherwise: expr.otherwise === null ? null : one(expr.otherwise) })
    }
    case 'in':
      return patch(expr, { arg: one(expr.arg), items: many(expr.items) })
    case 'in-query':
      return patch(expr, { arg: one(expr.arg), query: mapQuery(expr.query, mapping) })
    case 'quantified':
      return patch(expr, { arg: one(expr.arg), array: one(expr.array) })
    case 'array':
      return patch(expr, { items: many(expr.items) })
    case 'exists':
      return patch(expr, { query: mapQuery(expr.query, mapping) })
    case 'scalar-query':
      return patch(expr, { query: mapQuery(expr.query, mapping) })
    case 'embed-value':
      return patch(expr, { value: one(expr.value) })
  }
}

/** `mapExpr` for a subquery. */
export function mapQuery(query: Query, mapping: Mapping): Query {
  const one = (node: Expr | null): Expr | null => (node === null ? null : mapExpr(node, mapping))
  const mapped = patch(query, {
    from: mapList(query.from, (source) => patch(source, { on: one(source.on) })),
    where: one(query.where),
    output: one(query.output),
    order: mapList(query.order, (term) => patch(term, { value: mapExpr(term.value, mapping) })),
  })
  return mapping.query === undefined ? mapped : mapping.query(mapped)
}

/** The select of a view with every expression replaced. */
export function mapViewQuery(view: ViewQuery, map: (expr: Expr) => Expr): ViewQuery {
  const maybe = (expr: Expr | null): Expr | null => (expr === null ? null : map(expr))
  return Object.freeze({
    ...view,
    output: mapList(view.output, (item) => patch(item, { value: map(item.value) })),
    from: mapList(view.from, (item) => patch(item, { on: maybe(item.on) })),
    where: maybe(view.where),
    group: view.group === null ? null : mapList(view.group, map),
    having: maybe(view.having),
    order: mapList(view.order, (term) => patch(term, { value: map(term.value) })),
    aggregates: mapList(view.aggregates, (one) => patch(one, { value: maybe(one.value) })),
  })
}

function mapList<T>(items: readonly T[], map: (item: T) => T): readonly T[] {
  const mapped = items.map(map)
  return mapped.every((item, index) => item === items[index]) ? items : Object.freeze(mapped)
}

function patch<T extends object>(node: T, changes: Partial<T>): T {
  const changed = (Object.keys(changes) as (keyof T)[]).some((key) => changes[key] !== node[key])
  return changed ? Object.freeze({ ...node, ...changes }) : node
}

/** Gives table occurrences other names, in columns and in subqueries. Names that `rename` does not know stay. */
export function renameSources(expr: Expr, rename: ReadonlyMap<SourceId, SourceId>): Expr {
  const nameOf = (source: SourceId): SourceId => rename.get(source) ?? source
  return mapExpr(expr, {
    node: (node) => (node.kind === 'column' ? patch(node, { source: nameOf(node.source) }) : node),
    query: (query) =>
      patch(query, { from: mapList(query.from, (item) => patch(item, { source: nameOf(item.source) })) }),
  })
}

/** Everything an expression depends on. `tables` are those its subqueries read. */
export interface Dependencies {
  readonly columns: readonly ColumnRef[]
  readonly tables: ReadonlySet<TableKey>
  readonly sources: ReadonlySet<SourceId>
  readonly contexts: ReadonlySet<ContextName>
}

export function collect(expr: Expr): Dependencies {
  const columns: ColumnRef[] = []
  const tables = new Set<TableKey>()
  const sources = new Set<SourceId>()
  const contexts = new Set<ContextName>()
  walk(expr, (node) => {
    if (node.kind === 'column') columns.push(node)
    if (node.kind === 'context') contexts.add(node.name)
    for (const item of queryOf(node)?.from ?? []) {
      tables.add(item.table)
      sources.add(item.source)
    }
  })
  return { columns, tables, sources, contexts }
}

/** Whether the value depends on who asks, not just on when. */
export function namesActor(expr: Expr): boolean {
  const { contexts } = collect(expr)
  return contexts.has('uid') || contexts.has('role') || contexts.has('email') || contexts.has('jwt')
}
