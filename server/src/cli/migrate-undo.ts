import type { UndoPlan } from '../pipeline/migrate/types.ts'
import { planUndo } from '../pipeline/migrate/undo.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { confirmed } from './confirm.ts'
import { MIGRATE_OPTIONS, type MigrateContext, withMigrations } from './migrate-context.ts'
import type { Output } from './output.ts'
import { planJson, planText } from './print-plan.ts'
import { RUN_OPTIONS, running, runPlan } from './run-plan.ts'

const EXIT_FAILED = 1

export const command: Command = {
  synopsis:
    'pilar migrate undo [ID|NAME] [--dry-run] [--yes] [--pace SHARE] [--no-backup] [--json] [--project DIR] [--data DIR] [--database URL]',
  description:
    'Takes back the last migration of the database, or the one of this number or name when all later ones are undone: the former\n' +
    'structure, and the values as they were. Says first what can not be had again exactly. schema.ts and migrations/ stay as they\n' +
    'are: `pilar migrate apply` does again what they say, a start does not.',
  options: {
    'dry-run': { value: null, doc: 'Show the plan of the undo, and change nothing.' },
    ...RUN_OPTIONS,
    ...MIGRATE_OPTIONS,
  },
  positionals: { min: 0, max: 1 },
  examples: ['pilar migrate undo', 'pilar migrate undo 0003_add_slugs --yes'],
  run: (invocation) => {
    const which = whichOf(invocation)
    const writes = !invocation.given('dry-run')
    return withMigrations(invocation, { command: 'pilar migrate undo', writes }, (context) =>
      undo(invocation, context, which),
    )
  },
}

async function undo(invocation: Invocation, context: MigrateContext, which: string | number | null): Promise<number> {
  const { structure, signal, shell } = context
  const json = invocation.given('json')
  const plan = withWayForward(await planUndo({ structure, which, signal }))
  const dry = invocation.given('dry-run')
  if (json && dry) shell.output.print(JSON.stringify(undoJson(plan), null, 2))
  else (json ? shell.output.report : shell.output.print)(undoText(plan, shell.output))
  const refuse = () => {
    if (json && !dry) shell.output.print(JSON.stringify({ undone: null, ...undoJson(plan) }, null, 2))
  }
  if (!plan.possible) {
    refuse()
    return EXIT_FAILED
  }
  if (dry) return 0
  if (!(await confirmed(invocation, `Undo ${nameOf(plan)}?`, refuse))) return EXIT_FAILED
  await running(invocation, context, async (options) => {
    // The same entry, even when another process added one meanwhile: then it is refused.
    const now = await planUndo({ structure, which: plan.entry.id, signal })
    const { name, checksum, id } = now.entry
    await runPlan(now, { name, checksum, kind: 'undo', undoes: id }, options)
  })
  if (json) shell.output.print(JSON.stringify({ undone: plan.entry.id, name: plan.entry.name }))
  else
    shell.output.print(
      `\nundone  ${nameOf(plan)}. What schema.ts and migrations/ say of it, pilar migrate apply does again.`,
    )
  return 0
}

/** A number is that of the journal; anything else the name of a file, with or without its ending. */
function whichOf({ positionals }: Invocation): string | number | null {
  const [given] = positionals
  if (given === undefined) return null
  if (!/^\d+$/.test(given)) return given.replace(/\.ts$/, '')
  const id = Number(given)
  if (id === 0 || !Number.isSafeInteger(id)) throw new UsageError(`"${given}" is no number of the journal`, SEE_STATUS)
  return id
}

const SEE_STATUS = 'pilar migrate status shows them'

function nameOf({ entry }: UndoPlan): string {
  return entry.name ?? `migration ${entry.id}`
}

const FORWARD = "Instead of the undo, put it back into schema.ts, with .using('…') for these rows, and apply."

/** An undo has no schema.ts in which to say what rows get. */
function withWayForward(plan: UndoPlan): UndoPlan {
  const steps = plan.steps.map((step) => ({
    ...step,
    findings: step.findings.map((one) => (one.hint?.includes('.using(') ? { ...one, hint: FORWARD } : one)),
  }))
  return { ...plan, steps }
}

function undoText(plan: UndoPlan, output: Pick<Output, 'bold'>): string {
  const losses = plan.losses.map((loss) => `  ${loss}`)
  const limits = losses.length === 0 ? [] : [`\n${output.bold('Not as it was:')}`, ...losses]
  return [`${output.bold(`Undo of ${nameOf(plan)}`)}`, planText(plan, { output, sql: false }), ...limits].join('\n')
}

function undoJson(plan: UndoPlan): object {
  const { id, name } = plan.entry
  return { entry: { id, name }, losses: plan.losses, ...planJson(plan) }
}
