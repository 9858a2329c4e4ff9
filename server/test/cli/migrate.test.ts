import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { ID, Project, TITLE } from './migrate-project.ts'
import { personAnswering } from './run.ts'

const THREE_ROWS = "insert into posts (id, title) values (1, 'a'), (2, 'b'), (3, 'b')"

test('without files: plan touches nothing, apply does what it says, and then there is nothing to do', async (t) => {
  const project = new Project(t)
  assert.deepEqual(await project.migrate('plan'), {
    code: 0,
    out: '  1  safe        creates the table posts with 2 columns\n\n1 step.',
    err: '',
  })
  assert.equal((await project.migrate('status')).out, 'No migration was run on this database.')
  assert.deepEqual(project.entries(), ['schema.ts'])
  assert.match((await project.migrate('plan', '--sql')).out, /\n {17}CREATE TABLE "posts" \("id" INTEGER/)
  const applied = await project.migrate('apply')
  assert.equal(applied.code, 0)
  assert.match(applied.out, /1 step\.\n\nThe database is now as schema\.ts says\.$/)
  project.sql(THREE_ROWS)
  const idle = { code: 0, out: 'Nothing to do: the database has what is declared.', err: '' }
  assert.deepEqual(await project.migrate('apply'), idle)
  assert.deepEqual(await project.migrate('plan'), idle)
  assert.match(
    (await project.migrate('status')).out,
    /^Journal\n {2}1 {2}apply {2}1 step {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}0\.\d s$/,
  )
})

test('what the rows refuse is told with the rows and a hint; an expression helps', async (t) => {
  const project = new Project(t)
  await project.migrate('apply')
  project.sql(THREE_ROWS)
  project.declare(ID, `${TITLE}.unique()`, 'slug: c.text()')
  const plan = await project.migrate('plan')
  assert.equal(plan.code, 1)
  assert.match(plan.out, /adds the column "slug" .*\n {17}refused: .*3 rows.*\n(?:.*\n)*? {17}hint: .*using/)
  assert.match(plan.out, /allows no two rows of posts with the same title.*\n {17}refused: .*\n {19}title "b"/)
  assert.match(plan.out, /\n\n2 steps, not possible as it stands; nothing was changed\.$/)
  const refused = await project.migrate('apply', '--yes')
  assert.equal(refused.code, 1)
  const json = await project.json<{ possible: boolean; migrations: { name: null; steps: { risk: string }[] }[] }>(
    'plan',
  )
  assert.equal(json.possible, false)
  assert.deepEqual(
    json.migrations[0]?.steps.map(({ risk }) => risk),
    ['needs data', 'needs data'],
  )
  assert.equal(json.migrations[0]?.name, null)
  project.declare(ID, TITLE, 'slug: c.text().using("title || \'-\' || id")')
  assert.equal((await project.migrate('apply', '--yes')).code, 0)
  assert.deepEqual(project.sql('select slug from posts order by id'), [
    { slug: 'a-1' },
    { slug: 'b-2' },
    { slug: 'b-3' },
  ])
})

test('what retires something is asked about, and saved before', async (t) => {
  const project = new Project(t)
  await project.migrate('apply')
  project.sql(THREE_ROWS)
  project.declare(ID)
  const nobody = await project.migrate('apply')
  assert.equal(nobody.code, 1)
  assert.equal(
    nobody.err,
    'pilar: this needs a yes, and nobody is there to ask\nhint: Read above what it would do; then run it again with --yes.',
  )
  const asked: string[] = []
  const no = await project.with({ terminal: personAnswering(['n', null], asked) }, 'apply')
  assert.deepEqual([no.code, no.err, asked], [1, 'Nothing was changed.', ['Apply this? [y/N] ']])
  assert.deepEqual(project.backups(), [])
  const yes = await project.with({ terminal: personAnswering(['Y']) }, 'apply')
  assert.equal(yes.code, 0)
  assert.match(yes.err, /^backup: \S+before-\d{8}T\d{9}Z\.db$/)
  assert.equal(project.backups().length, 1)
  const retired = await project.migrate('status')
  assert.match(
    retired.out,
    /\nRetired\n {2}posts\.title {2}3 rows {2}since \d{4}-\d\d-\d\d {2}may be purged from \d{4}-\d\d-\d\d$/,
  )
  project.declare(ID, TITLE)
  assert.equal((await project.migrate('apply', '--yes', '--no-backup')).code, 0)
  assert.equal(project.backups().length, 1)
  assert.deepEqual(project.sql('select title from posts order by id'), [{ title: 'a' }, { title: 'b' }, { title: 'b' }])
})

test('files are applied in order, and each database is told where it stands', async (t) => {
  const project = new Project(t)
  await project.migrate('new')
  project.declare(ID, TITLE, `slug: c.text().default("'none'")`)
  await project.migrate('new', 'slugs')
  const plan = await project.migrate('plan')
  assert.equal(plan.code, 0)
  assert.match(
    plan.out,
    /^0001_first_schema\n {2}1 {2}safe .*\n\n1 step\.\n\n0002_slugs\n {2}1 {2}safe .*\n\n1 step\. What its rows say/,
  )
  const outcome = await project.json('apply')
  assert.deepEqual(outcome, { applied: ['0001_first_schema', '0002_slugs'], noted: [] })
  assert.deepEqual(await project.json('apply'), { applied: [], noted: [] })
  const { files, journal } = await project.json<{ files: object[]; journal: Record<string, unknown>[] }>('status')
  assert.deepEqual(
    files.map((file) => Object.keys(file)),
    [
      ['name', 'state', 'checksum'],
      ['name', 'state', 'checksum'],
    ],
  )
  assert.deepEqual(
    journal.map(({ id, name, kind, undoes, steps }) => ({ id, name, kind, undoes, steps })),
    [
      { id: 1, name: '0001_first_schema', kind: 'apply', undoes: null, steps: 1 },
      { id: 2, name: '0002_slugs', kind: 'apply', undoes: null, steps: 1 },
    ],
  )
  project.declare(ID, TITLE)
  const ahead = await project.migrate('plan')
  assert.equal(
    ahead.out,
    'Nothing to do: the database has what is declared.\n\nschema.ts has changes that no file in migrations/ has.\nhint: Write one: pilar migrate new',
  )
})

test('a new database has nothing to lose: nobody is asked', async (t) => {
  const project = new Project(t)
  await project.migrate('new')
  project.declare(ID, 'slug: c.text().using("title")')
  await project.migrate('new', 'slugs')
  const { code, err } = await project.migrate('apply')
  assert.equal(code, 0)
  assert.match(err, /^applying 0001_first_schema …\napplying 0002_slugs …/)
})

test('a database that came without files is noted, not migrated again', async (t) => {
  const project = new Project(t)
  await project.migrate('apply')
  project.sql(THREE_ROWS)
  await project.migrate('new')
  assert.match((await project.migrate('status')).out, /^Files\n {2}0001_first_schema {2}present/)
  assert.match(
    (await project.migrate('plan')).out,
    /^0001_first_schema\nThe database has its outcome already: it is noted, not run\.$/,
  )
  assert.match((await project.migrate('apply')).out, /\n\nnoted {4}0001_first_schema$/)
  assert.match(
    (await project.migrate('status')).out,
    /^Files\n {2}0001_first_schema {2}applied[\s\S]*adopt {2}0001_first_schema/,
  )
  assert.equal(project.sql('select * from posts').length, 3)
})

test('files that were edited or removed after they were applied are told, and nothing is applied', async (t) => {
  const project = new Project(t)
  await project.migrate('new')
  await project.migrate('apply')
  project.edit('0001_first_schema', "type: 'text'", "type: 'varchar(9)'")
  const edited = await project.migrate('status')
  assert.equal(edited.code, 1)
  assert.match(
    edited.out,
    /\n\nconflict: 0001_first_schema was edited after it was applied to this database\nhint: Take the edit back/,
  )
  await project.migrate('new', '--seal', '1')
  assert.match((await project.migrate('plan')).out, /^conflict: 0001_first_schema was edited after it was applied/)
  const refused = await project.migrate('apply', '--yes')
  assert.deepEqual([refused.code, refused.err], [1, ''])
})

test('a file that only takes something away is run, not noted', async (t) => {
  for (const withJournal of [true, false]) {
    const project = new Project(t)
    if (withJournal) await project.migrate('apply')
    await project.migrate('new')
    await project.migrate('apply')
    if (!withJournal) project.sql('delete from "pilar.migrations"')
    project.declare(ID)
    await project.migrate('new')
    const { applied } = await project.json<{ applied: string[] }>('apply', '--yes')
    assert.equal(applied.at(-1), '0002_retire_posts_title')
    assert.match((await project.migrate('status')).out, /posts\.title {2}0 rows/)
  }
})

test('two branches meet in a database that has one of them: the other follows', async (t) => {
  const project = new Project(t)
  await project.migrate('new')
  project.declare(ID, TITLE, 'slug: c.text().nullable()')
  await project.migrate('new', 'a_slugs')
  renameSync(project.file('0002_a_slugs'), join(project.cwd, 'merged'))
  project.declare(ID, TITLE, 'votes: c.integer().nullable()')
  await project.migrate('new', 'b_votes')
  await project.migrate('apply')
  renameSync(join(project.cwd, 'merged'), project.file('0002_a_slugs'))
  project.declare(ID, TITLE, 'slug: c.text().nullable()', 'votes: c.integer().nullable()')
  const plan = await project.migrate('plan')
  assert.equal(plan.code, 1)
  assert.equal(
    plan.out.split('\n\n')[0],
    'conflict: 0002_a_slugs and 0002_b_votes have the same number: two branches met\nhint: Let one follow the other: pilar migrate new --rebase 0002_a_slugs.',
  )
  assert.equal((await project.migrate('apply', '--yes')).code, 1)
  await project.migrate('new', '--rebase', '0002_a_slugs')
  assert.deepEqual(await project.json('apply'), { applied: ['0003_a_slugs'], noted: [] })
  assert.match((await project.migrate('new')).out, /^No difference/)
})

test('what somebody else changed is told and left alone', async (t) => {
  const project = new Project(t)
  await project.migrate('apply')
  project.sql('alter table posts add column secret text', 'create table notes (id integer primary key)', THREE_ROWS)
  project.sql("update posts set secret = 'x'")
  const status = await project.migrate('status')
  assert.equal(status.code, 0)
  assert.match(status.out, /\n\nChanged by others, and left alone:\n(?: {2}.*\n)* {2}.*secret/)
  const plan = await project.migrate('plan')
  assert.equal(plan.code, 0)
  assert.match(plan.out, /^Nothing to do[\s\S]*Changed by others, and left alone:\n[\s\S]*secret/)
  project.declare(ID, TITLE, 'slug: c.text().nullable()')
  assert.equal((await project.migrate('apply')).code, 0)
  assert.deepEqual(project.sql('select secret from posts where id = 1'), [{ secret: 'x' }])
})

test('undo takes the last migration back, values included', async (t) => {
  const project = new Project(t)
  await project.migrate('new')
  await project.migrate('apply')
  project.sql(THREE_ROWS)
  project.declare(ID, 'title: c.text().using("upper(title)")', 'votes: c.integer().default(7)')
  await project.migrate('new', 'votes')
  await project.migrate('apply', '--yes')
  project.sql('update posts set votes = 8 where id = 1')
  const dry = await project.json<{ entry: object; losses: string[]; possible: boolean }>('undo', '--dry-run')
  assert.deepEqual([dry.entry, dry.possible], [{ id: 2, name: '0002_votes' }, true])
  assert.match((await project.migrate('undo')).err, /this needs a yes/)
  const asked: string[] = []
  const undone = await project.with({ terminal: personAnswering(['y'], asked) }, 'undo', '0002_votes.ts')
  assert.equal(undone.code, 0)
  assert.deepEqual(asked, ['Undo 0002_votes? [y/N] '])
  assert.match(
    undone.out,
    /^Undo of 0002_votes\n {2}1 {2}retires {5}.*votes[\s\S]*\n\nundone {2}0002_votes\. What schema\.ts/,
  )
  assert.deepEqual(Object.keys(project.sql('select * from posts')[0] ?? {}).slice(0, 2), ['id', 'title'])
  assert.match((await project.migrate('status')).out, /0002_votes {9}undone[\s\S]*3 {2}undo {3}of 2/)
  const again = await project.migrate('apply', '--yes')
  assert.match(again.out, /^0002_votes, which was undone, again\n[\s\S]*applied {2}0002_votes$/)
  assert.deepEqual(project.sql('select votes from posts order by id'), [{ votes: 8 }, { votes: 7 }, { votes: 7 }])
  assert.match((await project.migrate('undo', '9', '--yes')).err, /^pilar: .*9/)
  assert.match(
    (await project.migrate('undo', '0', '--yes')).err,
    /"0" is no number of the journal\nhint: pilar migrate status shows them/,
  )
  assert.match((await project.migrate('undo', '0007_x', '--yes')).err, /^pilar: .*0007_x/)
})

test('an undo that rows stand against says how to go forward', async (t) => {
  const project = new Project(t)
  await project.migrate('apply')
  project.sql(THREE_ROWS)
  project.declare(ID)
  await project.migrate('apply', '--yes')
  project.sql('insert into posts (id) values (4)')
  const { code, out } = await project.migrate('undo', '--yes')
  assert.equal(code, 1)
  assert.match(
    out,
    /refused: 1 row.* has no value in posts\.title\n.*id 4\n {17}hint: Instead of the undo, put it back into schema/,
  )
})

test('what a cancelled migration has prepared is taken away when there is nothing to do', async (t) => {
  const project = new Project(t)
  await project.migrate('apply')
  project.sql(
    'create table "pilar.copy_7_0" (id)',
    'create trigger "pilar.copy_7_1" after insert on posts begin insert into "pilar.copy_7_0" values (new.id); end',
    THREE_ROWS,
  )
  const { out, err } = await project.migrate('apply')
  assert.deepEqual(
    [out, err],
    ['Nothing to do: the database has what is declared.', 'What a cancelled migration had prepared was taken away.'],
  )
  assert.deepEqual(project.sql("select name from sqlite_schema where name like 'pilar.copy%'"), [])
  assert.equal((await project.migrate('apply')).err, '')
})

test('undo on a database without migrations says so', async (t) => {
  const project = new Project(t)
  const { code, err } = await project.migrate('undo', '--dry-run')
  assert.equal(code, 1)
  assert.match(err, /^pilar: /)
  assert.deepEqual(project.entries(), ['schema.ts'])
})

test('purge destroys only what has been retired for long enough, or is named and meant', async (t) => {
  const project = new Project(t, [ID, TITLE, `body: c.text().default("'x'")`])
  await project.migrate('apply')
  project.sql(THREE_ROWS)
  assert.deepEqual(await project.migrate('purge'), { code: 0, out: 'Nothing is retired.', err: '' })
  project.declare(ID)
  await project.migrate('apply', '--yes')
  const early = await project.migrate('purge')
  assert.equal(early.code, 0)
  assert.match(
    early.out,
    /^ {2}keeps {2}posts\.(body|title) +3 rows {2}until \d{4}-\d\d-\d\d\n[\s\S]*\nNothing may be purged yet\.$/,
  )
  const named = await project.migrate('purge', 'posts.title', '--yes')
  assert.equal(named.code, 1)
  assert.match(
    named.err,
    /^pilar: posts\.title is kept until \d{4}-\d\d-\d\d; nothing was changed\nhint: Wait, or say that you mean it: --now --yes$/,
  )
  assert.match((await project.migrate('purge', '--now')).err, /--now needs the names of what to destroy, and --yes/)
  assert.match((await project.migrate('purge', '--older-than', '5')).err, /--older-than is less than the 30 days/)
  assert.match(
    (await project.migrate('purge', '--older-than', 'x')).err,
    /--older-than is "x"; it must be a whole number of days/,
  )
  assert.match((await project.migrate('purge', 'posts.titel', '--now', '--yes')).err, /^pilar: .*posts\.titel/)
  const backups = project.backups().length
  const purged = await project.migrate('purge', 'posts.title', '--now', '--yes')
  assert.equal(purged.code, 0)
  assert.match(
    purged.out,
    /^ {2}destroys {2}posts\.title {2}3 rows {2}retired \d{4}-\d\d-\d\d\n\npurged {2}posts\.title$/,
  )
  assert.equal(project.backups().length, backups + 1)
  const env = { PILAR_RETIRED_DAYS: '0' }
  const asked: string[] = []
  const rest = await project.with({ env, terminal: personAnswering(['y'], asked) }, 'purge')
  assert.deepEqual([rest.code, asked], [0, ['Destroy this for ever? [y/N] ']])
  assert.doesNotMatch((await project.migrate('status')).out, /Retired/)
  assert.deepEqual(project.sql('select * from posts where id = 1'), [{ id: 1 }])
})

test('wrong options', async (t) => {
  const project = new Project(t)
  assert.match(
    (await project.migrate('apply', '--pace', '2')).err,
    /--pace is "2"; it must be a number from 0\.05 to 1/,
  )
  assert.match(
    (await project.migrate('plan', '--database', 'pg:x')).err,
    /no engine serves a database URL that starts with "pg:"/,
  )
  assert.match((await project.migrate('pln')).err, /did you mean pilar migrate plan\?/)
  project.declare('id: c.integer().primaryKey()', 'a: c.text().default("b")')
  const { code, err } = await project.migrate('plan')
  assert.equal(code, 1)
  assert.match(err, /^schema\.ts:2 {2}posts\.a: .*\n1 problem in the schema; nothing was changed\.$/)
})

test('tables of somebody else can be referred to, in files as well', async (t) => {
  const project = new Project(t)
  const shop = ['--database', `sqlite:${join(project.cwd, 'shop.sqlite')}`]
  const database = new DatabaseSync(join(project.cwd, 'shop.sqlite'))
  t.after(() => database.close())
  database.exec("create table customers (id integer primary key, name text); insert into customers values (1, 'Ann')")
  const text = `import { c, existing, schema, table } from 'pilar'
export default schema({
  customers: existing().policies({ select: { anon: 'true' } }),
  notes: table({ id: c.integer().primaryKey(), customer: c.integer().references('customers.id') }),
})
`
  writeFileSync(join(project.cwd, 'schema.ts'), text)
  const nowhere = await project.migrate('new')
  assert.match(nowhere.err, /speaks of tables of an existing database\nhint: Name it: --database sqlite:FILE/)
  const written = await project.migrate('new', ...shop)
  assert.equal(written.out.split('\n')[1], '  1. creates the table notes with 2 columns')
  assert.deepEqual(await project.json('apply', ...shop), { applied: ['0001_first_schema'], noted: [] })
  assert.match((await project.migrate('plan', ...shop)).out, /^Nothing to do: the database has what is declared\./)
  assert.match((await project.migrate('new', ...shop)).out, /^No difference/)
  assert.deepEqual({ ...database.prepare('select * from customers').get() }, { id: 1, name: 'Ann' })
})
