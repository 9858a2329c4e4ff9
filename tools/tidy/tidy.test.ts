import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyExceptions, type Exception } from './exceptions.ts'
import type { Finding } from './finding.ts'
import { tidy } from './tidy.ts'
import { toyTree } from './tree.ts'

/** `rule file:line` of everything found in the toy tree. */
function found(files: Readonly<Record<string, string>>): string[] {
  return tidy(toyTree(files)).map(({ rule, file, line }) => `${rule} ${file.replace('server/src/', '')}:${line}`)
}

/** Findings of one product file whose text is given. */
function foundIn(text: string, path = 'server/src/runtime/x.ts'): string[] {
  return tidy(toyTree({ [path]: text })).map(({ rule, name }) => `${rule} ${name}`)
}

const ok = 'export const x = 1\n'

test('an import from a layer to the right is reported, also of a type', () => {
  const query = 'server/src/query/plan.ts'
  const files = { 'server/src/pipeline/run.ts': ok, 'server/src/query/expr.ts': ok }
  assert.deepEqual(found({ ...files, [query]: "import { x } from '../pipeline/run.ts'\n" }), ['layers query/plan.ts:1'])
  assert.deepEqual(found({ ...files, [query]: "import type { x } from '../pipeline/run.ts'\n" }), [
    'layers query/plan.ts:1',
  ])
  assert.deepEqual(found({ ...files, [query]: "const x = await import('../pipeline/run.ts')\n" }), [
    'layers query/plan.ts:1',
  ])
  assert.deepEqual(found({ ...files, [query]: "export * from '../pipeline/run.ts'\n" }), ['layers query/plan.ts:1'])
  assert.deepEqual(found({ ...files, [query]: "import { x } from './expr.ts'\n" }), [])
})

test('siblings, unknown folders, and files outside server/src are reported', () => {
  const engine = 'server/src/engines/engine.ts'
  const files = {
    'server/src/wire/rest.ts': ok,
    'server/src/std/x.ts': ok,
    'bench/x.ts': ok,
    'server/src/misc/x.ts': ok,
  }
  assert.deepEqual(found({ ...files, [engine]: "import '../wire/rest.ts'\n" }), ['layers engines/engine.ts:1'])
  assert.deepEqual(found({ ...files, [engine]: "import '../misc/x.ts'\n" }), ['layers engines/engine.ts:1'])
  assert.deepEqual(found({ ...files, [engine]: "import '../../../bench/x.ts'\n" }), ['layers engines/engine.ts:1'])
  assert.deepEqual(found({ ...files, [engine]: "import '../std/x.ts'\n" }), [])
})

test('engines and features do not import each other; only the composition root names them', () => {
  const files = {
    'server/src/engines/sqlite/index.ts': ok,
    'server/src/engines/sql/printer.ts': ok,
    'server/src/features/files/index.ts': ok,
    'server/src/features/files/README.md': '# Files\n',
    'server/src/features/auth/README.md': '# Auth\n',
  }
  const auth = 'server/src/features/auth/index.ts'
  const withAuth = { ...files, [auth]: ok }
  assert.deepEqual(found({ ...withAuth, 'server/src/engines/mysql/pool.ts': "import '../sqlite/index.ts'\n" }), [
    'layers engines/mysql/pool.ts:1',
  ])
  assert.deepEqual(found({ ...withAuth, 'server/src/engines/mysql/pool.ts': "import '../sql/printer.ts'\n" }), [])
  assert.deepEqual(found({ ...withAuth, 'server/src/engines/sql/x.ts': "import '../sqlite/index.ts'\n" }), [
    'layers engines/sql/x.ts:1',
  ])
  assert.deepEqual(found({ ...withAuth, 'server/src/pipeline/run.ts': "import '../engines/sqlite/index.ts'\n" }), [
    'layers pipeline/run.ts:1',
  ])
  assert.deepEqual(found({ ...files, [auth]: "import '../files/index.ts'\n" }), ['layers features/auth/index.ts:1'])
  const app = "import './engines/sqlite/index.ts'\nimport './features/files/index.ts'\n"
  assert.deepEqual(found({ ...withAuth, 'server/src/app.ts': app }), [])
})

test('the oracle shares no code with the guard, and the product imports no test code', () => {
  const files = { 'server/src/policy/guarded-plan.ts': ok, 'server/src/engines/suite/run.ts': ok }
  const memory = 'server/src/engines/memory/policies.ts'
  assert.deepEqual(found({ ...files, [memory]: "import '../../policy/guarded-plan.ts'\n" }), [
    'layers engines/memory/policies.ts:1',
  ])
  assert.deepEqual(found({ ...files, 'server/src/app.ts': "import './engines/suite/run.ts'\n" }), ['layers app.ts:1'])
  assert.deepEqual(found({ ...files, 'server/src/x.test.ts': "import './engines/suite/run.ts'\n" }), [])
})

