import type { TableKey } from './catalog.ts'
import type { HiddenColumns, PolicyAction, PolicyDefinition } from './definition.ts'
import { type Report, type Spot, suggestion } from './report.ts'
import type { Policies, Rule, RulesByAction, TableFacts } from './table.ts'

/** The table whose rules are spread out, and who there is. */
export interface RuleScope {
  readonly key: TableKey
  /** The table's name as the user wrote it, for messages. */
  readonly label: string
  /** null for a table of the database: its columns are known, and checked, later. */
  readonly columns: readonly string[] | null
  /** anon, authenticated, service_role and the schema's own. */
  readonly roles: readonly string[]
  readonly report: Report
}

const ACTIONS: readonly PolicyAction[] = ['select', 'insert', 'update', 'delete']
const KEYS = [...ACTIONS, 'all', 'restrictive']

/** The policies of one table, `all` spread over the four actions. Wrong actions, roles and rules are reported. */
export function spreadPolicies(scope: RuleScope, facts: Pick<TableFacts, 'policies'>): PolicyDefinition[] {
  return facts.policies.flatMap(({ rules, place }) => {
    const at = place.at
    const permissive = spreadActions(scope, { rules, keys: KEYS, permissive: true, at })
    const restrictive = rules.restrictive ?? {}
    return [
      ...permissive,
      ...spreadActions(scope, { rules: restrictive, keys: KEYS.slice(0, -1), permissive: false, at }),
    ]
  })
}

interface Block {
  readonly rules: Policies | RulesByAction
  readonly keys: readonly string[]
  readonly permissive: boolean
  readonly at: Spot['at']
}

function spreadActions(scope: RuleScope, block: Block): PolicyDefinition[] {
  const found: PolicyDefinition[] = []
  for (const [key, byRole] of Object.entries(block.rules)) {
    if (key === 'restrictive' && block.permissive) continue
    const spot = { where: `policies of ${scope.label}`, at: block.at }
    if (!scope.report.checkName(spot, 'action', { name: key, known: block.keys })) continue
    const actions = key === 'all' ? ACTIONS : [key as PolicyAction]
    for (const [role, rule] of Object.entries((byRole ?? {}) as Record<string, Rule>)) {
      found.push(...spreadRule(scope, { actions, key, role, rule, block }))
    }
  }
  return found
}

interface RoleRule {
  readonly actions: readonly PolicyAction[]
  readonly key: string
  readonly role: string
  readonly rule: Rule
  readonly block: Block
}

function spreadRule(scope: RuleScope, one: RoleRule): PolicyDefinition[] {
  const spot = { where: `policy ${one.key} of ${scope.label} for ${one.role}`, at: one.block.at }
  if (!checkRole(scope, spot, one.role)) return []
  const parts = readRule(scope, spot, one)
  if (parts === null) return []
  const base = { table: scope.key, role: one.role, permissive: one.block.permissive, at: one.block.at }
  return one.actions.map((action) => ({ ...base, action, ...partsFor(action, parts) }))
}

interface RuleParts {
  readonly using: string | null
  readonly check: string | null
}

/** Inserts have a new row only, reads and deletes an old one only. */
function partsFor(action: PolicyAction, parts: RuleParts): RuleParts {
  if (action === 'insert') return { using: null, check: parts.check ?? parts.using }
  if (action === 'update') return parts
  return { using: parts.using, check: null }
}

function readRule(scope: RuleScope, spot: Spot, one: RoleRule): RuleParts | null {
  const { rule, key } = one
  if (typeof rule === 'string') return rule.trim() === '' ? refuse(scope, spot, EMPTY) : { using: rule, check: null }
  if (typeof rule !== 'object' || rule === null) return refuse(scope, spot, EMPTY)
  for (const member of Object.keys(rule)) {
    if (!scope.report.checkName(spot, 'part of a rule called', { name: member, known: ['using', 'check'] })) return null
  }
  const { using = null, check = null } = rule
  if (using === null && check === null) return refuse(scope, spot, EMPTY)
  if (key === 'insert' && using !== null) return refuse(scope, spot, 'an insert has no old row: it takes "check" only')
  if ((key === 'select' || key === 'delete') && check !== null) {
    return refuse(scope, spot, `a ${key} has no new row: it takes "using" only`)
  }
  if (key !== 'insert' && using === null)
    return refuse(scope, spot, 'it says nothing about existing rows: "using" is missing')
  return { using, check }
}

const EMPTY = 'a rule is a PostgreSQL condition, or { using, check }; write true to allow everything'

function refuse(scope: RuleScope, spot: Spot, message: string): null {
  scope.report.add(spot, message)
  return null
}

function checkRole(scope: RuleScope, spot: Spot, role: string): boolean {
  const known = [...scope.roles, 'public']
  if (known.includes(role)) return true
  const hint = suggestion(role, known) ?? `Declare it: schema({ … }, { roles: ['${role}'] }).`
  scope.report.add(spot, `there is no role "${role}"`, hint)
  return false
}

/** Hidden columns per role, from the columns themselves and from the table; `public` is every role but service_role. */
export function spreadHidden(
  scope: RuleScope,
  facts: Pick<TableFacts, 'hidden'>,
  fromColumns: readonly { readonly column: string; readonly roles: readonly string[]; readonly at: Spot['at'] }[],
): HiddenColumns[] {
  const hidden: HiddenColumns[] = []
  const hide = (role: string, columns: readonly string[], spot: Spot) => {
    if (!checkRole(scope, spot, role)) return
    const isKnown = (name: string) =>
      scope.columns === null || scope.report.checkName(spot, 'column', { name, known: scope.columns })
    const known = columns.filter(isKnown)
    const roles = role === 'public' ? scope.roles.filter((one) => one !== 'service_role') : [role]
    for (const one of roles) hidden.push({ table: scope.key, role: one, columns: known, at: spot.at })
  }
  for (const { column, roles, at } of fromColumns) {
    for (const role of roles) hide(role, [column], { where: `${scope.label}.${column}`, at })
  }
  for (const { byRole, place } of facts.hidden) {
    const spot = { where: `hidden columns of ${scope.label}`, at: place.at }
    for (const [role, columns] of Object.entries(byRole)) hide(role, columns, spot)
  }
  return hidden
}
