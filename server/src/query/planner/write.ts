import { failure, PilarError } from '../../errors/error.ts'
import type { Column, Table } from '../../schema/catalog.ts'
import { JSONB, TEXT } from '../../schema/types.ts'
import { baseType } from '../common-type.ts'
import type { Expr, SourceId } from '../expr.ts'
import { and } from '../expr-tools.ts'
import type { DeletePlan, Embed, InsertPlan, SelectNode, UpdatePlan, WriteColumn } from '../plan.ts'
import type { DeleteRequest, InsertRequest, UpdateRequest } from '../request.ts'
import { type Draft, distribute, draftNode, nextSource, type Planning } from './draft.ts'
import { filterExpr, testsEmbed } from './filter.ts'
import { declaredColumn, payloadColumnMissing } from './names.ts'
import { joinEmbed, selectNode } from './node.ts'

type WriteRequest = InsertRequest | UpdateRequest | DeleteRequest

/** POST and PUT. Throws PGRST204, 428C9, 42P10, and PGRST105 and PGRST115 for a PUT that does not name its row. */
export function insertPlan(planning: Planning, table: Table, request: InsertRequest): InsertPlan {
  requireWritable(table, 'insert into')
  const source = nextSource(planning)
  const representation = representationNode(planning, table, request)
  const columns = request.payload.columns.map((name) => insertColumn(table, name))
  return Object.freeze({
    kind: 'insert',
    table,
    source,
    returning: request.returning,
    representation,
    count: request.count,
    columns: Object.freeze(columns),
    missing: request.missing,
    conflict: conflictTarget(table, request),
    replace: request.replace,
    replaceKey: request.replace ? replaceKey(table, request) : Object.freeze([]),
    check: null,
    conflictUsing: null,
    conflictCheck: null,
  })
}

/** PATCH. Throws PGRST204, 428C9, and 21000 without a filter. */
export function updatePlan(planning: Planning, table: Table, request: UpdateRequest): UpdatePlan {
  requireWritable(table, 'update')
  const source = nextSource(planning)
  const representation = representationNode(planning, table, request)
  const columns = request.payload.columns.map((name) => updateColumn(table, name))
  if (columns.length > 0) requireWhere(planning, request, 'UPDATE')
  return Object.freeze({
    kind: 'update',
    table,
    source,
    returning: request.returning,
    representation,
    count: request.count,
    columns: Object.freeze(columns),
    missing: request.missing,
    ...writeCondition(planning, { source, table }, request),
    guard: null,
    check: null,
  })
}

/** DELETE. Throws 21000 without a filter. */
export function deletePlan(planning: Planning, table: Table, request: DeleteRequest): DeletePlan {
  requireWritable(table, 'delete from')
  const source = nextSource(planning)
  const representation = representationNode(planning, table, request)
  requireWhere(planning, request, 'DELETE')
  return Object.freeze({
    kind: 'delete',
    table,
    source,
    returning: request.returning,
    representation,
    count: request.count,
    ...writeCondition(planning, { source, table }, request),
    guard: null,
  })
}

function requireWritable(table: Table, action: string): void {
  if (table.writable) return
  const hint = table.kind === 'view' ? 'Write to the tables that the view reads.' : 'The table can only be read.'
  throw failure('42809', { message: `cannot ${action} ${table.kind} "${table.name}"` }, { hint })
}

/**
 * The written rows as the select shows them. The root's filters chose which rows are written and do not filter what is shown; those of embeds
 * do. Embeds are looked up even when nothing is shown, so that a wrong name is an error all the same.
 */
function representationNode(planning: Planning, table: Table, request: WriteRequest): SelectNode | null {
  const draft = draftNode(planning, table, request.select)
  distribute(draft, {
    ...request,
    filters: request.filters.filter(({ path }) => path.length > 0),
    ranges: request.ranges.filter(({ path }) => path.length > 0),
  })
  if (request.returning !== 'representation') return null
  return selectNode(draft, { ...planning.options, rowsMax: null })
}

/** The root's filters over the rows to write, with the embeds that `rel=is.null` tests. */
function writeCondition(
  planning: Planning,
  target: { readonly source: SourceId; readonly table: Table },
  request: UpdateRequest | DeleteRequest,
): { readonly where: Expr | null; readonly embeds: readonly Embed[] } {
  const { table, source } = target
  const filters = request.filters.filter(({ path }) => path.length === 0).map(({ node }) => node)
  const tested = request.select.filter((item) => {
    const names = item.kind === 'embed' ? [item.alias ?? item.name, item.name] : []
    return names.some((name) => filters.some((node) => testsEmbed(node, name)))
  })
  const drafted = draftNode(planning, table, tested)
  const draft: Draft = { ...drafted, source }
  distributeKnown(draft, request)
  const embeds = draft.embeds.map((embed) => {
    return joinEmbed(draft, embed, selectNode(embed.node, { ...planning.options, rowsMax: null }))
  })
  const parts = filters.map((node) => filterExpr(draft, node))
  return { where: parts.length === 0 ? null : and(...parts), embeds: Object.freeze(embeds) }
}

