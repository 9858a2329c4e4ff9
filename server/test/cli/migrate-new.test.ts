import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { tempFolder } from '../support/temp.ts'
import { personAnswering, run } from './run.ts'

const POSTS = ['id: c.integer().primaryKey()', 'title: c.text()']

/** A project folder whose table posts has these columns. */
function project(t: TestContext, columns: readonly string[] = POSTS) {
  const folder = tempFolder()
  t.after(folder.remove)
  const cwd = folder.path
  const declare = (...lines: readonly string[]) => {
    const text = `import { c, schema, table } from 'pilar'\nexport default schema({ posts: table({ ${lines.join(', ')} }) })\n`
    writeFileSync(join(cwd, 'schema.ts'), text)
  }
  declare(...columns)
  const file = (name: string) => join(cwd, 'migrations', `${name}.ts`)
  return {
    cwd,
    declare,
    file,
    names: () => readdirSync(join(cwd, 'migrations')).sort(),
    read: (name: string) => readFileSync(file(name), 'utf8'),
    edit: (name: string, from: string, to: string) => {
      const text = readFileSync(file(name), 'utf8')
      assert.ok(text.includes(from), `${name} has ${from}`)
      writeFileSync(file(name), text.replace(from, to))
    },
    migrate: (...args: readonly string[]) => run(['migrate', ...args], { cwd }),
  }
}

