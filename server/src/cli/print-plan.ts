import { needsBackup as stepNeedsBackup } from '../pipeline/migrate/apply-migration.ts'
import { describeSample } from '../pipeline/migrate/describe-plan.ts'
import type { MigrationPlan, PlannedStep } from '../pipeline/migrate/types.ts'
import { shortKey } from '../schema/check-keys.ts'
import { FINDING_SAMPLES_MAX, type Finding } from '../schema/migration/step.ts'
import type { Output } from './output.ts'
import { duration, rowsOf } from './progress.ts'

/** Of the longest word for a risk. */
const RISK_WIDTH = 'needs data'.length
/** So that what belongs to a step stands under its explanation. */
const BELOW = ' '.repeat('  1  '.length + RISK_WIDTH + 2)

export interface PrintOptions {
  readonly output: Pick<Output, 'bold'>
  /** Shows the statements of each step, too. */
  readonly sql: boolean
}

/** A plan for people: numbered steps with risk and cost, what the rows say of them, and what stands in the way. */
export function planText(plan: MigrationPlan, options: PrintOptions): string {
  const steps = plan.steps.map((step, index) => stepText(step, index + 1, options))
  const obstacles = plan.obstacles.map(({ table, message, hint }) => noteText(`${shortKey(table)}: ${message}`, hint))
  const warnings = plan.warnings.map(({ table, message, hint }) => noteText(`${shortKey(table)}: ${message}`, hint))
  return [
    ...steps,
    ...headed('Not possible:', obstacles, options),
    ...headed('To know:', warnings, options),
    `\n${summary(plan)}`,
  ].join('\n')
}

function headed(heading: string, notes: readonly string[], { output }: PrintOptions): readonly string[] {
  return notes.length === 0 ? [] : [`\n${output.bold(heading)}`, ...notes]
}

function noteText(message: string, hint: string | null): string {
  return hint === null ? `  ${message}` : `  ${message}\n    hint: ${hint}`
}

function stepText(planned: PlannedStep, number: number, { output, sql }: PrintOptions): string {
  const cost = planned.rows === 0 ? '' : `; ${rowsOf(planned.rows)}, ${duration(planned.estimateMs)}`
  const first = `${String(number).padStart(3)}  ${riskText(planned, output)}  ${planned.explanation}${cost}`
  const statements = sql ? planned.sql.flatMap((statement) => statement.split('\n')) : []
  const below = [...planned.findings.flatMap(findingLines), ...statements].map((line) => `${BELOW}${line}`)
  return [first, ...below].join('\n')
}

function riskText({ risk }: PlannedStep, output: Pick<Output, 'bold'>): string {
  const padded = risk.padEnd(RISK_WIDTH)
  return risk === 'safe' || risk === 'slow' ? padded : output.bold(padded)
}

function findingLines({ kind, message, hint, rows, samples }: Finding): readonly string[] {
  const more = rows - samples.length
  return [
    `${kind === 'refuses' ? 'refused: ' : ''}${message}`,
    ...samples.map((sample) => `  ${describeSample(sample)}`),
    ...(samples.length === FINDING_SAMPLES_MAX && more > 0 ? [`  and ${rowsOf(more)} more`] : []),
    ...(hint === null ? [] : [`hint: ${hint}`]),
  ]
}

function summary(plan: MigrationPlan): string {
  const steps = plan.steps.length === 1 ? '1 step' : `${plan.steps.length} steps`
  if (!plan.possible) return `${steps}, not possible as it stands; nothing was changed.`
  const rows = plan.steps.reduce((sum, step) => sum + step.rows, 0)
  const time = plan.steps.reduce((sum, step) => sum + step.estimateMs, 0)
  const cost = rows === 0 ? '' : `, ${rowsOf(rows)} to read or copy, ${duration(time)}`
  return `${steps}${cost}.${needsBackup(plan) ? ' A backup is made first.' : ''}`
}

/** True for plans after which something is out of sight, or which depend on what the rows are: a person confirms them. */
export function needsBackup({ steps }: Pick<MigrationPlan, 'steps'>): boolean {
  return steps.some(stepNeedsBackup)
}

/** The same for programs: what `--json` prints of a plan. */
export function planJson({ steps, obstacles, warnings, possible }: MigrationPlan): object {
  return { possible, steps, obstacles, warnings, backup: needsBackup({ steps }) }
}
