import type { Expr } from '../query/expr.ts'
import type { Catalog, Table, TableKey } from '../schema/catalog.ts'
import type { HiddenColumns, PolicyDefinition, Problem, SchemaDefinition } from '../schema/definition.ts'
import { nearest } from '../std/nearest.ts'
import { ANON_ROLE, AUTHENTICATED_ROLE, SERVICE_ROLE } from './actor.ts'
import { parseExpression } from './expression/index.ts'
import { findPolicyCycles } from './policy-cycles.ts'
import type { Policy, PolicySet } from './policy-set.ts'
import { PUBLIC_ROLE } from './policy-set.ts'
import { attempt } from './problem.ts'

export interface LoadedPolicies {
  /** null when there is any problem: a project with a mistake in a policy does not start. */
  readonly policies: PolicySet | null
  readonly problems: readonly Problem[]
}

/**
 * Checks all policies of a project against its catalog and freezes them into a PolicySet. Reports every mistake, not just the first.
 * The grammar must be loaded (`loadGrammar`).
 */
export function loadPolicies(
  definition: SchemaDefinition,
  catalog: Catalog,
  options: { readonly version: number },
): LoadedPolicies {
  const problems: Problem[] = []
  const roles = new Set([ANON_ROLE, AUTHENTICATED_ROLE, SERVICE_ROLE, ...definition.roles])
  const bypass = new Set([SERVICE_ROLE])
  const loader: Loader = { catalog, roles, bypass, problems }
  const loaded = definition.policies.map((policy) => loadPolicy(policy, loader)).filter((policy) => policy !== null)
  const hidden = loadHidden(definition.hidden, loader)
  const policies: PolicySet = Object.freeze({
    version: options.version,
    policies: Object.freeze(loaded),
    hidden,
    roles,
    bypass,
  })
  problems.push(...findPolicyCycles(policies, definition.policies))
  const distinct = withoutRepeats(problems)
  return { policies: distinct.length === 0 ? policies : null, problems: distinct }
}

interface Loader {
  readonly catalog: Catalog
  readonly roles: ReadonlySet<string>
  readonly bypass: ReadonlySet<string>
  readonly problems: Problem[]
}

function loadPolicy(definition: PolicyDefinition, loader: Loader): Policy | null {
  const { table: key, action, role, permissive, at } = definition
  const table = loader.catalog.tables.get(key)
  const where = `policy ${action} of ${shortName(key)} for ${role}`
  checkRole(role, { at, where }, loader)
  if (table === undefined) {
    loader.problems.push(unknownTable(key, { at, where }, loader.catalog))
    return null
  }
  const checkText = action === 'insert' || action === 'update' ? (definition.check ?? definition.using) : null
  const usingText = action === 'insert' ? null : definition.using
  const parse = (text: string | null, part: string): Expr | null => {
    if (text === null) return null
    const expected = { kind: 'condition', of: part.toUpperCase() } as const
    return attempt({ at, where, part }, loader.problems, () => {
      return parseExpression(text, { catalog: loader.catalog, self: table, expected })
    })
  }
  const using = parse(usingText, 'using')
  const check = checkText === usingText ? using : parse(checkText, 'check')
  return Object.freeze({ table: key, action, role, permissive, using, check, usingText, checkText })
}

interface Where {
  readonly at: Problem['at']
  readonly where: string
}

function checkRole(role: string, place: Where, loader: Loader): void {
  if (role === PUBLIC_ROLE || loader.roles.has(role)) return
  const found = nearest(role, [...loader.roles, PUBLIC_ROLE], 0.5)
  const hint =
    found === null ? 'Declare it in roles of schema({…}, { roles: […] }).' : `Perhaps you meant the role "${found}".`
  loader.problems.push({ ...place, message: `role "${role}" does not exist`, hint })
}

function unknownTable(key: TableKey, place: Where, catalog: Catalog): Problem {
  const found = nearest(key, catalog.tables.keys(), 0.5)
  const hint = found === null ? null : `Perhaps you meant the table "${shortName(found)}".`
  return { ...place, message: `relation "${shortName(key)}" does not exist`, hint }
}

function loadHidden(definitions: readonly HiddenColumns[], loader: Loader): PolicySet['hidden'] {
  const hidden = new Map<TableKey, Map<string, Set<string>>>()
  for (const { table: key, role, columns, at } of definitions) {
    const where = `hidden columns of ${shortName(key)} for ${role}`
    checkRole(role, { at, where }, loader)
    const table = loader.catalog.tables.get(key)
    if (table === undefined) {
      loader.problems.push(unknownTable(key, { at, where }, loader.catalog))
      continue
    }
    if (loader.bypass.has(role)) {
      const message = `${role} sees every column: nothing can be hidden from it`
      loader.problems.push({ at, where, message, hint: null })
      continue
    }
    for (const column of columns) checkColumn(column, table, { at, where, loader })
    const known = columns.filter((column) => table.column.has(column))
    for (const each of role === PUBLIC_ROLE ? loader.roles : [role]) {
      if (!loader.bypass.has(each)) hide(hidden, { key, role: each, columns: known })
    }
  }
  return hidden
}

function checkColumn(name: string, table: Table, place: Where & { readonly loader: Loader }): void {
  if (table.column.has(name)) return
  const found = nearest(name, table.column.keys(), 0.5)
  const hint = found === null ? null : `Perhaps you meant the column "${found}".`
  place.loader.problems.push({ at: place.at, where: place.where, message: `column "${name}" does not exist`, hint })
}

function hide(
  hidden: Map<TableKey, Map<string, Set<string>>>,
  what: { readonly key: TableKey; readonly role: string; readonly columns: readonly string[] },
): void {
  const byRole = hidden.get(what.key) ?? new Map<string, Set<string>>()
  hidden.set(what.key, byRole)
  byRole.set(what.role, new Set([...(byRole.get(what.role) ?? []), ...what.columns]))
}

/** A policy for `all` actions is four policies here, but its mistake is one. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>()
  return problems.filter((problem) => {
    const key = JSON.stringify([problem.at, problem.at === null ? problem.where : '', problem.message])
    return !seen.has(key) && seen.add(key)
  })
}

/** `posts` for `public.posts`; other schemas stay. */
export function shortName(key: TableKey): string {
  return key.startsWith('public.') ? key.slice('public.'.length) : key
}
