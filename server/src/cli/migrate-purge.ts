import { failure } from '../errors/error.ts'
import { planPurge } from '../pipeline/migrate/purge.ts'
import type { PurgePlan, RetiredState } from '../pipeline/migrate/types.ts'
import { SETTINGS } from '../runtime/settings.ts'
import { systemClock } from '../std/clock.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { confirmed } from './confirm.ts'
import { MIGRATE_OPTIONS, type MigrateContext, withMigrations } from './migrate-context.ts'
import { day } from './migrate-status.ts'
import { columns } from './output.ts'
import { planJson } from './print-plan.ts'
import { rowsOf } from './progress.ts'
import { RUN_OPTIONS, running, runPlan } from './run-plan.ts'

const EXIT_FAILED = 1
const WHAT_MAX = 1000

export const command: Command = {
  synopsis:
    'pilar migrate purge [WHAT …] [--older-than DAYS] [--now] [--yes] [--no-backup] [--json] [--project DIR] [--data DIR] [--database URL]',
  description:
    'Destroys for ever what was retired: all of it whose time has come, or what is named as `pilar migrate status` names it. This is\n' +
    'the only command that destroys values. It lists them, asks, and makes a backup first. What was retired less than\n' +
    `${SETTINGS.retiredDays.default} days ago (${SETTINGS.retiredDays.env}) is kept, unless it is named with --now and --yes.`,
  options: {
    'older-than': { value: 'DAYS', doc: 'Only what was retired at least that long ago.' },
    now: { value: null, doc: 'Do not wait for the end of the time. Only for what is named, and with --yes.' },
    ...RUN_OPTIONS,
    ...MIGRATE_OPTIONS,
  },
  positionals: { min: 0, max: WHAT_MAX },
  examples: ['pilar migrate purge', 'pilar migrate purge posts.subtitle', 'pilar migrate purge drafts --now --yes'],
  run: (invocation) => {
    const daysGiven = olderThan(invocation)
    if (invocation.given('now') && (invocation.positionals.length === 0 || !invocation.given('yes')))
      throw new UsageError(
        '--now needs the names of what to destroy, and --yes',
        'pilar migrate purge WHAT --now --yes',
      )
    return withMigrations(invocation, { command: 'pilar migrate purge', writes: true }, (context) =>
      purge(invocation, context, daysGiven),
    )
  },
}

async function purge(invocation: Invocation, context: MigrateContext, daysGiven: number | null): Promise<number> {
  const { output } = context.shell
  const json = invocation.given('json')
  const planned = () => planNow(invocation, context, daysGiven)
  const plan = await planned()
  ;(json ? output.report : output.print)(purgeText(plan))
  const refuse = () => {
    if (json) output.print(JSON.stringify({ purged: [], notYet: plan.notYet, ...planJson(plan) }, null, 2))
  }
  if (invocation.positionals.length > 0 && plan.notYet.length > 0) {
    refuse()
    throw tooEarly(plan.notYet)
  }
  if (!plan.possible) {
    refuse()
    return EXIT_FAILED
  }
  if (plan.steps.length > 0) {
    if (!(await confirmed(invocation, 'Destroy this for ever?', refuse))) return EXIT_FAILED
    await running(invocation, context, async (options) => {
      await runPlan(await planned(), { name: null, checksum: null, kind: 'purge', undoes: null }, options)
    })
  }
  const purged = plan.purged.map(({ what }) => what)
  if (json) output.print(JSON.stringify({ purged, notYet: plan.notYet, ...planJson(plan) }))
  else if (purged.length > 0) output.print(`\npurged  ${purged.join(', ')}`)
  return 0
}

function planNow(invocation: Invocation, context: MigrateContext, daysGiven: number | null): Promise<PurgePlan> {
  const { structure, signal, serving } = context
  const { positionals, given } = invocation
  const days = given('now') ? 0 : (daysGiven ?? serving.settings.retiredDays)
  if (!given('now') && days < serving.settings.retiredDays) {
    const hint = 'Only what is named can go sooner: pilar migrate purge WHAT --now --yes'
    throw new UsageError(`--older-than is less than the ${serving.settings.retiredDays} days that all is kept`, hint)
  }
  const what = positionals.length === 0 ? null : positionals
  return planPurge({ structure, what, retiredDays: days, clock: systemClock, signal })
}

function olderThan({ text }: Invocation): number | null {
  const given = text('older-than')
  if (given === undefined) return null
  if (/^\d{1,5}$/.test(given)) return Number(given)
  throw new UsageError(`--older-than is "${given}"; it must be a whole number of days`)
}

function tooEarly(notYet: readonly RetiredState[]): Error {
  const list = notYet.map(({ what, purgeableAt }) => `${what} is kept until ${day(purgeableAt)}`).join(', ')
  const hint = 'Wait, or say that you mean it: --now --yes'
  return failure('PILAR_MIGRATION', { message: `${list}; nothing was changed` }, { hint })
}

function purgeText({ purged, notYet, obstacles }: PurgePlan): string {
  const rows = [
    ...purged.map(({ what, rows, retiredAt }) => ['  destroys', what, rowsOf(rows), `retired ${day(retiredAt)}`]),
    ...notYet.map(({ what, rows, purgeableAt }) => ['  keeps', what, rowsOf(rows), `until ${day(purgeableAt)}`]),
  ]
  const lines = obstacles.map(({ table, message, hint }) => `${table}: ${message}\nhint: ${hint}`)
  if (rows.length === 0) return ['Nothing is retired.', ...lines].join('\n')
  return [columns(rows), ...(purged.length === 0 ? ['Nothing may be purged yet.'] : []), ...lines].join('\n')
}
