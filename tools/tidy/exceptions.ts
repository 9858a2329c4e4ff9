import type { Finding } from './finding.ts'

export const EXCEPTIONS_FILE = 'tools/tidy/exceptions.json'

/** A finding that is tolerated for now. The list may only shrink. */
export interface Exception {
  readonly rule: string
  readonly file: string
  readonly name: string
  /** For rules with a budget: the number that may not grow. */
  readonly value?: number
  readonly because: string
}

export interface Judgement {
  /** What is to be reported: findings without an exception, and exceptions that are not true any more. */
  readonly findings: readonly Finding[]
  /** The exceptions as they should be now: none that is not needed, none larger than needed. */
  readonly exceptions: readonly Exception[]
}

export function applyExceptions(findings: readonly Finding[], exceptions: readonly Exception[]): Judgement {
  const reported: Finding[] = []
  const needed = new Map<Exception, number | undefined>()
  for (const finding of findings) {
    const exception = finding.hard ? undefined : exceptions.find((each) => covers(each, finding))
    if (exception === undefined) reported.push(finding)
    else if ((finding.value ?? 0) > (exception.value ?? 0)) reported.push(grown(finding, exception))
    else needed.set(exception, max(needed.get(exception), finding.value))
  }
  const kept: Exception[] = []
  for (const exception of exceptions) {
    const grew = reported.some((finding) => covers(exception, finding))
    const value = needed.get(exception)
    if (grew || (needed.has(exception) && value === exception.value)) kept.push(exception)
    else reported.push(loose(exception, needed.has(exception) ? value : undefined))
    if (!grew && needed.has(exception) && value !== undefined && value !== exception.value) {
      kept.push({ ...exception, value })
    }
  }
  return { findings: reported, exceptions: kept }
}

function covers(exception: Exception, finding: Finding): boolean {
  return exception.rule === finding.rule && exception.file === finding.file && exception.name === finding.name
}

function max(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : Math.max(a, b ?? a)
}

function grown(finding: Finding, exception: Exception): Finding {
  const what = `${finding.what}, and the exception allows ${exception.value ?? 'none'}`
  return { ...finding, what }
}

function loose(exception: Exception, value: number | undefined): Finding {
  const subject = [exception.rule, exception.file, exception.name].filter((part) => part !== '').join(' ')
  return {
    rule: 'exceptions',
    file: EXCEPTIONS_FILE,
    line: 1,
    what:
      value === undefined
        ? `the exception "${subject}" is not needed any more`
        : `the exception "${subject}" allows ${exception.value} where ${value} are left`,
    remedy: 'run: npm run tidy -- --shrink',
    name: subject,
  }
}
