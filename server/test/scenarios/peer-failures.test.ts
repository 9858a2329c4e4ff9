/**
 * What has happened to people elsewhere when a schema changed, each done here in kind: the numbers are those of the reports. Whatever is about
 * commands is done with the commands.
 */
import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { ID, Project, TITLE } from '../cli/migrate-project.ts'
import { Pilar } from '../cli/process.ts'
import { personAnswering, type Ran, run } from '../cli/run.ts'
import { tempFolder } from '../support/temp.ts'

const POLICIES = `.policies({ select: { anon: 'true' } })`
const ROWS = "INSERT INTO posts (id, title) VALUES (1, 'a'), (2, 'b'), (7, 'c')"
const TITLES = 'SELECT id, title FROM posts ORDER BY id'

/** A table posts with three rows. */
async function posts(t: TestContext, ...columns: readonly string[]): Promise<Project> {
  const project = new Project(t, [ID, TITLE, ...columns])
  await done(project.migrate('apply', '--yes'))
  project.sql(ROWS, TITLES)
  return project
}

async function done(running: Promise<Ran>): Promise<Ran> {
  const ran = await running
  assert.equal(ran.code, 0, `${ran.out}\n${ran.err}`)
  return ran
}

const structureOf = (project: Project) =>
  project.sql("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'pilar.%' ORDER BY type, name")

test('renaming a field keeps its values (strapi#12626, strapi#24447)', async (t) => {
  const project = await posts(t)
  project.declare(ID, `headline: c.text().was('title')`)
  await done(project.migrate('apply'))
  assert.deepEqual(project.sql('SELECT id, headline FROM posts ORDER BY id'), [
    { id: 1, headline: 'a' },
    { id: 2, headline: 'b' },
    { id: 7, headline: 'c' },
  ])
})

test('renaming it without saying so is told, and loses nothing when it is done all the same (strapi#24447)', async (t) => {
  const project = await posts(t)
  project.declare(ID, `headline: c.text().default("''")`)
  const plan = await project.migrate('plan')
  assert.match(plan.out, /headline.*title[\s\S]*\.was\('title'\)/)
  await done(project.migrate('apply', '--yes'))
  project.declare(ID, `headline: c.text().default("''")`, TITLE)
  await done(project.migrate('apply', '--yes'))
  assert.deepEqual(project.sql(TITLES), [
    { id: 1, title: 'a' },
    { id: 2, title: 'b' },
    { id: 7, title: 'c' },
  ])
})

test('removing and changing a content type keeps its rows, and another schema does not find them (strapi#1114, strapi#19141)', async (t) => {
  const project = await posts(t)
  project.schema(`{ pages: table({ ${ID}, ${TITLE} })${POLICIES} }`)
  await done(project.migrate('apply', '--yes'))
  assert.deepEqual(project.sql("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'posts'"), [])
  // A new one of that name is new: it does not begin with what is left of the other.
  project.schema(
    `{ pages: table({ ${ID}, ${TITLE} })${POLICIES}, posts: table({ ${ID}, size: c.integer() })${POLICIES} }`,
  )
  await project.migrate('apply', '--yes')
  project.declare(ID, TITLE)
  await done(project.migrate('apply', '--yes'))
  assert.deepEqual(project.sql('SELECT title FROM posts ORDER BY id'), [{ title: 'a' }, { title: 'b' }, { title: 'c' }])
})

/** Everything of a file, structure and rows, but for statistics: they are SQLite's, and whoever opens a file to serve it may bring them up to date. */
function contentOf(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const objects = database
      .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY rowid")
      .all()
    const tables = objects.filter(({ type }) => type === 'table').map(({ name }) => String(name))
    return JSON.stringify([objects, tables.map((name) => database.prepare(`SELECT rowid, * FROM "${name}"`).all())])
  } finally {
    database.close()
  }
}