test('the first file holds the whole schema, the next one what differs, and then nothing does', async (t) => {
  const { declare, migrate, names, read } = project(t)
  const first = await migrate('new')
  assert.deepEqual(first, {
    code: 0,
    out: 'wrote migrations/0001_first_schema.ts\n  1. creates the table posts with 2 columns\n\nRead it, then: pilar migrate plan',
    err: '',
  })
  declare(...POSTS, 'slug: c.text().nullable()')
  assert.match(
    (await migrate('new', 'Add slugs!')).out,
    /^wrote migrations\/0002_add_slugs\.ts\n {2}1\. adds the column "slug"/,
  )
  assert.deepEqual(names(), ['0001_first_schema.ts', '0002_add_slugs.ts'])
  const text = read('0002_add_slugs')
  assert.match(text, /^import \{ migration \} from 'pilar'\n\n\/\/ 1\. adds the column "slug" \(text\) to posts\n/)
  assert.ok(
    text.includes(
      "{ kind: 'add-column', table: 'public.posts', column: { name: 'slug', type: 'text', nullable: true } }",
    ),
  )
  assert.match(text, /^ {2}before: \{\n {4}schemas: \['public'\],\n {4}tables: \{\n {6}'public\.posts': \{ columns: /m)
  assert.deepEqual(await migrate('new'), {
    code: 0,
    out: 'No difference: schema.ts says what 0002_add_slugs leads to.',
    err: '',
  })
  assert.deepEqual(JSON.parse((await migrate('new', '--json')).out), { file: null, steps: [] })
  declare(...POSTS)
  const json = JSON.parse((await migrate('new', '--json')).out)
  assert.equal(json.file, 'migrations/0003_retire_posts_slug.ts')
  assert.deepEqual(
    json.steps.map(({ risk }: { risk: string }) => risk),
    ['retires'],
  )
})

test('files need no database and make none', async (t) => {
  const { cwd, migrate } = project(t)
  await migrate('new')
  assert.deepEqual(readdirSync(cwd).sort(), ['migrations', 'schema.ts'])
})

test('an edited file is refused until it is sealed', async (t) => {
  const { declare, edit, migrate, read } = project(t)
  await migrate('new')
  declare(...POSTS, 'slug: c.text().nullable()')
  await migrate('new', 'slugs')
  edit('0002_slugs', 'nullable: true } }', "nullable: true }, using: 'lower(title)' }")
  edit('0002_slugs', '// 1. adds', '// As agreed: adds')
  const refused = await migrate('new')
  assert.equal(refused.code, 1)
  assert.match(refused.err, /0002_slugs was edited by hand: its checksum is another one\n {4}hint: .*--seal 0002_slugs/)
  const before = read('0002_slugs')
  assert.equal((await migrate('new', '--seal', '2')).out, 'sealed migrations/0002_slugs.ts')
  const after = read('0002_slugs')
  assert.notEqual(before, after)
  assert.equal(
    before.replace(/sha256:\w+/, ''),
    after.replace(/sha256:\w+/, ''),
    'nothing but the checksum has changed',
  )
  assert.match((await migrate('new')).out, /^No difference/)
})

test('comments and layout do not break the seal', async (t) => {
  const { edit, migrate } = project(t)
  await migrate('new')
  edit('0001_first_schema', "name: 'posts',", "name: 'posts', // the texts\n\n")
  assert.match((await migrate('new')).out, /^No difference/)
})

test('the last file may lead elsewhere after an edit, an earlier one may not', async (t) => {
  const { edit, declare, migrate, read } = project(t)
  await migrate('new')
  edit('0001_first_schema', "{ name: 'title', type: 'text' }]", "{ name: 'title', type: 'varchar(80)' }]")
  const sealed = await migrate('new', '--seal', '0001_first_schema')
  assert.equal(sealed.code, 0)
  assert.match(
    sealed.out,
    /^sealed migrations\/0001_first_schema\.ts\n {2}now also changes the type of "title" of posts from text/,
  )
  assert.match(read('0001_first_schema'), /^ {2}after: \{\n(?:.*\n)*.*type: 'varchar\(80\)'/m)
  assert.match((await migrate('new', 'title')).out, /^wrote migrations\/0002_title\.ts/)
  edit('0001_first_schema', "type: 'varchar(80)' }]", "type: 'varchar(90)' }]")
  const refused = await migrate('new', '--seal', '1')
  assert.equal(refused.code, 1)
  assert.match(
    refused.err,
    /^pilar: 0001_first_schema no longer leads to what 0002_title starts from: .*\nhint: Take the edit back/,
  )
  declare(...POSTS)
})

test('a file without steps is written by hand and sealed', async (t) => {
  const { edit, migrate } = project(t)
  await migrate('new')
  const empty = await migrate('new', '--empty', 'rename')
  assert.equal(
    empty.out,
    'wrote migrations/0002_rename.ts\n\nWrite its steps, then: pilar migrate new --seal 0002_rename',
  )
  edit(
    '0002_rename',
    'steps: []',
    "steps: [{ kind: 'rename-column', table: 'public.posts', column: 'titel', to: 'headline' }]",
  )
  const wrong = await migrate('new', '--seal', '2')
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /^pilar: 0002_rename: its steps do not follow from where it starts: .*titel/)
  edit('0002_rename', 'titel', 'title')
  assert.equal((await migrate('new', '--seal', '2')).code, 0)
  edit('0002_rename', 'rename-column', 'rename-colum')
  const unknown = await migrate('new', '--seal', '2')
  assert.match(unknown.err, /^pilar: 0002_rename: step 1: the kind must be one of: create-table, /)
})

test('two branches that meet are told, and one can follow the other', async (t) => {
  const { declare, file, migrate, names, read } = project(t)
  await migrate('new')
  declare(...POSTS, 'slug: c.text().nullable()')
  await migrate('new', 'slugs')
  renameSync(file('0002_slugs'), file('hidden').replace(/\.ts$/, ''))
  declare(...POSTS, 'votes: c.integer().default(0)')
  await migrate('new', 'votes')
  renameSync(file('hidden').replace(/\.ts$/, ''), file('0002_slugs'))
  declare(...POSTS, 'slug: c.text().nullable()', 'votes: c.integer().default(0)')
  const met = await migrate('new')
  assert.equal(met.code, 1)
  assert.match(
    met.err,
    /0002_slugs and 0002_votes have the same number: two branches met\n {4}hint: Let one follow the other: pilar migrate new --rebase 0002_votes\./,
  )
  assert.match(
    (await migrate('new', '--rebase', '2')).err,
    /several files have the number 2\nhint: Name one: 0002_slugs, 0002_votes\./,
  )
  assert.deepEqual(await migrate('new', '--rebase', '0002_votes'), {
    code: 0,
    out: 'migrations/0002_votes.ts is now migrations/0003_votes.ts, after 0002_slugs',
    err: '',
  })
  assert.deepEqual(names(), ['0001_first_schema.ts', '0002_slugs.ts', '0003_votes.ts'])
  const before = read('0003_votes').split('  after: {')[0] ?? ''
  assert.match(before.split('  before: {')[1] ?? '', /slug/)
  assert.match((await migrate('new')).out, /^No difference/)
})

test('a file that can not follow says why, and stays', async (t) => {
  const { declare, file, migrate, names } = project(t)
  await migrate('new')
  declare('id: c.integer().primaryKey()', "headline: c.text().was('title')")
  await migrate('new', 'a')
  renameSync(file('0002_a'), file('hidden').replace(/\.ts$/, ''))
  declare('id: c.integer().primaryKey()', "name: c.text().was('title')")
  await migrate('new', 'b')
  renameSync(file('hidden').replace(/\.ts$/, ''), file('0002_a'))
  const { code, err } = await migrate('new', '--rebase', '0002_b.ts')
  assert.equal(code, 1)
  assert.match(err, /^pilar: 0002_b: it can't follow 0002_a: .*title.*\nhint: Mend its steps, or delete it/)
  assert.deepEqual(names(), ['0001_first_schema.ts', '0002_a.ts', '0002_b.ts'])
})

test('what looks like a rename is told, and asked about where somebody is there', async (t) => {
  const { cwd, declare, migrate, names } = project(t)
  await migrate('new')
  declare('id: c.integer().primaryKey()', 'headline: c.text().nullable()')
  const asked: string[] = []
  const refused = await run(['migrate', 'new'], { cwd, terminal: personAnswering(['n'], asked) })
  assert.equal(refused.code, 1)
  assert.match(refused.err, /^to know: posts: .*headline.*title.*\nhint: .*was\('title'\)/)
  assert.deepEqual(asked, ['Is it really not a rename? Write the file so? [y/N] '])
  assert.deepEqual(names(), ['0001_first_schema.ts'])
  const agreed = await run(['migrate', 'new'], { cwd, terminal: personAnswering(['y']) })
  assert.equal(agreed.code, 0)
  assert.equal(names().length, 2)
})

test('names in the folder, and what files export, are checked', async (t) => {
  const { cwd, edit, file, migrate } = project(t)
  await migrate('new')
  writeFileSync(join(cwd, 'migrations/README.md'), '')
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['helpers', '', /migrations\/helpers\.ts is not named like a migration\nhint: .*another folder/],
    [
      '0002_none',
      'export const a = 1',
      /0002_none\.ts does not export a migration\nhint: It must end with: export default migration/,
    ],
    ['0002_broken', 'export default {', /0002_broken\.ts can't be loaded/],
    ['0002_ends', 'process.exit(3)', /a file in migrations\/ ended the process that loaded it \(exit code 3\)/],
    ['0002_bad', 'export default { steps: [], before: 1, after: 2 }', /0002_bad: "before" is no structure\nhint: /],
    ['0002_steps', "export default { steps: ['x'] }", /0002_steps: step 1 has no "kind"/],
  ]
  for (const [name, text, expected] of cases) {
    writeFileSync(file(name), text)
    const { code, err } = await migrate('new')
    assert.equal(code, 1)
    assert.match(err, expected)
    rmSync(file(name))
  }
  edit('0001_first_schema', '  after: {', '  after: /* moved */ {')
  assert.match((await migrate('new', '--seal', '1')).err, /can't be sealed: it has another layout\nhint: /)
})

test('wrong command lines', async (t) => {
  const { cwd, migrate } = project(t)
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['new', '--seal', '1', '--empty'], 2, /--empty and --seal exclude each other/],
    [['new', '--seal', '1', 'name'], 2, /--seal takes no name/],
    [['new', '!!'], 2, /"!!" has no letter or digit/],
    [['new', '--seal', '7'], 1, /there is no file "7" in migrations\/\nhint: There is: no file at all\./],
    [['new', '--rebase', 'x'], 1, /there is no file "x" in migrations\//],
  ]
  for (const [args, code, expected] of cases) {
    const ran = await migrate(...args)
    assert.equal(ran.code, code, args.join(' '))
    assert.match(ran.err, expected)
  }
  assert.equal(existsSync(join(cwd, 'migrations')), false)
  await migrate('new')
  assert.match((await migrate('new', '--rebase', '1')).err, /0001_first_schema is the only file/)
  assert.match((await migrate('new', '--seal', '0001_first')).err, /hint: Perhaps you meant 0001_first_schema\./)
  mkdirSync(join(cwd, 'empty'))
  const nowhere = await run(['migrate', 'new'], { cwd: join(cwd, 'empty') })
  assert.match(nowhere.err, /there is no schema\.ts in/)
})