test('portable layers need no Node, not even through another file', () => {
  const direct = { 'server/src/query/plan.ts': "import { join } from 'node:path'\n" }
  assert.deepEqual(found(direct), ['portable query/plan.ts:1'])
  const through = { 'server/src/query/plan.ts': "import '../std/x.ts'\n", 'server/src/std/x.ts': "import 'node:fs'\n" }
  assert.deepEqual(found(through), ['portable std/x.ts:1'])
  assert.deepEqual(found({ 'server/src/query/plan.test.ts': "import 'node:test'\n" }), [])
  assert.deepEqual(found({ 'server/src/query/plan.ts': "import type { Hash } from 'node:crypto'\n" }), [])
})

test('a cycle of value imports is reported once, with its path; type imports make none', () => {
  const value = (target: string) => `import '${target}'\n`
  const files = {
    'server/src/query/a.ts': value('./b.ts'),
    'server/src/query/b.ts': value('./c.ts'),
    'server/src/query/c.ts': value('./a.ts'),
  }
  const [finding, ...others] = tidy(toyTree(files))
  assert.deepEqual(others, [])
  assert.equal(finding?.rule, 'cycles')
  assert.match(finding?.what ?? '', /query\/a\.ts → .*query\/b\.ts → .*query\/c\.ts → .*query\/a\.ts/)
  assert.deepEqual(found({ ...files, 'server/src/query/c.ts': "import type { A } from './a.ts'\n" }), [])
  // Kept at run time under verbatimModuleSyntax, so still a cycle.
  assert.equal(found({ ...files, 'server/src/query/c.ts': "import { type A } from './a.ts'\n" }).length, 1)
})

test('sizes: functions, parameters, files', () => {
  const lines = (count: number) => 'x()\n'.repeat(count)
  const functionOf = (count: number) => `function f() {\n${lines(count - 2)}}\n`
  assert.deepEqual(foundIn(functionOf(70)), [])
  assert.deepEqual(foundIn(functionOf(71)), ['function-lines f'])
  assert.deepEqual(foundIn(`class A {\n  m() {\n${lines(70)}}\n}\n`), ['function-lines m'])
  assert.deepEqual(foundIn(`const g = async () => {\n${lines(70)}}\n`), ['function-lines g'])
  assert.deepEqual(foundIn('function f(a, b, c) {}\n'), [])
  assert.deepEqual(foundIn('function f(a, b, c, d) {}\n'), ['parameters f'])
  assert.deepEqual(foundIn('function f(this: X, a, b, c) {}\n'), [])
  assert.deepEqual(foundIn('database.setAuthorizer((a, b, c, d, e) => 0)\n'), [])
  assert.deepEqual(foundIn(lines(400)), [])
  assert.deepEqual(foundIn(lines(401)), ['file-lines '])
  assert.deepEqual(foundIn(lines(500), 'server/src/runtime/x.test.ts'), [])
  assert.deepEqual(foundIn('a'.repeat(513 * 1024), 'docs/x.svg'), ['file-bytes '])
})

test('banned uses are reported, and allowed in their home', () => {
  const uses: Record<string, string> = {
    'console.log(1)': 'console',
    'const { env } = x; env(process.env)': 'process.env',
    "f(process['env'].HOME)": 'process.env',
    'Date.now()': 'Date.now',
    'new Date()': 'Date',
    'Math.random()': 'Math.random',
    "await fetch('https://x')": 'fetch',
    "await globalThis.fetch('https://x')": 'fetch',
    "eval('1')": 'eval',
    "new Function('return 1')": 'Function',
    "import 'node:vm'": 'node:vm',
    "import { execSync } from 'node:child_process'": 'node:child_process',
    "spawn('ls', { shell: true })": 'shell',
    'connect({ rejectUnauthorized: false })': 'rejectUnauthorized',
    'createServer({ insecureHTTPParser: true })': 'insecureHTTPParser',
    "element.innerHTML = '<b>'": 'innerHTML',
  }
  for (const [text, name] of Object.entries(uses)) assert.deepEqual(foundIn(`${text}\n`), [`banned ${name}`], text)
  assert.deepEqual(foundIn('Date.now()\nnew Date()\n', 'server/src/std/clock.ts'), [])
  assert.deepEqual(foundIn('Date.now()\n', 'server/src/runtime/x.test.ts'), [])
  assert.deepEqual(foundIn('Math.random()\n', 'tools/x.test.ts'), ['banned Math.random'])
})

test('what only looks like a banned use is let through', () => {
  const uses = [
    'new Date(value)',
    'options.fetch(url)',
    'const run = (fetch: Fetch) => fetch(url)',
    'type T = { fetch: typeof fetch }',
    "import { execFile } from 'node:child_process'",
    "spawn('ls', { shell: false })",
    'connect({ rejectUnauthorized: true })',
    'type F = Function',
  ]
  for (const text of uses) assert.deepEqual(foundIn(`${text}\n`), [], text)
})

