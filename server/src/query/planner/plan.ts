import type { Catalog, Table } from '../../schema/catalog.ts'
import type { Plan, ReadPlan } from '../plan.ts'
import type { ApiRequest, ReadRequest } from '../request.ts'
import { distribute, draftNode, type Planning, type PlanOptions } from './draft.ts'
import { findTable } from './names.ts'
import { selectNode } from './node.ts'
import { deletePlan, insertPlan, updatePlan } from './write.ts'

export type { PlanOptions } from './draft.ts'

/**
 * Resolves every name of a request against the catalog as its role sees it: a hidden thing is answered exactly as a missing one, hints
 * included. Depends on the request's shape only, never on its values. Throws PGRST1xx and PGRST2xx for names and embeds, 42703 and other
 * PostgreSQL codes for columns and types, 0A000 for what is not built.
 *
 * ```ts
 * plan(parsed.api, visibleCatalog(catalog, policies, actor.role), { aggregatesEnabled: false, rowsMax: 1000, requireWhere: true })
 * ```
 */
export function plan(request: ApiRequest, catalog: Catalog, options: PlanOptions): Plan {
  const planning: Planning = { catalog, options, sources: 0, embeds: 0 }
  const table = findTable(catalog, request.schema, request.table)
  switch (request.kind) {
    case 'read':
      return readPlan(planning, table, request)
    case 'insert':
      return insertPlan(planning, table, request)
    case 'update':
      return updatePlan(planning, table, request)
    case 'delete':
      return deletePlan(planning, table, request)
  }
}

function readPlan(planning: Planning, table: Table, request: ReadRequest): ReadPlan {
  const draft = draftNode(planning, table, request.select)
  distribute(draft, request)
  return Object.freeze({ kind: 'read', root: selectNode(draft, planning.options), count: request.count })
}
