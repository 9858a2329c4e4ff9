import type { Engine, EnginePool } from '../engines/engine.ts'
import type { PlanOptions } from '../query/planner/plan.ts'
import type { Identify } from '../runtime/http.ts'
import type { Limits } from '../runtime/limits.ts'
import type { Observe } from '../runtime/observe.ts'
import type { Settings } from '../runtime/settings.ts'
import type { Clock } from '../std/clock.ts'
import type { LiveModel } from './live-model.ts'
import type { PlanCache } from './plan-cache.ts'

/** Everything ambient that the pipeline needs. Made once by the composition root; only the Model in `live` is ever replaced. */
export interface Kernel {
  readonly engine: Engine
  readonly pool: EnginePool
  readonly plans: PlanCache
  readonly settings: Settings
  readonly planOptions: PlanOptions
  readonly limits: Limits
  readonly clock: Clock
  readonly observe: Observe
  readonly identify: Identify
  readonly live: LiveModel
}
