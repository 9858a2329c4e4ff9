import type { ExecuteOptions } from '../engine.ts'
import { type BindInput, bindSlots } from './slots.ts'
import type { WritePlan } from './write-plan.ts'
import type { WriteTask } from './writer-messages.ts'

/** A compiled write with the values of one request. */
export function bindTask(write: WritePlan, input: BindInput, { expect }: ExecuteOptions): WriteTask {
  return {
    steps: write.steps.map(({ kind, sql, slots, keysAt, returnsKeys, refusal }) => ({
      ...{ kind, sql, keysAt, returnsKeys, refusal },
      params: bindSlots(slots, input),
    })),
    keyCount: write.keyColumns.length,
    affectedMax: expect?.affectedMax ?? null,
    affectedExactly: expect?.affectedExactly ?? null,
    rollback: expect?.rollback ?? false,
  }
}
