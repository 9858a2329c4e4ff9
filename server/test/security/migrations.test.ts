/** What a database from elsewhere is called and says must stay a text: in schema.ts, in SQL, in what is printed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { as } from '../support/http.ts'
import { startServer } from '../support/server.ts'
import { AdoptedProject } from './adopted-project.ts'

async function assertIdle(project: AdoptedProject): Promise<void> {
  const { code, out, err } = await project.run('migrate', 'plan')
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /^Nothing to do: the database has what is declared\./)
}

async function assertApplied(project: AdoptedProject): Promise<void> {
  const { code, out, err } = await project.apply()
  assert.equal(code, 0, `${out}\n${err}`)
}

/** The rows have to be copied for it. */
const filled = (schema: string): string => schema.replace('z: c.text().nullable()', `z: c.text().using("'filled'")`)

test('names without quotes may have every character beyond ASCII, and indexes any blanks and comments', async (t) => {
  const project = new AdoptedProject(
    t,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a\u00a0b INTEGER DEFAULT 5, \u{1f600} TEXT COLLATE"nocase", e\u0301 TEXT, z TEXT,
       CONSTRAINT"k\u00a01"CHECK(a\u00a0b <> 1), CONSTRAINT k\u00a02 CHECK (a\u00a0b <> 2));
     CREATE INDEX"i1"ON"t"("z");
     CREATE INDEX i\u00a02 /* ON t */ ON /* x */ t (a\u00a0b);
     CREATE UNIQUE INDEX [i 3]ON[t]("\u{1f600}");
     INSERT INTO t VALUES (1, 42, 'smile', 'accent', NULL)`,
  )
  const schema = await project.pull()
  await assertIdle(project)
  project.schema(filled(schema))
  await assertApplied(project)
  const row = { id: 1n, 'a\u00a0b': 42n, '\u{1f600}': 'smile', 'e\u0301': 'accent' }
  assert.deepEqual(project.rows('SELECT * FROM t'), [{ ...row, z: 'filled' }])
  project.schema(
    filled(schema)
      .replace(/ z: (.*),\n/, " zz: $1.was('z'),\n")
      .replace("'z')\n", "'zz')\n"),
  )
  await assertApplied(project)
  assert.deepEqual(project.rows('SELECT * FROM t'), [{ ...row, zz: 'filled' }])
  const indexes = project.rows("SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 't' ORDER BY name")
  assert.deepEqual(
    indexes.map(({ sql }) => sql),
    [
      'CREATE UNIQUE INDEX [i 3]ON[t]("\u{1f600}")',
      'CREATE INDEX "i1"ON"t"("zz")',
      'CREATE INDEX i\u00a02 /* ON t */ ON /* x */ t (a\u00a0b)',
    ],
  )
})

test('no name and no text of a database becomes code of its schema.ts', async (t) => {
  const nasty = `*/ } \`\${process.exit(9)}\` "' \\\\ // `
  const name = `"${nasty.replaceAll('"', '""')}"`
  const text = `'${nasty.replaceAll("'", "''")}'`
  const project = new AdoptedProject(
    t,
    `CREATE TABLE "a\nb\${process.exit(9)}" (id INTEGER PRIMARY KEY);
     CREATE TABLE ${name} (id INTEGER PRIMARY KEY, ${name.replace(' //', '')} TEXT DEFAULT ${text}, "__proto__" TEXT, "constructor" TEXT);
     CREATE TABLE "${'`'}q" (id INTEGER PRIMARY KEY, "\u2028" TEXT, d TEXT DEFAULT 'a\n\${process.exit(9)}' CHECK (d <> ${text}), "__proto__" TEXT, "constructor" TEXT);
     CREATE VIEW "v ${nasty.replaceAll('"', '""')}" AS SELECT ${text} AS ${name};
     CREATE TRIGGER "t\n*/ process.exit(9)" AFTER INSERT ON "${'`'}q" BEGIN SELECT ${text}; /* */ END`,
  )
  const schema = await project.pull()
  assert.ok(!schema.includes('\u2028'))
  await assertIdle(project)
})

test('views of others go on reading what is retired, and do not show its reserved name', async (t) => {
  const project = new AdoptedProject(
    t,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, z TEXT);
     CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT * FROM t; CREATE VIEW x AS SELECT lower(a) FROM t;
     INSERT INTO t VALUES (1, 'kept', 'z')`,
  )
  const declare = (columns: string): string => `import { c, existing, schema, table } from 'pilar'
export default schema({ t: table({ id: c.integer().identity().primaryKey(), ${columns} }), v: existing(), w: existing() })`
  project.schema(declare('a: c.text().nullable(), z: c.text().nullable()'))
  await assertApplied(project)
  project.schema(declare('z: c.text().nullable()'))
  await assertApplied(project)
  assert.deepEqual(project.rows('SELECT * FROM v'), [{ id: 1n, pilar_retired_a: 'kept' }])
  const types = await project.run('types')
  assert.equal(types.code, 0)
  assert.doesNotMatch(types.out, /pilar_retired/)
  const server = await startServer({ database: project.file })
  t.after(server.close)
  const get = async (path: string): Promise<unknown> =>
    (await fetch(`${server.url}/rest/v1/${path}`, { headers: as(server.keys.service) })).json()
  assert.deepEqual(await get('v'), [{ id: 1 }])
  assert.deepEqual(await get('w'), [{ id: 1, z: 'z' }])
  assert.deepEqual(await get('x'), [{}])
  assert.match(JSON.stringify(await get('v?pilar_retired_a=eq.kept')), /"42703"/)
  assert.match(JSON.stringify(await get('w?select=pilar_retired_a')), /"42703"/)
  assert.doesNotMatch(JSON.stringify(await get('')), /pilar_retired/)
})

test('values larger than a request may give, and tables as wide as SQLite takes them', async (t) => {
  const wide = Array.from({ length: 1_998 }, (_, at) => `c${at} TEXT`).join(', ')
  const project = new AdoptedProject(
    t,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB, z TEXT); INSERT INTO t (id, b) VALUES (1, zeroblob(70000000));
     CREATE TABLE wide (id INTEGER PRIMARY KEY, z TEXT, ${wide})`,
  )
  const schema = await project.pull()
  project.schema(filled(schema))
  await assertApplied(project)
  assert.deepEqual(project.rows('SELECT length(b) AS bytes, z FROM t'), [{ bytes: 70_000_000n, z: 'filled' }])
  project.schema(filled(schema).replace('c0: ', 'more: c.text().nullable(),\n    c0: '))
  const { code, out, err } = await project.run('migrate', 'plan')
  assert.equal(code, 1)
  assert.match(
    out + err,
    /SQLite can't hold what the migration would make: too many columns on wide\n *hint: What is ret/,
  )
})