test('pointed at an existing database, no command takes or changes a table (strapi#13732)', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'theirs.sqlite')
  const theirs = new DatabaseSync(file)
  theirs.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(80) COLLATE NOCASE UNIQUE, /* kept */ born DATE);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, body TEXT, user INT REFERENCES users ON DELETE CASCADE);
    CREATE VIEW mails AS SELECT email FROM users;
    CREATE TRIGGER t AFTER INSERT ON posts BEGIN UPDATE users SET born = born WHERE id = new.user; END;
    INSERT INTO users VALUES (1, 'a@example.com', '1990-01-01'); INSERT INTO posts VALUES (5, 'text', 1)`)
  theirs.close()
  const before = contentOf(file)
  const text = `{ posts: table({ ${ID}, ${TITLE} })${POLICIES}, extra: table({ ${ID} }) }`
  writeFileSync(
    join(folder.path, 'schema.ts'),
    `import { c, schema, table } from 'pilar'\nexport default schema(${text})\n`,
  )
  const database = ['--database', `sqlite:${file}`]
  const { path: cwd } = folder
  const refused = 'the database differs from schema.ts, and nothing was changed:'
  const start = new Pilar(['start', '--port', '0', ...database], { cwd })
  assert.equal((await start.ended).code, 1)
  assert.ok(start.err.includes(refused), start.err)
  const dev = new Pilar(['dev', '--port', '0', ...database], { cwd })
  t.after(() => dev.stop('SIGKILL'))
  await dev.until(() => dev.err.includes('Waiting for a change'))
  assert.ok(dev.err.includes(refused), dev.err)
  assert.deepEqual(await dev.stop('SIGTERM'), { code: 0, signal: null })
  assert.equal(contentOf(file), before)
  for (const [args, said] of [
    [['migrate', 'plan', ...database], /adds the column "title" to posts|creates the table extra/],
    [['migrate', 'status', ...database], /No migration was run/],
    [['types', ...database], /posts/],
    [['policy', 'matrix', ...database], /posts/],
    [['pull', ...database, '--out', join(folder.path, 'pulled')], /schema\.ts/],
  ] as const) {
    const { out, err } = await run(args, { cwd })
    assert.match(`${out}\n${err}`, said, args.join(' '))
    assert.equal(contentOf(file), before, args.join(' '))
  }
  // What it is asked to do it does, and the rest stays: no table and no column is in the way of being forgotten.
  writeFileSync(
    join(folder.path, 'schema.ts'),
    `import { c, schema, table } from 'pilar'\nexport default schema({ extra: table({ ${ID} }) })\n`,
  )
  await done(run(['migrate', 'apply', '--yes', ...database], { cwd }))
  const after = new DatabaseSync(file)
  t.after(() => after.close())
  const [objects, rows] = JSON.parse(before) as [object[], object[][]]
  const found = after
    .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY rowid")
    .all()
  assert.deepEqual(
    found.slice(0, objects.length).map((row) => ({ ...row })),
    objects,
  )
  assert.deepEqual(
    after
      .prepare('SELECT rowid, * FROM posts')
      .all()
      .map((row) => ({ ...row })),
    rows[1],
  )
})

test('200,000 rows change their type in a bounded number of batches, in time that grows as they do (strapi#26399, strapi#27401)', async (t) => {
  const cpuMs = async (rows: number): Promise<number> => {
    const project = new Project(t, [ID, TITLE, 'size: c.text()'])
    await done(project.migrate('apply'))
    const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})`
    project.sql(
      `${numbers} INSERT INTO posts (id, title, size) SELECT i, 'title ' || i, i * 7 FROM n`,
      TITLES.concat(' LIMIT 1'),
    )
    project.declare(ID, TITLE, "size: c.integer().using('size::integer')")
    let batches = 0
    const overwrite = (line: string): void => {
      if (line.startsWith('copying')) batches++
    }
    const start = process.cpuUsage()
    await done(
      project.with({ terminal: { ask: async () => 'y', keys: () => () => {}, overwrite } }, 'apply', '--no-backup'),
    )
    const { user, system } = process.cpuUsage(start)
    assert.ok(batches > 0 && batches < 2 + rows / 50, `${batches} batches`)
    const wrong = 'SELECT count(*) AS wrong FROM posts WHERE size IS NOT id * 7'
    assert.deepEqual(project.sql(wrong), [{ wrong: 0 }])
    return (user + system) / 1000
  }
  const few = await cpuMs(53_458)
  const many = await cpuMs(213_834)
  t.diagnostic(`${few.toFixed(0)} ms for 53,458 rows, ${many.toFixed(0)} ms for 213,834`)
  // Four times the rows: four times the time, or sixteen where each row looks at all the others.
  assert.ok(many < 8 * few, `${few} → ${many} ms`)
})

const UUID = `c.uuid().default('gen_random_uuid()')`

