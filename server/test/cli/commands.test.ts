import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Shell } from '../../src/cli/command.ts'
import { COMMANDS, main } from '../../src/cli/dispatch.ts'
import { tempFolder } from '../support/temp.ts'

/** Long after every command here is done; a server that starts against expectation does not run forever. */
const untilStopped = () => new Promise<string>((resolve) => setTimeout(resolve, 20_000, 'SIGINT').unref())

/** Runs one command line in this process and gives what it printed. */
async function pilar(args: readonly string[], shell: Partial<Shell> = {}) {
  const out: string[] = []
  const err: string[] = []
  const output = {
    print: (text: string) => out.push(text),
    stream: async (chunks: Iterable<string>) => void out.push(...chunks),
    report: (text: string) => err.push(text),
    bold: (text: string) => text,
  }
  const code = await main(args, { env: {}, cwd: '/', output, terminal: null, untilStopped, ...shell })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

test('help lists every command, and each explains itself with an example', async () => {
  const { code, out } = await pilar(['--help'])
  assert.equal(code, 0)
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    assert.match(out, new RegExp(`pilar ${name} `))
    const { command } = await load()
    const help = await pilar([...name.split(' '), '--help'])
    assert.equal(help.code, 0)
    for (const option of Object.keys(command.options)) assert.match(help.out, new RegExp(`--${option}\\b`))
    assert.match(help.out, /Examples?:\n {2}\S/)
    assert.ok(command.synopsis.startsWith(`pilar ${name}`))
  }
})

test('a group lists its commands, the version is that of the package', async () => {
  assert.match((await pilar(['policy'])).out, /pilar policy explain .*\n.*pilar policy matrix /)
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.equal((await pilar(['--version'])).out, version)
})

test('help before a command is --help after it', async () => {
  assert.equal((await pilar(['help', 'policy', 'matrix'])).out, (await pilar(['policy', 'matrix', '--help'])).out)
  assert.equal((await pilar(['help'])).out, (await pilar([])).out)
})

test('a folder that cannot be written is told in words', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const cwd = folder.path
  writeFileSync(join(cwd, 'file'), '')
  for (const data of ['file', 'file/deeper']) {
    const { code, err } = await pilar(['keys', '--data', data], { cwd })
    assert.equal(code, 1)
    assert.match(err, /^pilar: the data folder \S+ can't be made: .*\nhint: .*--data/)
  }
  const init = await pilar(['init', 'file'], { cwd })
  assert.equal(init.code, 1)
  assert.match(init.err, /^pilar: can't write \S+file: a file of this name is in the way$/)
})

test('a misspelt project or database is refused, and nothing is made of it', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const cwd = folder.path
  const database = ['--database', 'sqlite:shopp.sqlite']
  const absent = /there is no file \S+shopp\.sqlite\nhint: /
  assert.match((await pilar(['keys', '--project', 'nowhere'], { cwd })).err, /there is no folder \S+nowhere\nhint: /)
  assert.match((await pilar(['start', '--port', '0', ...database], { cwd })).err, absent)
  assert.match((await pilar(['policy', 'matrix', ...database], { cwd })).err, absent)
  assert.match((await pilar(['policy', 'matrix'], { cwd, env: { DATABASE_URL: 'sqlite:shopp.sqlite' } })).err, absent)
  const adopting = "import { existing, schema } from 'pilar'\nexport default schema({ people: existing() })\n"
  writeFileSync(join(cwd, 'schema.ts'), adopting)
  assert.match((await pilar(['start', '--port', '0', ...database], { cwd })).err, absent)
  for (const args of [
    ['start', '--port', '0'],
    ['policy', 'matrix'],
  ]) {
    const { code, err } = await pilar(args, { cwd })
    assert.equal(code, 1)
    assert.match(err, /tables of an existing database\nhint: Name it: --database sqlite:FILE/)
  }
  assert.deepEqual(readdirSync(cwd), ['schema.ts'])
})

test('a wrong command line exits with 2 and names the nearest thing that exists', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['strat'], /unknown command "strat"\nhint: did you mean pilar start\?/],
    [['policy', 'explian'], /did you mean pilar policy explain\?/],
    [['zzz'], /see pilar --help/],
    [['start', '--prot', '1'], /unknown option --prot\nhint: did you mean --port\?/],
    [['start', '-p', '1'], /unknown option -p\nhint: usage: pilar start /],
    [['policy', '--role', 'anon'], /unknown option --role\nhint: see pilar policy --help/],
    [['start', '--port'], /--port needs a value/],
    [['start', '--host', '--port', '1'], /--host needs a value/],
    [['keys', '--json=yes'], /--json takes no value/],
    [['keys', 'more'], /unexpected argument "more"\nhint: usage: pilar keys /],
  ]
  for (const [args, expected] of cases) {
    const { code, out, err } = await pilar(args)
    assert.equal(code, 2, args.join(' '))
    assert.equal(out, '')
    assert.match(err, expected)
  }
})

test('a setting that is not allowed names the variable', async () => {
  const { code, err } = await pilar(['keys'], { env: { PORT: 'eighty' } })
  assert.equal(code, 1)
  assert.match(err, /PORT is "eighty"; it must be a whole number/)
})

test('init writes a project once and never overwrites', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const first = await pilar(['init', 'My App!'], { cwd: folder.path })
  assert.equal(first.code, 0)
  const project = join(folder.path, 'My App!')
  assert.equal(JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).name, 'my-app')
  for (const file of ['schema.ts', '.gitignore', 'README.md']) assert.ok(existsSync(join(project, file)), file)
  writeFileSync(join(project, 'schema.ts'), 'mine')
  const second = await pilar(['init'], { cwd: project })
  assert.equal(second.code, 0)
  assert.match(second.out, /kept {5}schema\.ts/)
  assert.equal(readFileSync(join(project, 'schema.ts'), 'utf8'), 'mine')
})

