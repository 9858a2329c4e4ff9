import type { Program } from '../engines/engine.ts'
import type { Actor } from '../policy/actor.ts'
import { GuardedPlan } from '../policy/guarded-plan.ts'
import { plan } from '../query/plan.ts'
import type { HttpReply, HttpRequest } from '../runtime/http.ts'
import { collect } from './collect.ts'
import type { Kernel } from './kernel.ts'
import type { Model } from './model.ts'
import { refuse } from './refuse.ts'
import { type StageTimer, startTimer } from './stage-timer.ts'
import type { Asked, Surface } from './surface.ts'

const NO_CELLS: readonly [] = []

/** The whole life of a request: identify → parse → plan → authorize → compile → execute → respond. */
export async function run<A extends Asked>(
  request: HttpRequest,
  surface: Surface<A>,
  kernel: Kernel,
): Promise<HttpReply> {
  const timer = startTimer(kernel.settings.serverTiming, kernel.clock)
  let actor: Actor | null = null
  try {
    const identified = kernel.identify(request.headers)
    actor = identified instanceof Promise ? await identified : identified
    timer.stage('identify')
    const model = kernel.model // this request keeps the catalog and policies it started with
    const { asked, program } = prepare({ request, surface, kernel, actor, model, timer })
    const outcome = await collect(
      kernel.pool.execute(
        program,
        { values: asked.api.values, cells: 'payload' in asked.api ? asked.api.payload.cells : NO_CELLS, actor },
        {
          session: { nowMicros: kernel.clock.nowMicros(), transaction: null },
          signal: request.signal,
          expect: asked.expect,
        },
      ),
      program,
    )
    timer.stage('execute')
    const reply = surface.respond(asked, outcome)
    timer.stage('respond')
    return withTiming(reply, timer)
  } catch (error) {
    return surface.refuse(refuse(error, kernel), actor)
  }
}

interface Preparation<A extends Asked> {
  readonly request: HttpRequest
  readonly surface: Surface<A>
  readonly kernel: Kernel
  readonly actor: Actor
  readonly model: Model
  readonly timer: StageTimer
}

/** Stages 2–5. They depend on the request's shape, the role and the model's version, never on values: done once, then recalled. */
function prepare<A extends Asked>(p: Preparation<A>): { asked: A; program: Program } {
  const { request, surface, kernel, actor, model, timer } = p
  const own = surface.rememberKey(request)
  const key = own === null ? null : `${own}\n${actor.role}\n${model.version}`
  const remembered = key === null ? undefined : kernel.plans.recall(key)
  if (remembered !== undefined) return remembered as { asked: A; program: Program }
  const asked = surface.parse(request)
  timer.stage('parse')
  const program = kernel.plans.program(`${asked.api.shape}\n${actor.role}\n${model.version}`, () => {
    const planned = plan(asked.api, model.visibleTo(actor.role), kernel.planOptions)
    timer.stage('plan')
    const guarded = GuardedPlan.authorize(planned, actor.role, model.policies, model.catalog)
    timer.stage('authorize')
    return kernel.engine.compile(guarded, model.catalog)
  })
  timer.stage('compile')
  if (key !== null) kernel.plans.remember(key, { asked, program })
  return { asked, program }
}

function withTiming(reply: HttpReply, timer: StageTimer): HttpReply {
  const timing = timer.header()
  return timing === null ? reply : { ...reply, headers: { ...reply.headers, 'Server-Timing': timing } }
}
