import type { Structure } from '../../engines/structure.ts'
import { explainStep } from '../../schema/migration/explain-step.ts'
import { riskOf } from '../../schema/migration/risk.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import { assert } from '../../std/assert.ts'
import type { PlannedStep } from './types.ts'

export interface SurveyOptions {
  readonly structure: Structure
  readonly signal: AbortSignal
}

/** Each step with its words, its risk and what the rows say about it. Asks nothing of the database when there are none. */
export async function surveySteps(
  steps: readonly MigrationStep[],
  { structure, signal }: SurveyOptions,
): Promise<readonly PlannedStep[]> {
  if (steps.length === 0) return []
  const survey = await structure.survey(steps, signal)
  return steps.map((step, index) => {
    const surveyed = survey.steps[index]
    assert(surveyed !== undefined, 'a survey speaks of every step')
    const { sql, rows, estimateMs } = surveyed
    const findings = survey.findings.filter((finding) => finding.step === index)
    // Where rows refuse a step there are some, even if none would have to be read to run it.
    const risk = riskOf(step, findings.some(({ kind }) => kind === 'refuses') ? {} : { rows })
    return { step, sql, rows, estimateMs, findings, risk, explanation: explainStep(step) }
  })
}

/** The same for a database without rows, which need not be asked. */
export function stepsOfNew(steps: readonly MigrationStep[]): readonly PlannedStep[] {
  return steps.map((step) => {
    const words = { risk: riskOf(step, { rows: 0 }), explanation: explainStep(step) }
    return { step, ...words, sql: [], rows: 0, estimateMs: 0, findings: [] }
  })
}