test('any, and comparisons with an engine name', () => {
  assert.deepEqual(foundIn('const x: any = 1\n'), ['any any'])
  assert.deepEqual(foundIn('const x: any = 1\n', 'server/src/std/x.ts'), [])
  assert.deepEqual(foundIn("if (engine === 'sqlite') f()\n"), ['engine-name sqlite'])
  assert.deepEqual(foundIn("switch (engine) { case 'mysql': f() }\n"), ['engine-name mysql'])
  assert.deepEqual(foundIn("if (engine === 'sqlite') f()\n", 'server/src/engines/sql/x.ts'), [])
  assert.deepEqual(foundIn("const titles = { sqlite: 'SQLite' }\n"), [])
})

test('a feature folder has its one shape', () => {
  const base = { 'server/src/features/files/README.md': '# Files\n', 'server/src/features/files/index.ts': ok }
  const files = (name: string) => ({ ...base, [`server/src/features/files/${name}`]: ok })
  for (const name of ['routes.ts', 'routes.test.ts', 'operations/remove-file.ts', 'adapters/s3.ts']) {
    assert.deepEqual(found(files(name)), [], name)
  }
  for (const name of ['helpers.ts', 'utils/x.ts', 'operations/deep/x.ts', 'operations/RemoveFile.ts']) {
    assert.deepEqual(found(files(name)), [`feature-shape features/files/${name}:1`], name)
  }
  assert.deepEqual(found({ 'server/src/features/files/routes.ts': ok }), [
    'feature-shape features/files/README.md:1',
    'feature-shape features/files/index.ts:1',
  ])
})

test('documents: one title, links that lead somewhere, a well-formed changelog', () => {
  const readme = (text: string) =>
    found({ 'README.md': `# Pilar\n${text}`, 'docs/a.md': '# A page\n\n## Its `part`, two\n' })
  assert.deepEqual(readme('[a](docs/a.md) [folder](docs/) [part](docs/a.md#its-part-two) [x](https://x.y)\n'), [])
  assert.deepEqual(readme('```\n# not a title\n[x](nowhere.md)\n```\n`[x](nowhere.md)`\n'), [])
  assert.deepEqual(readme('\n[b](docs/b.md)\n'), ['links README.md:3'])
  assert.deepEqual(readme('[a](docs/a.md#elsewhere)\n'), ['links README.md:2'])
  assert.deepEqual(readme('# Second\n'), ['markdown README.md:1'])
  const changelog = (text: string) => found({ 'CHANGELOG.md': `# Changelog\n${text}` })
  assert.deepEqual(changelog('## [Unreleased]\n### Added\n## [0.1.0] - 2026-01-31\n### Fixed\n'), [])
  assert.deepEqual(changelog('## [0.1.0] - 2026-01-31\n'), ['changelog CHANGELOG.md:2'])
  assert.deepEqual(changelog('## [Unreleased]\n### News\n## 0.1\n'), [
    'changelog CHANGELOG.md:3',
    'changelog CHANGELOG.md:4',
  ])
})

test('packages: no install scripts, no registry addresses, exact versions, each with a record', () => {
  const lock = (entry: object) => JSON.stringify({ packages: { 'node_modules/a': entry } })
  const server = (version: string) => JSON.stringify({ dependencies: { a: version } })
  const record = { 'docs/decisions/0001-a.md': '# `a`\n' }
  const files = { ...record, 'package-lock.json': lock({}), 'server/package.json': server('1.0.0') }
  assert.deepEqual(found(files), [])
  assert.deepEqual(found({ ...files, 'server/package.json': server('^1.0.0') }), ['packages server/package.json:1'])
  assert.deepEqual(found({ ...files, 'docs/decisions/0001-a.md': '# b\n' }), ['packages server/package.json:1'])
  assert.deepEqual(found({ ...files, 'package-lock.json': lock({ hasInstallScript: true }) }), [
    'packages package-lock.json:1',
  ])
  assert.deepEqual(found({ ...files, 'package-lock.json': lock({ resolved: 'https://x/a.tgz' }) }), [
    'packages package-lock.json:1',
  ])
})

test('an exception holds a finding back until it grows, and must go when it is not needed', () => {
  const long: Finding = {
    rule: 'file-lines',
    file: 'a.ts',
    line: 1,
    what: '450 lines',
    remedy: '',
    name: '',
    value: 450,
  }
  const exception: Exception = { rule: 'file-lines', file: 'a.ts', name: '', value: 450, because: 'a table' }
  const rules = (findings: readonly Finding[]) => findings.map(({ rule }) => rule)

  assert.deepEqual(applyExceptions([long], [exception]), { findings: [], exceptions: [exception] })
  assert.deepEqual(rules(applyExceptions([{ ...long, value: 451 }], [exception]).findings), ['file-lines'])
  assert.deepEqual(rules(applyExceptions([{ ...long, file: 'b.ts' }], [exception]).findings), [
    'file-lines',
    'exceptions',
  ])
  assert.deepEqual(rules(applyExceptions([{ ...long, hard: true }], [exception]).findings), ['file-lines'])

  const smaller = applyExceptions([{ ...long, value: 420 }], [exception])
  assert.deepEqual(rules(smaller.findings), ['exceptions'])
  assert.deepEqual(smaller.exceptions, [{ ...exception, value: 420 }])
  assert.deepEqual(applyExceptions([], [exception]).exceptions, [])
})
