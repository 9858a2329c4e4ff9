/**
 * The test runner: `npm test`, `npm run check`, `npm test -- PATTERN…`.
 *
 * - no argument: the static checks, then every `*.test.ts` of server/, tools/ and examples/
 * - `--check`: the static checks and the fast tests, those beside the code (all but server/test)
 * - PATTERN…: only these files, or those whose path contains a pattern, without the static checks
 * - `--failed`: only the test files that failed last time
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { runChecks } from './checks.ts'
import { ROOT, say } from './root.ts'

/** A file that hangs must not hold up CI for ever. */
const FILE_TIMEOUT_MS = 15 * 60_000
const FAILED_FILE = join(ROOT, 'node_modules', '.cache', 'pilar-failed-tests.json')

/** Tests that measure run one at a time, before the others, so that nothing else moves their figures. */
const ALONE = 'server/test/budgets/'

interface Outcome {
  readonly counts: Readonly<Record<string, number>>
  readonly failedFiles: readonly string[]
  readonly leftOut: readonly string[]
  readonly success: boolean
}

function allTestFiles(): string[] {
  const patterns = ['server/{src,test}/**/*.test.ts', 'tools/**/*.test.ts', 'examples/**/*.test.ts']
  const files = globSync(patterns, { cwd: ROOT, exclude: ['**/node_modules/**', '**/dist/**'] })
  // The fast ones first: a mistake shows early.
  return files.sort((a, b) => Number(isSlow(a)) - Number(isSlow(b)) || a.localeCompare(b))
}

function isSlow(file: string): boolean {
  return file.startsWith('server/test/')
}

function lastFailed(): string[] {
  try {
    return JSON.parse(readFileSync(FAILED_FILE, 'utf8'))
  } catch {
    return []
  }
}

function remember(failedFiles: readonly string[]): void {
  mkdirSync(join(FAILED_FILE, '..'), { recursive: true })
  writeFileSync(FAILED_FILE, JSON.stringify(failedFiles))
}

function select(options: { check: boolean; failed: boolean; patterns: readonly string[] }): string[] {
  const files = allTestFiles()
  if (options.failed) {
    const failed = new Set(lastFailed())
    return files.filter((file) => failed.has(file))
  }
  if (options.patterns.length > 0) {
    return [...new Set(options.patterns.flatMap((pattern) => matching(pattern, files)))]
  }
  return options.check ? files.filter((file) => !isSlow(file)) : files
}

function matching(pattern: string, files: readonly string[]): string[] {
  const file = resolve(pattern)
  if (pattern.endsWith('.test.ts') && existsSync(file)) return [relative(ROOT, file)]
  return files.filter((known) => known.includes(pattern))
}

async function runFiles(files: readonly string[], concurrency: number): Promise<Outcome> {
  const failedFiles = new Set<string>()
  const leftOut: string[] = []
  let counts: Record<string, number> = {}
  let success = false
  const events = run({
    files: files.map((file) => join(ROOT, file)),
    cwd: ROOT,
    concurrency,
    timeout: FILE_TIMEOUT_MS,
  })
  events.on('test:fail', (event) => {
    if (event.file !== undefined) failedFiles.add(relative(ROOT, event.file))
  })
  events.on('test:pass', (event) => {
    // node:test passes a file that ends with code 0 before it reported a test, under the file's own name.
    if (event.file !== undefined && resolve(ROOT, event.name) === event.file)
      failedFiles.add(relative(ROOT, event.file))
    if (typeof event.skip === 'string') leftOut.push(`${event.name}: ${event.skip}`)
  })
  events.on('test:summary', (event) => {
    if (event.file !== undefined) return
    counts = { ...event.counts }
    success = event.success
  })
  for await (const text of events.compose(spec)) process.stdout.write(text)
  return { counts, failedFiles: [...failedFiles], leftOut, success: success && failedFiles.size === 0 }
}

async function runTests(files: readonly string[]): Promise<boolean> {
  const groups = [
    { files: files.filter((file) => file.startsWith(ALONE)), concurrency: 1 },
    { files: files.filter((file) => !file.startsWith(ALONE)), concurrency: availableParallelism() },
  ]
  const outcomes: Outcome[] = []
  for (const group of groups) {
    if (group.files.length > 0) outcomes.push(await runFiles(group.files, group.concurrency))
  }
  report(outcomes)
  return outcomes.every((outcome) => outcome.success)
}

function report(outcomes: readonly Outcome[]): void {
  const failedFiles = outcomes.flatMap((outcome) => outcome.failedFiles)
  const leftOut = outcomes.flatMap((outcome) => outcome.leftOut)
  const total = (name: string) => outcomes.reduce((sum, outcome) => sum + (outcome.counts[name] ?? 0), 0)
  remember(failedFiles)
  if (leftOut.length > 0) say(`\nLeft out (${leftOut.length}):`, ...leftOut.map((line) => `  ${line}`))
  if (failedFiles.length > 0) {
    say(`\nFailed files (again: npm test -- --failed):`, ...failedFiles.map((file) => `  ${file}`))
  }
  say(`\n${total('tests')} tests: ${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} left out`)
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { check: { type: 'boolean', default: false }, failed: { type: 'boolean', default: false } },
  })
  const files = select({ ...values, patterns: positionals })
  if (files.length === 0) {
    say(values.failed ? 'No test file failed last time.' : `No test file matches ${positionals.join(' ')}.`)
    return values.failed ? 0 : 1
  }
  const isPartial = values.failed || positionals.length > 0
  const checksPass = isPartial || (await runChecks())
  const testsPass = await runTests(files)
  if (!checksPass) say('The static checks failed; their messages are above the tests.')
  return checksPass && testsPass ? 0 : 1
}

process.exitCode = await main()
