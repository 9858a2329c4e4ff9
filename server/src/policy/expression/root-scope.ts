import { SELF, type SourceId } from '../../query/expr.ts'
import { type Catalog, DEFAULT_SCHEMA, type Table } from '../../schema/catalog.ts'
import { checkNode } from './check.ts'
import { newLevel, type Scope } from './scope.ts'

export interface RootOptions {
  readonly catalog: Catalog
  readonly self: Table | null
  readonly sourceId?: SourceId
  readonly noSubqueries?: string
}

/** The scope of a whole text: the row of `self`, and nothing else yet. */
export function rootScope(options: RootOptions, positionOf: Scope['positionOf']): Scope {
  const { catalog, self, sourceId = SELF, noSubqueries = null } = options
  let sources = 0
  const level = newLevel()
  if (self !== null) level.sources.push({ source: sourceId, table: self, name: self.name, aliased: false })
  return {
    catalog,
    schema: self?.schema ?? catalog.schemas[0] ?? DEFAULT_SCHEMA,
    levels: [level],
    bindings: null,
    definer: false,
    noSubqueries,
    calling: [],
    nextSource: () => `p${sources++}`,
    check: checkNode,
    positionOf,
  }
}
