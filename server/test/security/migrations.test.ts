/** What a database from elsewhere is called and says must stay a text: in schema.ts, in SQL, in what is printed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdoptedProject } from './adopted-project.ts'

async function assertIdle(project: AdoptedProject): Promise<void> {
  const { code, out, err } = await project.run('migrate', 'plan')
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /^Nothing to do: the database has what is declared\./)
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
  const { code, err } = await project.apply()
  assert.deepEqual([code, err], [0, ''])
  const row = { id: 1n, 'a\u00a0b': 42n, '\u{1f600}': 'smile', 'e\u0301': 'accent' }
  assert.deepEqual(project.rows('SELECT * FROM t'), [{ ...row, z: 'filled' }])
  project.schema(
    filled(schema)
      .replace(/ z: (.*),\n/, " zz: $1.was('z'),\n")
      .replace("'z')\n", "'zz')\n"),
  )
  assert.deepEqual((await project.apply()).err, '')
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