test('ids are the same after every kind of change, and in the database it is moved to (strapi#22254, strapi#22695)', async (t) => {
  const project = new Project(t, [ID, TITLE, `document: ${UUID}.unique()`, `size: c.text().default("'1'")`])
  await done(project.migrate('apply'))
  project.sql(
    `INSERT INTO posts (id, title, document) VALUES (3, 'a', '5e6f1c1c-0000-4000-8000-00000000000a'),
    (900000000, 'b', '5e6f1c1c-0000-4000-8000-00000000000b'), (17, 'c', '5e6f1c1c-0000-4000-8000-00000000000c')`,
    TITLES,
  )
  const ids = () => project.sql('SELECT id, rowid, document FROM posts ORDER BY title_1')
  const titled = (...more: readonly string[]) => [
    ID,
    "title_1: c.text().was('title')",
    `document: ${UUID}.unique()`,
    ...more,
  ]
  project.declare(...titled(`size: c.text().default("'1'")`))
  await done(project.migrate('apply', '--yes'))
  const before = ids()
  for (const columns of [
    titled("size: c.integer().using('size::integer')"),
    titled("size: c.integer().using('size::integer')", "slug: c.text().using('title_1 || id')"),
    titled("slug: c.text().using('title_1 || id').unique()"),
    ['id: c.bigint().primaryKey()', ...titled('slug: c.text().nullable()').slice(1)],
  ]) {
    project.declare(...columns)
    await done(project.migrate('apply', '--yes'))
    assert.deepEqual(ids(), before)
  }
  await done(run(['db', 'dump', '--out', 'dump.ndjson', '--format', 'ndjson'], { cwd: project.cwd }))
  const other = new Project(t, ['id: c.bigint().primaryKey()', ...titled('slug: c.text().nullable()').slice(1)])
  renameSync(join(project.cwd, 'dump.ndjson'), join(other.cwd, 'dump.ndjson'))
  await done(run(['db', 'load', 'dump.ndjson'], { cwd: other.cwd }))
  assert.deepEqual(other.sql('SELECT id, rowid, document FROM posts ORDER BY title_1'), before)
})

test('a plan says which way a rename goes, nobody is asked to guess it, and going back empties nothing (payload#15106)', async (t) => {
  const project = await posts(t)
  const renamed = `{ articles: table({ ${ID}, headline: c.text().was('title') }).was('posts')${POLICIES} }`
  project.schema(renamed)
  const asked: string[] = []
  const terminal = personAnswering(['y', 'y', 'y'], asked)
  const up = await done(project.with({ terminal }, 'apply'))
  assert.match(up.out, /renames the table posts to articles/)
  assert.match(up.out, /renames the column "title" of articles to "headline"/)
  project.sql("INSERT INTO articles (id, headline) VALUES (8, 'd')", 'SELECT 1')
  const down = await done(project.with({ terminal }, 'undo'))
  assert.match(down.out, /renames the table articles to posts/)
  assert.match(down.out, /renames the column "headline" of \w+ to "title"/)
  assert.deepEqual(asked, ['Undo migration 2? [y/N] '])
  assert.equal(project.sql(TITLES).length, 4)
  assert.deepEqual(project.sql(TITLES).at(-1), { id: 8, title: 'd' })
})

test('a table that looks renamed and is not: back and forth, both keep their rows (payload#4677, #3807, #6595, #5938)', async (t) => {
  const project = await posts(t)
  const pages = `{ pages: table({ ${ID}, ${TITLE} })${POLICIES} }`
  project.schema(pages)
  const plan = await project.migrate('plan')
  assert.match(plan.out, /posts[\s\S]*\.was\('posts'\)/)
  await done(project.migrate('apply', '--yes'))
  project.sql("INSERT INTO pages (id, title) VALUES (1, 'page')", 'SELECT 1')
  await done(project.migrate('undo', '--yes'))
  assert.equal(project.sql(TITLES).length, 3)
  await done(project.migrate('apply', '--yes'))
  assert.deepEqual(project.sql('SELECT title FROM pages'), [{ title: 'page' }])
  await done(project.migrate('undo', '--yes'))
  assert.deepEqual(project.sql(TITLES), [
    { id: 1, title: 'a' },
    { id: 2, title: 'b' },
    { id: 7, title: 'c' },
  ])
})

