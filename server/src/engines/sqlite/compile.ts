import { GuardedPlan } from '../../policy/guarded-plan.ts'
import type { Catalog, Table } from '../../schema/catalog.ts'
import { assert } from '../../std/assert.ts'
import type { Program } from '../engine.ts'
import { compileRead } from './compile-read.ts'
import { compileDelete, compileInsert, compileUpdate } from './compile-write.ts'

/** GuardedPlan → SqliteProgram: frozen, shared by all requests of a shape and role. Nothing but a guarded plan is compiled. */
export function compile(guarded: GuardedPlan, catalog: Catalog): Program {
  assert(GuardedPlan.isGuarded(guarded), 'only an authorized plan is compiled')
  const { plan } = guarded
  switch (plan.kind) {
    case 'read':
      return compileRead(plan, catalog)
    case 'insert':
      return compileInsert(whole(plan, catalog), catalog)
    case 'update':
      return compileUpdate(whole(plan, catalog), catalog)
    case 'delete':
      return compileDelete(whole(plan, catalog), catalog)
  }
}

/** The plan names the table as its role sees it; a row that is written has all columns, hidden ones too. */
function whole<Write extends { readonly table: Table }>(plan: Write, catalog: Catalog): Write {
  const table = catalog.tables.get(plan.table.key)
  assert(table !== undefined, 'a plan is about a table of its catalog')
  return { ...plan, table }
}
