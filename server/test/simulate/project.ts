import type { TableExpressions } from '../../src/engines/memory/world.ts'
import { loadGrammar, parseExpression } from '../../src/policy/expression/index.ts'
import { loadPolicies } from '../../src/policy/load-policies.ts'
import type { PolicySet } from '../../src/policy/policy-set.ts'
import type { Expr } from '../../src/query/expr.ts'
import { buildCatalog } from '../../src/schema/build-catalog.ts'
import type { Catalog, Column, Table, TableKey } from '../../src/schema/catalog.ts'
import type { PolicyDefinition, SchemaDefinition } from '../../src/schema/definition.ts'

/** A definition that loads, with everything the oracle wants to know of it. */
export interface Project {
  readonly definition: SchemaDefinition
  readonly catalog: Catalog
  readonly policies: PolicySet
  readonly expressions: ReadonlyMap<TableKey, TableExpressions>
}

/** Thrown where a definition does not load; the message says why. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

export async function loadProject(definition: SchemaDefinition): Promise<Project> {
  await loadGrammar()
  const { catalog, problems } = buildCatalog(definition, { version: 1 })
  if (catalog === null) throw new Refused(JSON.stringify(problems))
  const loaded = loadPolicies(definition, catalog, { version: 1 })
  if (loaded.policies === null) throw new Refused(JSON.stringify(loaded.problems))
  const expressions = new Map([...catalog.tables].map(([key, table]) => [key, tableExpressions(catalog, table)]))
  return { definition, catalog, policies: loaded.policies, expressions }
}

/**
 * The definition without the policies that do not load by themselves: a random expression need not be well typed. Where those that are left
 * go round in a circle, the functions become definer ones, as the error's hint says.
 */
export async function loadable(
  definition: SchemaDefinition,
  refuse: (policy: PolicyDefinition, why: string) => void,
): Promise<SchemaDefinition> {
  await loadGrammar()
  const { catalog, problems } = buildCatalog(definition, { version: 1 })
  if (catalog === null) throw new Refused(JSON.stringify(problems))
  const policies = definition.policies.filter((policy) => {
    const found = loadPolicies({ ...definition, policies: [policy] }, catalog, { version: 1 }).problems
    if (found.length > 0) refuse(policy, found.map(({ message }) => message).join('; '))
    return found.length === 0
  })
  const kept = { ...definition, policies }
  if (loadPolicies(kept, catalog, { version: 1 }).policies !== null) return kept
  return { ...kept, functions: definition.functions.map((fn) => ({ ...fn, definer: true })) }
}

function tableExpressions(catalog: Catalog, table: Table): TableExpressions {
  const assigned = (column: Column, text: string, self: Table | null): readonly [string, Expr] => {
    const expected = { kind: 'column', name: column.name, type: column.type, what: 'expression' } as const
    return [column.name, parseExpression(text, { catalog, self, expected })]
  }
  const defaults = table.columns.flatMap((column) =>
    column.default === null ? [] : [assigned(column, column.default, null)],
  )
  const generated = table.columns.flatMap((column) =>
    column.generated === null ? [] : [assigned(column, column.generated.expression, table)],
  )
  const checks = table.checks.map(({ name, expression }) => {
    return {
      name,
      expression: parseExpression(expression, { catalog, self: table, expected: { kind: 'condition', of: 'CHECK' } }),
    }
  })
  return { defaults: new Map(defaults), generated: new Map(generated), checks }
}
