import { GuardedPlan } from '../../policy/guarded-plan.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { assert } from '../../std/assert.ts'
import type { Program } from '../engine.ts'
import { compileRead } from './compile-read.ts'
import { compileDelete, compileInsert, compileUpdate } from './compile-write.ts'

/** GuardedPlan → SqliteProgram: frozen, shared by all requests of a shape and role. Nothing but a guarded plan is compiled. */
export function compile(guarded: GuardedPlan, catalog: Catalog): Program {
  assert(GuardedPlan.isGuarded(guarded), 'only an authorized plan is compiled')
  const { plan, mayName } = guarded
  switch (plan.kind) {
    case 'read':
      return compileRead(plan, catalog)
    case 'insert':
      return compileInsert(plan, catalog, mayName)
    case 'update':
      return compileUpdate(plan, catalog, mayName)
    case 'delete':
      return compileDelete(plan, catalog, mayName)
  }
}