/** Filters inside the tested embeds. Paths into other embeds were checked with the representation and do not matter here. */
function distributeKnown(draft: Draft, request: WriteRequest): void {
  for (const filter of request.filters) {
    if (filter.path.length === 0) continue
    try {
      distribute(draft, { ...request, filters: [filter], orders: [], ranges: [] })
    } catch (error) {
      if (!(error instanceof PilarError) || error.code !== 'PGRST108') throw error
    }
  }
}

function requireWhere({ options }: Planning, request: WriteRequest, statement: 'UPDATE' | 'DELETE'): void {
  if (!options.requireWhere || request.filters.some(({ path }) => path.length === 0)) return
  const hint = 'Add a filter. If every row is meant, one that all of them pass: id=not.is.null'
  throw failure('21000', { message: `${statement} requires a WHERE clause` }, { hint })
}

function insertColumn(table: Table, name: string): WriteColumn {
  const column = declaredColumn(table, name)
  if (column === undefined) return openColumn(table, name)
  if (column.generated !== null) {
    throw failure('428C9', { column: name }, { details: `Column "${name}" is a generated column.` })
  }
  if (column.identity === 'always') {
    const details = `Column "${name}" is an identity column defined as GENERATED ALWAYS.`
    throw failure('428C9', { column: name }, { details })
  }
  return writeColumn(column)
}

function updateColumn(table: Table, name: string): WriteColumn {
  const column = declaredColumn(table, name)
  if (column === undefined) return openColumn(table, name)
  if (column.generated === null && column.identity !== 'always') return writeColumn(column)
  const details =
    column.generated === null
      ? `Column "${name}" is an identity column defined as GENERATED ALWAYS.`
      : `Column "${name}" is a generated column.`
  throw new PilarError('428C9', `column "${name}" can only be updated to DEFAULT`, { details })
}

function writeColumn({ name, type }: Column): WriteColumn {
  return Object.freeze({ name, type, openKey: null })
}

function openColumn(table: Table, key: string): WriteColumn {
  if (table.openColumn === null) throw payloadColumnMissing(table, key)
  return Object.freeze({ name: table.openColumn, type: JSONB, openKey: key })
}

/** The constraint an upsert meets: `on_conflict`, else the primary key. A table without either takes a plain insert. */
function conflictTarget(table: Table, request: InsertRequest): InsertPlan['conflict'] {
  const { resolution } = request
  if (resolution === null) return null
  const columns = request.conflict ?? table.primaryKey
  if (columns.length === 0) return null
  for (const name of columns) {
    if (declaredColumn(table, name) === undefined) throw failure('42703', { column: `"${name}"` })
  }
  const keys = [
    table.primaryKey,
    ...table.uniques.map((unique) => unique.columns),
    ...table.indexes.filter((index) => index.unique && index.where === null).map(indexColumns),
  ]
  if (!keys.some((key) => sameNames(key, columns))) throw failure('42P10')
  return Object.freeze({ columns, resolution })
}

function indexColumns(index: Table['indexes'][number]): readonly string[] {
  return index.columns.map((column) => column.name)
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}

/** PUT names its row by the primary key, by equality and nothing else. */
function replaceKey(table: Table, request: InsertRequest): InsertPlan['replaceKey'] {
  const params = new Map<string, number>()
  for (const { path, node } of request.filters) {
    const isPlain =
      node.kind === 'filter' && node.op === 'eq' && !node.negated && node.quantifier === null && path.length === 0
    if (!isPlain || node.field.path.length > 0 || params.has(node.field.name)) throw failure('PGRST105')
    params.set(node.field.name, node.value)
  }
  if (table.primaryKey.length === 0 || !sameNames(table.primaryKey, [...params.keys()])) throw failure('PGRST105')
  const missing = table.primaryKey.some((name) => !request.payload.columns.includes(name))
  if (missing) throw failure('PGRST115')
  return Object.freeze(
    table.primaryKey.map((name) => {
      const type = baseType(table.column.get(name)?.type ?? TEXT)
      const value: Expr = Object.freeze({ kind: 'param', type, index: params.get(name) ?? -1, form: 'scalar' })
      return Object.freeze({ column: name, value })
    }),
  )
}
