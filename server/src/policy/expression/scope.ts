import type { ColumnRef, Expr, SourceId } from '../../query/expr.ts'
import { column } from '../../query/expr-tools.ts'
import type { Catalog, Table } from '../../schema/catalog.ts'
import { nearest } from '../../std/nearest.ts'
import { ExpressionError } from './error.ts'
import type { Node } from './sql.ts'

/** One table occurrence that names can refer to. */
export interface ScopeSource {
  readonly source: SourceId
  readonly table: Table
  /** What the text calls it: its alias, else the table's name. */
  readonly name: string
  /** An alias hides the table's own name, and so its schema. */
  readonly aliased: boolean
}

/** The tables of one FROM clause, or the guarded row itself. */
export interface ScopeLevel {
  readonly sources: ScopeSource[]
  /** Columns joined with USING: their bare name means the left side. */
  readonly merged: Map<string, ColumnRef>
  /** Inside the output of an aggregating select: its columns may only stand inside aggregates. */
  readonly grouped: boolean
}

/** What the arguments of a declared function stand for: their name, and the expression each call gives. */
export interface Bindings {
  readonly functionName: string
  readonly values: ReadonlyMap<string, Expr>
}

/** Everything that decides what a text means at one place in it. */
export interface Scope {
  readonly catalog: Catalog
  /** Schema whose tables and functions are found first without being qualified. */
  readonly schema: string
  /** Innermost first. */
  readonly levels: readonly ScopeLevel[]
  readonly bindings: Bindings | null
  readonly definer: boolean
  /** Why a subquery is not allowed here (PostgreSQL's words), or null. */
  readonly noSubqueries: string | null
  /** Declared functions being inlined, outermost first: finds those that call each other in a circle. */
  readonly calling: readonly string[]
  readonly nextSource: () => SourceId
  /** The checker itself: the parts of it recurse without importing each other. */
  readonly check: (node: Node, scope: Scope) => Expr
  readonly positionOf: (location: number | undefined) => number | null
}

export function newLevel(grouped = false): ScopeLevel {
  return { sources: [], merged: new Map(), grouped }
}

/** Finds what a column reference means: the innermost FROM first, then outwards, then the function's arguments. */
export function resolveColumn(scope: Scope, parts: readonly string[]): Expr {
  const name = parts.at(-1) ?? ''
  const qualifier = parts.slice(0, -1)
  if (qualifier.length > 0) return resolveQualified(scope, qualifier, name)
  for (const level of scope.levels) {
    const found = inLevel(level, name)
    if (found === null) continue
    if (scope.bindings?.values.has(name)) throw shadowed(scope.bindings, name)
    return found
  }
  const bound = scope.bindings?.values.get(name)
  if (bound !== undefined) return bound
  const visible = visibleNames(scope)
  // Where no column can be meant, as in a default, a text is.
  const hint = visible.length === 0 ? `A text has quotes of its own: "'${name}'".` : suggestion('column', name, visible)
  throw new ExpressionError(`column "${name}" does not exist`, { hint })
}

/**
 * PostgreSQL silently takes the column, so that `members.org = org` compares the column with itself and lets everybody in. Nobody means
 * that: a name that is a column and an argument has to say which.
 */
function shadowed({ functionName }: Bindings, name: string): ExpressionError {
  const hint = `Call the argument otherwise, or write ${functionName}.${name} for it and TABLE.${name} for the column.`
  return new ExpressionError(`"${name}" is a column and an argument of ${functionName}`, { hint })
}

function inLevel(level: ScopeLevel, name: string): Expr | null {
  const merged = level.merged.get(name)
  if (merged !== undefined) return merged
  const holders = level.sources.filter((source) => source.table.column.has(name))
  const holder = holders[0]
  if (holder === undefined) return null
  if (holders.length > 1) {
    const names = holders.map((source) => `${source.name}.${name}`).join(' or ')
    throw new ExpressionError(`column reference "${name}" is ambiguous`, { hint: `Write ${names}.` })
  }
  return columnOf(level, holder, name)
}

function columnOf(level: ScopeLevel, source: ScopeSource, name: string): Expr {
  if (level.grouped) {
    throw new ExpressionError(
      `column "${source.name}.${name}" must appear in the GROUP BY clause or be used in an aggregate function`,
    )
  }
  return column(source.source, source.table, name)
}

function resolveQualified(scope: Scope, qualifier: readonly string[], name: string): Expr {
  const label = qualifier.join('.')
  for (const level of scope.levels) {
    const source = level.sources.find((candidate) => isNamed(candidate, qualifier))
    if (source === undefined) continue
    if (source.table.column.has(name)) return columnOf(level, source, name)
    const hint = suggestion('column', name, [...source.table.column.keys()])
    throw new ExpressionError(`column ${label}.${name} does not exist`, { hint })
  }
  if (scope.bindings?.functionName === label) {
    const bound = scope.bindings.values.get(name)
    if (bound !== undefined) return bound
  }
  const tables = scope.levels.flatMap((level) => level.sources.map((source) => source.name))
  throw new ExpressionError(`missing FROM-clause entry for table "${label}"`, {
    hint: suggestion('table', label, tables),
  })
}

function isNamed(source: ScopeSource, qualifier: readonly string[]): boolean {
  if (qualifier.length === 1) return source.name === qualifier[0]
  return (
    !source.aliased && qualifier.length === 2 && source.table.schema === qualifier[0] && source.name === qualifier[1]
  )
}

function visibleNames(scope: Scope): string[] {
  const columns = scope.levels.flatMap((level) =>
    level.sources.flatMap((item) => item.table.columns.map((own) => own.name)),
  )
  return [...columns, ...(scope.bindings?.values.keys() ?? [])]
}

/** Finds a table as written in FROM: the text's own schema first, then the served ones. */
export function resolveTable(scope: Scope, schema: string | undefined, name: string): Table {
  const schemas = schema === undefined ? [scope.schema, ...scope.catalog.schemas] : [schema]
  for (const candidate of schemas) {
    const table = scope.catalog.tables.get(`${candidate}.${name}`)
    if (table !== undefined) return table
  }
  const written = schema === undefined ? name : `${schema}.${name}`
  const known = [...scope.catalog.tables.values()].map((table) => (schema === undefined ? table.name : table.key))
  throw new ExpressionError(`relation "${written}" does not exist`, { hint: suggestion('table', written, known) })
}

/** Names less alike than this are no help. */
const SIMILARITY_MIN = 0.5

/** `Perhaps you meant the column "author_id".`, or null when nothing is near. */
export function suggestion(what: string, name: string, known: readonly string[]): string | null {
  const found = nearest(name, known, SIMILARITY_MIN)
  return found === null ? null : `Perhaps you meant the ${what} "${found}".`
}
