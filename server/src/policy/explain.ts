import { failure } from '../errors/error.ts'
import type { Expr } from '../query/expr.ts'
import { and, collect, isFalse, literal, mapExpr, queryOf, walk } from '../query/expr-tools.ts'
import type { Catalog, Table, TableKey } from '../schema/catalog.ts'
import { DEFAULT_SCHEMA, tableKey } from '../schema/catalog.ts'
import type { PolicyAction } from '../schema/definition.ts'
import { fromJson } from '../schema/values.ts'
import type { Json, JsonObject } from '../std/json.ts'
import { nearest } from '../std/nearest.ts'
import { effectiveRule, restriction } from './guard.ts'
import { hiddenColumns, type PolicySet, policiesFor } from './policy-set.ts'
import { printExpr } from './print.ts'

const ACTIONS: readonly PolicyAction[] = ['select', 'insert', 'update', 'delete']

/** How much of a table an action reaches: `some` depends on the row, on who asks, or on both. */
export type Extent = 'none' | 'some' | 'all'

/** What one role may do with one table, JSON-able. */
export interface PolicyRow {
  readonly role: string
  /** `public.posts` */
  readonly table: TableKey
  readonly action: PolicyAction
  readonly rows: Extent
  /** PostgreSQL text over the existing row; null for insert, and where nothing restricts. */
  readonly using: string | null
  /** PostgreSQL text over the new row; null for select and delete, and where nothing restricts. */
  readonly check: string | null
  /** Columns that exist for the role, in the table's order; empty for delete and where `rows` is `none`. */
  readonly columns: readonly string[]
}

/** A `PolicyRow` with its reasons, for people. */
export interface PolicyExplanation extends PolicyRow {
  readonly hidden: readonly string[]
  /** Plain English, one sentence each. */
  readonly sentences: readonly string[]
}

/** Rules as they bind: an update or delete touches only rows that may be read too, and an update may leave none that may not. */
interface Rules {
  readonly using: Expr | null
  readonly check: Expr | null
}

function rulesOf(
  policies: PolicySet,
  role: string,
  { table, action }: { table: TableKey; action: PolicyAction },
): Rules {
  if (policies.bypass.has(role)) return { using: null, check: null }
  const rule = (of: PolicyAction, part: 'using' | 'check'): Expr =>
    effectiveRule(policies, role, { table, action: of, part })
  const readable = rule('select', 'using')
  switch (action) {
    case 'select':
      return { using: restriction(readable), check: null }
    case 'insert':
      return { using: null, check: restriction(rule('insert', 'check')) }
    case 'update':
      return {
        using: restriction(and(rule('update', 'using'), readable)),
        check: restriction(and(rule('update', 'check'), readable)),
      }
    case 'delete':
      return { using: restriction(and(rule('delete', 'using'), readable)), check: null }
  }
}

function extentOf({ using, check }: Rules): Extent {
  const rules = [using, check].filter((rule) => rule !== null)
  if (rules.length === 0) return 'all'
  return rules.some(isFalse) ? 'none' : 'some'
}

/**
 * Every role × table × action with its effective rule, for review and for diffs in CI: roles as declared, tables by name, actions as
 * select, insert, update, delete. System tables are left out: no role reaches them.
 */
export function policyMatrix(policies: PolicySet, catalog: Catalog): readonly PolicyRow[] {
  const tables = [...catalog.tables.values()].filter((table) => !table.system)
  tables.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return [...policies.roles].flatMap((role) =>
    tables.flatMap((table) => ACTIONS.map((action) => rowOf({ policies, role, table, action }))),
  )
}

interface Subject {
  readonly policies: PolicySet
  readonly role: string
  readonly table: Table
  readonly action: PolicyAction
}

function rowOf({ policies, role, table, action }: Subject): PolicyRow {
  const rules = rulesOf(policies, role, { table: table.key, action })
  const rows = extentOf(rules)
  const hidden = hiddenColumns(policies, role, table.key)
  const shown = action === 'delete' || rows === 'none' ? [] : table.columns.filter((column) => !hidden.has(column.name))
  const columns = shown.map((column) => column.name)
  return { role, table: table.key, action, rows, using: textOf(rules.using), check: textOf(rules.check), columns }
}

function textOf(rule: Expr | null): string | null {
  return rule === null ? null : printExpr(rule)
}

export interface ExplainRequest {
  readonly policies: PolicySet
  readonly catalog: Catalog
  readonly role: string
  /** `posts` or `schema.posts`. */
  readonly table: string
  readonly action: PolicyAction
  /** Claims of a token: the rule is then shown for that very actor. */
  readonly claims?: JsonObject
}

/** The effective rule in PostgreSQL's syntax and in plain words. Throws 42P01 or 22023 for an unknown table or role, with the nearest. */
export function explainPolicy(request: ExplainRequest): PolicyExplanation {
  const { policies, role, action, claims } = request
  const table = findTable(request)
  const subject: Subject = { policies, role, table, action }
  const row = rowOf(subject)
  const hidden = [...hiddenColumns(policies, role, table.key)]
  const rules = rulesOf(policies, role, { table: table.key, action })
  const shown = claims === undefined ? rules : { using: bound(rules.using, claims), check: bound(rules.check, claims) }
  const explained = { ...row, using: textOf(shown.using), check: textOf(shown.check) }
  return { ...explained, hidden, sentences: sentencesOf(subject, explained, rules) }
}