test('who may see what is the same after a table was copied, and by files as without (supabase/cli#4068, #3919, #2100)', async (t) => {
  const policies = `.policies({ select: { anon: "size <> '9'", authenticated: 'true' }, insert: { authenticated: 'id > 0' } })`
  const schema = (size: string) =>
    `{ posts: table({ ${ID}, title: c.text().hidden('anon'), ${size} }).index('title')${policies},
       marks: table({ ${ID}, post: c.integer().references('posts.id', { onDelete: 'cascade' }) }).policies({ select: { anon: 'post > 1' } }) }`
  const steps = ['size: c.text()', 'size: c.varchar(3)', 'size: c.varchar(3).default("\'x\'")'].map(schema)
  const direct = new Project(t)
  const byFiles = new Project(t)
  const matrices: string[] = []
  for (const [at, text] of steps.entries()) {
    for (const project of [direct, byFiles]) project.schema(text)
    await done(direct.migrate('apply', '--yes'))
    await done(byFiles.migrate('new', `step_${at}`))
    matrices.push((await done(run(['policy', 'matrix', '--json'], { cwd: direct.cwd }))).out)
  }
  await done(byFiles.migrate('apply', '--yes'))
  assert.equal(new Set(matrices).size, 1)
  assert.equal((await run(['policy', 'matrix', '--json'], { cwd: byFiles.cwd })).out, matrices[0])
  const explained = async ({ cwd }: Project) =>
    (await run(['policy', 'explain', '--role', 'anon', 'posts', 'select'], { cwd })).out
  assert.match(await explained(direct), /size <> '9'/)
  assert.equal(await explained(byFiles), await explained(direct))
  assert.deepEqual(structureOf(byFiles), structureOf(direct))
  for (const project of [direct, byFiles])
    assert.match((await done(project.migrate('plan'))).out, /^Nothing to do: the database has what is declared/)
})

test('two people who write a migration at the same moment are told, and one follows the other (supabase/cli#611)', async (t) => {
  const project = new Project(t)
  await done(project.migrate('new', 'first'))
  project.declare(ID, TITLE, 'slug: c.text().nullable()')
  await done(project.migrate('new', 'slugs'))
  renameSync(project.file('0002_slugs'), join(project.cwd, 'theirs'))
  project.declare(ID, TITLE, 'votes: c.integer().default(0)')
  await done(project.migrate('new', 'votes'))
  // One's own database has the one already when the other comes by a merge.
  await done(project.migrate('apply', '--yes'))
  project.sql("INSERT INTO posts (id, title, votes) VALUES (1, 'a', 5)", 'SELECT 1')
  renameSync(join(project.cwd, 'theirs'), project.file('0002_slugs'))
  project.declare(ID, TITLE, 'slug: c.text().nullable()', 'votes: c.integer().default(0)')
  const met = await project.migrate('apply', '--yes')
  assert.equal(met.code, 1)
  assert.match(met.out + met.err, /0002_slugs and 0002_votes have the same number: two branches met/)
  const remedy = /pilar migrate new --rebase (\S+?)\.?$/m.exec(met.out + met.err)?.[1] ?? ''
  await done(project.migrate('new', '--rebase', remedy))
  await done(project.migrate('apply', '--yes'))
  assert.deepEqual(project.sql('SELECT id, title, slug, votes FROM posts'), [
    { id: 1, title: 'a', slug: null, votes: 5 },
  ])
  assert.match((await done(project.migrate('plan'))).out, /^Nothing to do/)
})

test('what was pushed is taken back, with what was written meanwhile (directus#2142, directus#23326)', async (t) => {
  const project = await posts(t, "size: c.text().default('1')".replace("'1'", `"'1'"`), 'note: c.text().nullable()')
  project.sql("UPDATE posts SET note = 'note ' || id, size = '0' || id", 'SELECT 1')
  const before = { structure: structureOf(project), rows: project.sql('SELECT * FROM posts ORDER BY id') }
  project.declare(
    ID,
    "headline: c.text().was('title')",
    "size: c.integer().using('size::integer').default(1)",
    'votes: c.integer().default(3)',
  )
  await done(project.migrate('apply', '--yes'))
  project.sql(
    "INSERT INTO posts (id, headline, size) VALUES (9, 'new', 42); ",
    'UPDATE posts SET size = 5 WHERE id = 2',
    'SELECT 1',
  )
  const { out } = await done(project.migrate('undo', '--yes'))
  assert.match(out, /undone/)
  const visible = 'SELECT id, title, size, note FROM posts ORDER BY id'
  assert.deepEqual(project.sql(visible), [
    // Never touched since: what it was, to the letter.
    { id: 1, title: 'a', size: '01', note: 'note 1' },
    { id: 2, title: 'b', size: '5', note: 'note 2' },
    { id: 7, title: 'c', size: '07', note: 'note 7' },
    { id: 9, title: 'new', size: '42', note: null },
  ])
  assert.equal(before.rows.length, 3)
  assert.match((await project.migrate('status')).out, /undo +of 2/)
})
