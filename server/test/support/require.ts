/** What a test needs from outside the repository, and how much of it a run asks for. */
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SHARED_DATA = fileURLToPath(new URL('../../../../shared/data/', import.meta.url))

/**
 * For a test's `skip`: false when what it needs is there, else the reason, which the runner lists at the end. With
 * `PILAR_REQUIRE=all`, as in CI, a missing thing throws: nothing is left out there.
 *
 * ```ts
 * test('syncs before it answers', { skip: requires('strace', hasProgram('strace')) }, async () => { … })
 * ```
 */
export function requires(name: string, available: boolean): string | false {
  if (available) return false
  const reason = `${name} is missing on this machine`
  if (process.env.PILAR_REQUIRE === 'all') throw new Error(`${reason}, and PILAR_REQUIRE=all forbids leaving tests out`)
  return reason
}

/** True when the program is on the PATH. */
export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * A file of the shared data folder, which lies beside the checkout, and the `skip` of tests that need it:
 * `const chinook = shared('chinook/chinook.sqlite')`.
 */
export function shared(path: string): { path: string; skip: string | false } {
  const found = join(SHARED_DATA, path)
  return { path: found, skip: requires(`${path} (looked for in ${SHARED_DATA})`, existsSync(found)) }
}

/** How many cases a randomized test runs: fewer at the desk than in CI; `PILAR_CASES=200000` overrides both. */
export function caseCount(counts: { local: number; ci: number }): number {
  const asked = process.env.PILAR_CASES
  if (asked !== undefined) return Number.parseInt(asked, 10)
  return process.env.CI === undefined ? counts.local : counts.ci
}