test('keys are the same for the same secret, and --json is made for programs', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const first = await pilar(['keys', '--json'], { cwd: folder.path })
  const keys = JSON.parse(first.out)
  assert.deepEqual(Object.keys(keys).sort(), ['anon', 'publishable', 'secret', 'service_role'])
  assert.deepEqual(JSON.parse((await pilar(['keys', '--json'], { cwd: folder.path })).out), keys)
  assert.match((await pilar(['keys'], { cwd: folder.path })).out, new RegExp(keys.publishable))
  const short = await pilar(['keys'], { cwd: folder.path, env: { PILAR_JWT_SECRET: 'short' } })
  assert.equal(short.code, 1)
  assert.match(short.err, /shorter than 32 bytes/)
})

test('all mistakes of a schema are told at once, with file and line', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const schema = `import { c, schema, table } from 'pilar'
export default schema({
  people: table({ id: c.integer().primaryKey() }),
  posts: table({
    id: c.integer().primaryKey(),
    author_id: c.integer().references('peple.id'),
    status: c.text().default('none'),
  }).policies({ select: { anon: "titel = 'x'" } }),
})
`
  writeFileSync(join(folder.path, 'schema.ts'), schema)
  const { code, err } = await pilar(['start', '--port', '0'], { cwd: folder.path })
  assert.equal(code, 1)
  assert.match(err, /^schema\.ts:6 {2}posts\.author_id: .*hint: .*people/m)
  assert.match(err, /^schema\.ts:7 {2}posts\.status: column "none" does not exist .*hint: .*"'none'"/m)
  assert.match(err, /^schema\.ts:8 {2}policy select of posts for anon: .*titel/m)
})

test('a module that does not load is told in words', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  writeFileSync(join(folder.path, 'schema.ts'), 'export default {')
  const broken = await pilar(['start'], { cwd: folder.path })
  assert.equal(broken.code, 1)
  assert.match(broken.err, /schema\.ts can't be loaded/)
  writeFileSync(join(folder.path, 'schema.ts'), "import { c, schema, table } from 'pilar'\nc.uid()")
  assert.match(
    (await pilar(['start'], { cwd: folder.path })).err,
    /c\.uid is not a function\n.*:2:\d+\nhint: .* c\.uuid\./,
  )
  writeFileSync(join(folder.path, 'schema.ts'), "import { tabel } from 'pilar'")
  assert.match(
    (await pilar(['start'], { cwd: folder.path })).err,
    /named 'tabel'\n.*:1\nhint: Perhaps you meant table\./,
  )
  writeFileSync(join(folder.path, 'schema.ts'), "import './absent.ts'")
  const absent = await pilar(['start'], { cwd: folder.path })
  assert.match(absent.err, /Cannot find module .*absent\.ts/)
  assert.doesNotMatch(absent.err, /load-module/)
  mkdirSync(join(folder.path, 'other'))
  writeFileSync(join(folder.path, 'other/schema.ts'), 'export default 1')
  assert.match((await pilar(['start'], { cwd: join(folder.path, 'other') })).err, /does not export a schema/)
  assert.match((await pilar(['start', '--project', 'nowhere'], { cwd: folder.path })).err, /there is no schema\.ts in/)
})

test('a schema.ts that ends its process, or waits for what never comes, is told in words', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const cwd = folder.path
  writeFileSync(join(cwd, 'schema.ts'), 'process.exit(3)')
  const ended = await pilar(['start'], { cwd })
  assert.deepEqual([ended.code, ended.out], [1, ''])
  assert.match(ended.err, /schema\.ts ended the process that loaded it \(exit code 3\)/)
  writeFileSync(join(cwd, 'schema.ts'), "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})")
  assert.match((await pilar(['start'], { cwd })).err, /ended the process that loaded it \(SIGKILL\)/)
  writeFileSync(join(cwd, 'schema.ts'), 'await new Promise(() => {})')
  assert.match((await pilar(['start'], { cwd })).err, /ended the process that loaded it \(exit code 13\)/)
})

test('policy explain and policy matrix read the schema alone', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  await pilar(['init'], { cwd: folder.path })
  const at = { cwd: folder.path }
  const explained = await pilar(['policy', 'explain', '--role', 'anon', 'posts', 'select'], at)
  assert.equal(explained.code, 0)
  assert.match(explained.out, /anon may read some rows of posts\.[\s\S]*status = 'published'/)
  const claims = ['--claims', '{"sub":"00000000-0000-4000-8000-000000000001"}']
  const bound = await pilar(
    ['policy', 'explain', '--role', 'authenticated', ...claims, 'posts', 'update', '--json'],
    at,
  )
  assert.match(JSON.parse(bound.out).using, /author_id = '00000000-0000-4000-8000-000000000001'/)
  const matrix = await pilar(['policy', 'matrix'], at)
  assert.match(matrix.out, /^anon +posts +select +some rows +all +status = 'published'$/m)
  assert.doesNotMatch(matrix.out, /^anon +posts +delete/m)
  const rows = JSON.parse((await pilar(['policy', 'matrix', '--json'], at)).out)
  assert.equal(rows.length, 3 * 4, 'three roles, one table, four actions')
  assert.equal(existsSync(join(folder.path, '.pilar')), false, 'nothing was made')
  assert.match((await pilar(['policy', 'explain', 'posts', 'select'], at)).err, /--role is missing/)
  assert.match((await pilar(['policy', 'explain', '--role', 'anno', 'posts', 'select'], at)).err, /Perhaps .*"anon"/)
  assert.match((await pilar(['policy', 'explain', '--role', 'anon', 'posts', 'read'], at)).err, /unknown action "read"/)
})
