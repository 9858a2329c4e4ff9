/** The runner itself: that a failing test fails it, and that nothing is left out in silence. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ROOT } from './root.ts'

const folder = mkdtempSync(join(tmpdir(), 'pilar-runner-'))
after(() => rmSync(folder, { recursive: true }))

/** What the runner says and returns for one test file with this text. */
function runner(text: string, env: Record<string, string> = {}): { status: number | null; stdout: string } {
  const file = join(folder, 'probe.test.ts')
  writeFileSync(file, text)
  const { NODE_TEST_CONTEXT: _nested, PILAR_REQUIRE: _required, ...outer } = process.env
  return spawnSync(process.execPath, [join(ROOT, 'tools/test.ts'), file], {
    env: { ...outer, ...env },
    encoding: 'utf8',
  })
}

const imports = `
import { test } from 'node:test'
import { requires } from ${JSON.stringify(join(ROOT, 'server/test/support/require.ts'))}
`
const passing = `${imports} test('well', () => {})`
const failing = `${imports} test('badly', () => { throw new Error('no') })`
const needing = `${imports} test('far', { skip: requires('unobtainium', false) }, () => {})`

test('the summary of node:test and our last line say what ran', () => {
  const { status, stdout } = runner(passing)
  assert.equal(status, 0)
  assert.match(stdout, /^ℹ tests 1$/m)
  assert.match(stdout, /^ℹ pass 1$/m)
  assert.match(stdout, /\n1 tests: 1 passed, 0 failed, 0 left out\n$/)
})

test('a failing test fails the run and names the file', () => {
  const { status, stdout } = runner(failing)
  assert.equal(status, 1)
  assert.match(stdout, /Failed files \(again: npm test -- --failed\):\n {2}.*probe\.test\.ts\n/)
  assert.match(stdout, /1 tests: 0 passed, 1 failed, 0 left out\n$/)
})

test('a file that breaks at load, or ends before a test is through, fails the run', () => {
  assert.equal(runner(`${imports} throw new Error('at load')`).status, 1)
  assert.equal(runner(`${imports} test('cut', () => process.exit(0))`).status, 1)
})

test('what is left out is listed with the reason', () => {
  const { status, stdout } = runner(needing)
  assert.equal(status, 0)
  assert.match(stdout, /Left out \(1\):\n {2}far: unobtainium is missing on this machine\n/)
})

test('with PILAR_REQUIRE=all nothing may be left out', () => {
  const { status, stdout } = runner(needing, { PILAR_REQUIRE: 'all' })
  assert.equal(status, 1)
  assert.match(stdout, /unobtainium is missing on this machine, and PILAR_REQUIRE=all forbids leaving tests out/)
})

test('a name that no test file has is an error', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'tools/test.ts'), 'no-such-test'], {
    encoding: 'utf8',
  })
  assert.equal(status, 1)
  assert.equal(stdout, 'No test file matches no-such-test.\n')
})
