import { shortKey } from '../../schema/check-keys.ts'
import { FINDING_SAMPLES_MAX, type Finding } from '../../schema/migration/step.ts'
import type { MigrationPlan, PlannedStep } from './types.ts'

/**
 * A plan for people, short enough for an error message: a line per step with its risk where there is one, below it what the rows say, then what
 * stands in the way and what is to be known.
 *
 *     adds the column "slug" to posts, not null (needs data)
 *       refused: 3 rows have no value
 *         id 4, title null
 */
export function describePlan({
  steps,
  obstacles,
  warnings,
}: Pick<MigrationPlan, 'steps' | 'obstacles' | 'warnings'>): string {
  const notes = [...obstacles, ...warnings].map(({ table, message, hint }) =>
    withHint(`${shortKey(table)}: ${message}`, hint),
  )
  return [...steps.flatMap(stepLines), ...notes.flat()].join('\n')
}

function stepLines({ explanation, risk, findings }: PlannedStep): readonly string[] {
  const first = risk === 'safe' ? explanation : `${explanation} (${risk})`
  return [first, ...findings.flatMap(findingLines)].map((line) => `  ${line}`)
}

function withHint(message: string, hint: string | null): readonly string[] {
  return hint === null ? [`  ${message}`] : [`  ${message}`, `    hint: ${hint}`]
}

function findingLines({ kind, message, hint, rows, samples }: Finding): readonly string[] {
  const more = rows - samples.length
  return [
    `  ${kind === 'refuses' ? 'refused: ' : ''}${message}`,
    ...samples.map((sample) => `    ${describeSample(sample)}`),
    ...(samples.length === FINDING_SAMPLES_MAX && more > 0 ? [`    and ${more} more`] : []),
    ...(hint === null ? [] : [`  hint: ${hint}`]),
  ]
}

// C1 controls and marks of direction, which JSON leaves as they are, could write a line that is not there.
const UNSAFE = /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
const SAMPLE_CHARACTERS_MAX = 120

/** Values of a row in one line that no value can break out of: `id 4, title null`. */
export function describeSample(sample: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(sample)
    .map(([name, value]) => `${name} ${JSON.stringify(value) ?? 'null'}`)
    .join(', ')
    .replaceAll(UNSAFE, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return text.length <= SAMPLE_CHARACTERS_MAX ? text : `${text.slice(0, SAMPLE_CHARACTERS_MAX)}…`
}
