import { GuardedPlan } from '../../policy/guarded-plan.ts'
import type { Catalog } from '../../schema/catalog.ts'
import { assert } from '../../std/assert.ts'
import type { Program } from '../engine.ts'
import { compileRead } from './compile-read.ts'
import { compileDelete, compileInsert, compileUpdate } from './compile-write.ts'
import type { SqliteProgram } from './program.ts'

/** GuardedPlan → SqliteProgram: frozen, shared by all requests of a shape and role. Nothing but a guarded plan is compiled. */
export function compile(guarded: GuardedPlan, catalog: Catalog): Program {
  assert(GuardedPlan.isGuarded(guarded), 'only an authorized plan is compiled')
  const { plan } = guarded
  switch (plan.kind) {
    case 'read':
      return compileRead(plan, catalog)
    case 'insert':
      return compileInsert(plan, catalog)
    case 'update':
      return compileUpdate(plan, catalog)
    case 'delete':
      return compileDelete(plan, catalog)
  }
}

export type { SqliteProgram }