function findTable({ policies, catalog, role, table: name }: ExplainRequest): Table {
  if (!policies.roles.has(role)) {
    const found = nearest(role, policies.roles, 0.5)
    const extra = found === null ? {} : { hint: `Perhaps you meant the role "${found}".` }
    throw failure('22023', { message: `role "${role}" does not exist` }, extra)
  }
  const table = catalog.tables.get(name) ?? catalog.tables.get(tableKey(catalog.schemas[0] ?? DEFAULT_SCHEMA, name))
  if (table !== undefined) return table
  const found = nearest(
    name,
    [...catalog.tables.values()].map((candidate) => candidate.name),
    0.5,
  )
  throw failure('42P01', { name }, found === null ? {} : { hint: `Perhaps you meant the table "${found}".` })
}

/** The rule for one actor: what the token says stands in place of `auth.uid()` and the like. */
function bound(rule: Expr | null, claims: JsonObject): Expr | null {
  if (rule === null) return null
  const claim = (name: string): Json => claims[name] ?? null
  const values = new Map<string, Json>([
    ['uid', claim('sub')],
    ['email', claim('email')],
    ['jwt', claims],
  ])
  return mapExpr(rule, {
    node: (node) => {
      if (node.kind !== 'context') return node
      const value = node.name === 'role' ? claims['role'] : values.get(node.name)
      return value === undefined ? node : literal(fromJson(node.type, value), node.type)
    },
  })
}

const VERBS: Readonly<Record<PolicyAction, string>> = {
  select: 'read',
  insert: 'add',
  update: 'change',
  delete: 'remove',
}

function sentencesOf(subject: Subject, row: PolicyRow, rules: Rules): string[] {
  const { policies, role, table, action } = subject
  if (policies.bypass.has(role))
    return [`${role} is not bound by policies: it may ${VERBS[action]} every row of ${table.name}.`]
  const sentences = [summary(subject, row)]
  if (row.using !== null && row.rows === 'some') sentences.push(`A row of ${table.name} qualifies when ${row.using}.`)
  if (row.check !== null && row.rows === 'some') sentences.push(`A new row is accepted when ${row.check}.`)
  if (row.rows !== 'none') sentences.push(...readingSentences(rules), ...origins(subject))
  const hidden = [...hiddenColumns(policies, role, table.key)]
  if (hidden.length > 0) sentences.push(`For ${role} these columns do not exist: ${hidden.join(', ')}.`)
  return sentences
}

function summary({ policies, role, table, action }: Subject, { rows }: PolicyRow): string {
  const verb = VERBS[action]
  if (rows === 'all') return `${role} may ${verb} every row of ${table.name}.`
  if (rows === 'some') return `${role} may ${verb} some rows of ${table.name}.`
  const own = policiesFor(policies, role, { table: table.key, action })
  if (!own.some((policy) => policy.permissive))
    return `${role} may ${verb} no row of ${table.name}: it has no ${action} policy.`
  const readable = policiesFor(policies, role, { table: table.key, action: 'select' })
  if (action === 'insert' || readable.some((policy) => policy.permissive))
    return `${role} may ${verb} no row of ${table.name}.`
  return `${role} may ${verb} no row of ${table.name}: what it cannot read it cannot ${verb}, and it has no select policy.`
}

/** Under whose eyes the rule's subqueries read. */
function readingSentences({ using, check }: Rules): string[] {
  const guarded = new Set<string>()
  const free = new Set<string>()
  for (const rule of [using, check]) {
    if (rule === null) continue
    walk(rule, (node) => {
      const query = queryOf(node)
      for (const item of query?.from ?? []) (query?.definer ? free : guarded).add(item.table.replace(/^public\./, ''))
    })
  }
  const sentences: string[] = []
  if (guarded.size > 0)
    sentences.push(`Its subqueries read ${[...guarded].join(', ')} under the select policies there.`)
  if (free.size > 0)
    sentences.push(`Definer functions in it read ${[...free].join(', ')} whatever the policies there say.`)
  const needsUser = [using, check].some((rule) => rule !== null && collect(rule).contexts.has('uid'))
  if (needsUser)
    sentences.push('Without a user id in the token, auth.uid() is null and what compares with it is denied.')
  return sentences
}

function origins({ policies, role, table, action }: Subject): string[] {
  return policiesFor(policies, role, { table: table.key, action }).map((policy) => {
    const parts = [
      policy.usingText === null ? null : `using ${policy.usingText}`,
      policy.checkText === null ? null : `check ${policy.checkText}`,
    ]
    const text = parts.filter((part) => part !== null).join(', ')
    return `From the ${policy.permissive ? 'permissive' : 'restrictive'} policy for ${policy.role}: ${text}.`
  })
}
