import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ROOT } from './root.ts'

const folder = mkdtempSync(join(tmpdir(), 'pilar-bootstrap-'))
const entry = join(folder, 'entry.ts')
const bootstrap = join(ROOT, 'tools/bootstrap.mjs')

before(() => {
  writeFileSync(
    entry,
    `const given: string[] = process.argv.slice(2)
if (given[0] === 'wait') {
  setTimeout(() => {}, 20_000)
  process.on('SIGTERM', () => process.exit(7))
  process.on('SIGINT', () => process.exit(8))
} else process.exitCode = 3
console.log(JSON.stringify({ version: process.version, given }))
`,
  )
})
after(() => rmSync(folder, { recursive: true }))

/** Every way there is to a Node: the one that runs this test, and the machine's own where it is another. */
function starters(): string[] {
  const path = (process.env.PATH ?? '').split(':').filter((part) => !part.includes('node_modules'))
  const found = spawnSync('node', ['-p', 'process.execPath'], {
    env: { ...process.env, PATH: path.join(':') },
    encoding: 'utf8',
  })
  return [...new Set([process.execPath, found.stdout?.trim() || process.execPath])]
}

for (const node of starters()) {
  describe(`bootstrap on ${node.replace(ROOT, '')}`, () => {
    test('goes on with Node 24, with the arguments and the exit code', () => {
      const { stdout, status } = spawnSync(node, [bootstrap, entry, 'a', '--b'], { encoding: 'utf8' })
      const { version, given } = JSON.parse(stdout)
      assert.match(version, /^v24\./)
      assert.deepEqual(given, ['a', '--b'])
      assert.equal(status, 3)
    })

    test('passes signals on', async () => {
      for (const [signal, code] of [
        ['SIGTERM', 7],
        ['SIGINT', 8],
      ] as const) {
        const child = spawn(node, [bootstrap, entry, 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
        await firstOutput(child)
        child.kill(signal)
        assert.deepEqual(await once(child, 'exit'), [code, null])
      }
    })
  })
}

test('without an entry it says how it is used', () => {
  const { stderr, status } = spawnSync(process.execPath, [bootstrap], { encoding: 'utf8' })
  assert.equal(stderr, 'Usage: node tools/bootstrap.mjs ENTRY [ARGUMENT…]\n')
  assert.equal(status, 1)
})

function firstOutput(child: ChildProcess): Promise<unknown> {
  assert.ok(child.stdout)
  return once(child.stdout, 'data')
}
