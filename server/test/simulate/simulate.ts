import type { Engine } from '../../src/engines/engine.ts'
import type { Case, Request } from './case.ts'
import { generateRequest } from './generate-requests.ts'
import { generateSchema } from './generate-schema.ts'
import { loadable, loadProject } from './project.ts'
import { Random } from './random.ts'
import { type Authorize, authorize, Subject } from './subject.ts'

export interface SimulationOptions {
  readonly engine: Engine
  /** The first seed; each seed is one schema with its policies and data. */
  readonly seed: number
  /** Requests that reach the database, at least. */
  readonly caseCount: number
  readonly authorize?: Authorize
}

export const REQUESTS_PER_SEED = 60

/** What was done, in figures that show the run was not empty. */
export interface Report {
  seeds: number
  /** Requests that both sides answered. */
  cases: number
  /** Requests that the parser or the planner refused, so that there was nothing to compare. */
  refused: number
  policies: number
  /** Random policies that were not well typed and left out. */
  policiesRefused: number
  /** Answers with at least one row, read or written. */
  withRows: number
  /** By statement: `read`, `insert`, … */
  readonly kinds: Map<string, number>
  /** By error code that both sides gave. */
  readonly codes: Map<string, number>
  failure: Failure | null
}

export interface Failure {
  readonly seed: number
  readonly difference: string
  /** From the state of the data before the request that failed. */
  readonly case: Case
}

/** Compares an engine with the oracle, seed after seed, until enough cases agreed or one did not. */
export async function simulate(options: SimulationOptions): Promise<Report> {
  const report: Report = {
    ...{ seeds: 0, cases: 0, refused: 0, policies: 0, policiesRefused: 0, withRows: 0 },
    ...{ kinds: new Map<string, number>(), codes: new Map<string, number>(), failure: null },
  }
  for (let seed = options.seed; report.cases < options.caseCount && report.failure === null; seed++) {
    await simulateSeed(seed, options, report)
  }
  return report
}

async function simulateSeed(seed: number, options: SimulationOptions, report: Report): Promise<void> {
  const random = new Random(seed)
  const { definition: drawn, rows } = generateSchema(random)
  const definition = await loadable(drawn, () => report.policiesRefused++)
  report.seeds++
  report.policies += definition.policies.length
  const subject = await Subject.open(await loadProject(definition), options.engine, options.authorize ?? authorize)
  const fail = (difference: string, requests: readonly Request[], from = rows): void => {
    report.failure = { seed, difference, case: { definition, rows: from, requests } }
  }
  try {
    const unequal = await subject.load(rows)
    if (unequal !== null) return fail(unequal, [])
    const drawing = { definition, catalog: subject.catalog, random, visible: (role: string) => subject.visible(role) }
    for (let count = 0; count < REQUESTS_PER_SEED && report.failure === null; count++) {
      const request = generateRequest(drawing)
      const before = subject.snapshot()
      const verdict = await subject.ask(request)
      if (verdict.difference !== null) fail(verdict.difference, [request], before)
      note(report, verdict)
    }
  } finally {
    await subject.close()
  }
}

function note(report: Report, { planned, kind, code, rows }: Awaited<ReturnType<Subject['ask']>>): void {
  if (!planned) {
    report.refused++
    return
  }
  report.cases++
  if (rows > 0) report.withRows++
  const bump = (counts: Map<string, number>, key: string | null): void => {
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  bump(report.kinds, kind)
  bump(report.codes, code)
}

/** Runs one case as it stands; the first difference, or null when both sides agree. */
export async function replay(found: Case, engine: Engine, guard: Authorize = authorize): Promise<string | null> {
  const subject = await Subject.open(await loadProject(found.definition), engine, guard)
  try {
    let difference = await subject.load(found.rows)
    for (const request of found.requests) difference ??= (await subject.ask(request)).difference
    return difference
  } finally {
    await subject.close()
  }
}
