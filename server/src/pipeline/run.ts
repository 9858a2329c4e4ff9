import { type Program, StaleStructure } from '../engines/engine.ts'
import { failure, PilarError } from '../errors/error.ts'
import type { Actor } from '../policy/actor.ts'
import { GuardedPlan } from '../policy/guarded-plan.ts'
import { plan } from '../query/planner/plan.ts'
import type { HttpReply, HttpRequest } from '../runtime/http.ts'
import { collect } from './collect.ts'
import type { Kernel } from './kernel.ts'
import type { Served } from './live-model.ts'
import type { Model } from './model.ts'
import type { Prepared } from './plan-cache.ts'
import { refuse } from './refuse.ts'
import { type StageTimer, startTimer } from './stage-timer.ts'
import type { Asked, Surface } from './surface.ts'

const NO_CELLS: readonly [] = []

/** How often a request is begun anew because the structure of the database changed under it. */
const TRIES_MAX = 5

/** Codes that say that a name is unknown: PostgREST's of names, undefined column and table. */
const UNKNOWN_NAME = /^(?:PGRST20\d|42703|42P01)$/

/** The whole life of a request: identify → parse → plan → authorize → compile → execute → respond. */
export function run<A extends Asked>(request: HttpRequest, surface: Surface<A>, kernel: Kernel): Promise<HttpReply> {
  return attempt(request, surface, { kernel, tries: 1 })
}

async function attempt<A extends Asked>(
  request: HttpRequest,
  surface: Surface<A>,
  { kernel, tries }: { readonly kernel: Kernel; readonly tries: number },
): Promise<HttpReply> {
  const timer = startTimer(kernel.settings.serverTiming, kernel.clock)
  let actor: Actor | null = null
  let served: Served | null = null
  try {
    const identified = kernel.identify(request.headers)
    actor = identified instanceof Promise ? await identified : identified
    timer.stage('identify')
    served = kernel.live.served // this request keeps the catalog and policies it started with
    const prepared = prepare(request, surface, { kernel, actor, model: served.model, timer })
    if ('reply' in prepared) return prepared.reply
    const { asked, program } = prepared
    if (served.unfit.size > 0) refuseUnfit(program, served)
    if (program.kind === 'write' && kernel.live.switching !== null) throw new StaleStructure()
    const cells = 'payload' in asked.api ? asked.api.payload.cells : NO_CELLS
    const session = { nowMicros: kernel.clock.nowMicros(), transaction: null }
    const batches = kernel.pool.execute(
      program,
      { values: asked.api.values, cells, actor },
      // Asked for by long statements only: making a signal costs more than a short one takes.
      {
        session,
        expect: asked.expect,
        get signal() {
          return request.signal
        },
      },
    )
    const collected = collect(batches, program)
    const outcome = collected instanceof Promise ? await collected : collected
    timer.stage('execute')
    const reply = surface.respond(asked, outcome)
    timer.stage('respond')
    return withTiming(reply, timer)
  } catch (error) {
    if (served !== null && tries < TRIES_MAX && (await mayTryAgain(error, served, { kernel, tries }))) {
      return attempt(request, surface, { kernel, tries: tries + 1 })
    }
    return surface.refuse(refuse(error, kernel), actor)
  }
}

/**
 * Waits, where the database has another structure than the request was planned for, until there is a Model of that; false for all other errors. What was
 * usable a moment ago may be outdated again: from the second try on all that is being found out is awaited.
 */
async function mayTryAgain(
  error: unknown,
  served: Served,
  { kernel: { live, pool }, tries }: { readonly kernel: Kernel; readonly tries: number },
): Promise<boolean> {
  if (error instanceof StaleStructure) {
    await (tries === 1 ? live.usable(served) : live.renewed(served))
    return true
  }
  if (!(error instanceof PilarError) || !UNKNOWN_NAME.test(error.code)) return false
  if (served === live.served && pool.structureVersion() === served.structureVersion) return false
  await live.renewed(served)
  return true
}

function refuseUnfit({ reads, writes }: Program, { unfit }: Served): void {
  if (reads.some(({ table }) => unfit.has(table)) || writes.some((table) => unfit.has(table))) {
    const hint =
      'The database was changed, and this server does not know how. Start it with the schema.ts of the present structure.'
    throw failure('PGRST002', {}, { hint })
  }
}

interface Context {
  readonly kernel: Kernel
  readonly actor: Actor
  readonly model: Model
  readonly timer: StageTimer
}

/** Stages 2–5. They depend on the request, the role and the model's version alone, so that a read seen before skips them. */
function prepare<A extends Asked>(
  request: HttpRequest,
  surface: Surface<A>,
  context: Context,
): Prepared<A> | { readonly reply: HttpReply } {
  const { kernel, actor, model, timer } = context
  const own = surface.rememberKey(request)
  const key = own === null ? null : `${own}\n${actor.role}\n${model.version}`
  const remembered = key === null ? undefined : kernel.plans.recall(key)
  if (remembered !== undefined) return remembered as Prepared<A>
  const asked = surface.parse(request, model.visibleTo(actor.role))
  timer.stage('parse')
  if ('reply' in asked) return asked
  const program = kernel.plans.program(`${asked.api.shape}\n${actor.role}\n${model.version}`, () =>
    compile(asked, context),
  )
  if (asked.refusal !== null) throw asked.refusal
  const prepared = { asked, program }
  if (key !== null) kernel.plans.remember(key, prepared)
  return prepared
}

/** Stages 3–5, which depend on the request's shape only, never on its values: done once for a shape, role and model version. */
function compile(asked: Asked, { kernel, actor, model, timer }: Context): Program {
  const planned = plan(asked.api, model.visibleTo(actor.role), kernel.planOptions)
  timer.stage('plan')
  const guarded = GuardedPlan.authorize(planned, actor.role, model)
  timer.stage('authorize')
  const program = kernel.engine.compile(guarded, model.catalog)
  timer.stage('compile')
  return program
}

function withTiming(reply: HttpReply, timer: StageTimer): HttpReply {
  const timing = timer.header()
  return timing === null ? reply : { ...reply, headers: { ...reply.headers, 'Server-Timing': timing } }
}
