import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { main } from '../../src/cli/dispatch.ts'
import { tempFolder } from '../support/temp.ts'

/** Runs one command line in this process. */
async function pilar(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  const printed: string[] = []
  const print = (text: string) => void printed.push(text)
  const output = { print, report: print, bold: (text: string) => text, stream: async () => {} }
  const untilStopped = () => new Promise<string>(() => {})
  const code = await main(args, { env, cwd, output, terminal: null, untilStopped })
  return { code, text: printed.join('\n') }
}

const SHOP = `
  CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT NOT NULL COLLATE NOCASE);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE, total REAL DEFAULT 0);
  CREATE TRIGGER counted AFTER INSERT ON orders BEGIN SELECT 1; END;
  CREATE VIEW totals AS SELECT person, sum(total) AS total FROM orders GROUP BY person;`

/** A folder with `shop.sqlite`. */
function shop(t: TestContext, more = ''): string {
  const folder = tempFolder()
  t.after(folder.remove)
  const database = new DatabaseSync(join(folder.path, 'shop.sqlite'))
  database.exec(`${more};${SHOP}`)
  database.close()
  return folder.path
}

/** Everything that says whether a folder was touched. */
function traces(folder: string): readonly string[] {
  const files = readdirSync(folder).filter((name) => name.startsWith('shop.sqlite'))
  return files.map((name) => {
    const { mtimeMs, size } = statSync(join(folder, name))
    return `${name} ${size} ${mtimeMs} ${readFileSync(join(folder, name)).toString('base64')}`
  })
}

test('writes a project, and says what is left to the database', async (t) => {
  const cwd = shop(t)
  const { code, text } = await pilar(['pull', '--database', 'sqlite:shop.sqlite', '--out', 'app'], cwd)
  assert.equal(code, 0)
  assert.equal(
    text,
    `written  app/schema.ts
created  app/package.json
created  app/.gitignore
created  app/README.md

2 tables and 1 view. Left to the database as it is, for ever, since schema.ts has no words for it:
  people: collation email: COLLATE NOCASE
  orders: trigger counted: CREATE TRIGGER counted AFTER INSERT ON orders BEGIN SELECT 1; END
  view totals: CREATE VIEW totals AS SELECT person, sum(total) AS total FROM orders GROUP BY person

There are no policies yet: every table is closed to all keys but the secret ones.

Next:  cd app && npm install && npx pilar start`,
  )
  assert.equal(
    readFileSync(join(cwd, 'app/schema.ts'), 'utf8'),
    `import { c, existing, schema, table } from 'pilar'

// What the database has, as pilar pull found it. From here on this file is the truth about its structure, and
// pilar migrate plan says what a change of it would do. Every table is closed to all keys but the secret ones
// until it has policies: see docs/how-to/write-policies.md.
export default schema({
  // Left to the database, for ever:
  //   collation email: COLLATE NOCASE
  // To open it: .policies({ select: { anon: 'true' } })
  people: table({
    id: c.integer().identity().primaryKey(),
    email: c.text(),
  }),

  // Left to the database, for ever:
  //   trigger counted: CREATE TRIGGER counted AFTER INSERT ON orders BEGIN SELECT 1; END
  // To open it: .policies({ select: { anon: 'true' } })
  orders: table({
    id: c.integer().identity().primaryKey(),
    person: c.integer().references('people.id', { onDelete: 'cascade' }),
    total: c.double().nullable().default(0),
  }),

  // Left to the database, for ever:
  //   view totals: CREATE VIEW totals AS SELECT person, sum(total) AS total FROM orders GROUP BY person
  // To open it: .policies({ select: { anon: 'true' } })
  totals: existing(),
})
`,
  )
  const made = JSON.parse(readFileSync(join(cwd, 'app/package.json'), 'utf8'))
  assert.deepEqual(made.pilar, { database: 'sqlite:../shop.sqlite' })
})

test('other commands find the database that the project notes; the environment and the command line win', async (t) => {
  const cwd = shop(t)
  await pilar(['pull', '--database', 'sqlite:shop.sqlite', '--out', 'app'], cwd)
  // The view is existing(): its columns are known to the database alone.
  const types = await pilar(['types'], join(cwd, 'app'))
  assert.match(types.text, /totals: \{\n +Row: \{\n +person: number \| null\n +total: string \| null\n/)
  assert.equal((await pilar(['policy', 'matrix', '--project', 'app'], cwd)).code, 0)
  const elsewhere = await pilar(['types'], join(cwd, 'app'), { DATABASE_URL: 'sqlite:other.sqlite' })
  assert.match(elsewhere.text, /there is no file \S+app\/other\.sqlite/)
  const given = await pilar(['policy', 'matrix', '--database', 'sqlite:third.sqlite'], join(cwd, 'app'))
  assert.match(given.text, /there is no file \S+app\/third\.sqlite/)
  assert.ok(!existsSync(join(cwd, 'app/.pilar')))
  const again = await pilar(['pull', '--force'], join(cwd, 'app'))
  assert.equal(again.code, 0, again.text)
  assert.doesNotMatch(again.text, /note it in package\.json/)
  writeFileSync(join(cwd, 'app/package.json'), '{ "name": ')
  const broken = await pilar(['types'], join(cwd, 'app'))
  assert.equal(broken.code, 1)
  assert.match(broken.text, /package\.json can't be read: /)
})

test('keeps what is there', async (t) => {
  const cwd = shop(t)
  writeFileSync(join(cwd, 'package.json'), '{}')
  writeFileSync(join(cwd, 'schema.ts'), 'mine')
  const refused = await pilar(['pull', '--database', 'sqlite:shop.sqlite'], cwd)
  assert.equal(refused.code, 1)
  assert.match(refused.text, /^pilar: there is a \S+schema\.ts already\nhint: Write over it with --force \(/)
  assert.equal(readFileSync(join(cwd, 'schema.ts'), 'utf8'), 'mine')
  assert.deepEqual(readdirSync(cwd).sort(), ['package.json', 'schema.ts', 'shop.sqlite'])
  const forced = await pilar(['pull', '--force'], cwd, { DATABASE_URL: 'sqlite:shop.sqlite' })
  assert.equal(forced.code, 0)
  assert.match(forced.text, /kept {5}package\.json \(it exists\)\n/)
  assert.match(forced.text, /in package\.json: {2}npm pkg set "pilar\.database=sqlite:shop\.sqlite"\n/)
  assert.match(readFileSync(join(cwd, 'schema.ts'), 'utf8'), /people: table/)
  assert.equal(readFileSync(join(cwd, 'package.json'), 'utf8'), '{}')
})

test('says what is wrong with the command line', async (t) => {
  const cwd = shop(t)
  assert.deepEqual(await pilar(['pull'], cwd), { code: 2, text: 'pilar: --database is missing\nhint: --database URL' })
  assert.match((await pilar(['pull', '--database', 'sqlite:shopp.sqlite'], cwd)).text, /^pilar: there is no file \S+\n/)
  assert.match((await pilar(['pull', '--database', 'oracle://x'], cwd)).text, /no engine serves a database URL that/)
  writeFileSync(join(cwd, 'text.sqlite'), 'this is no database, however long one looks at it, and so it is refused')
  assert.match((await pilar(['pull', '--database', 'sqlite:text.sqlite'], cwd)).text, /^pilar: .*not a database/)
  mkdirSync(join(cwd, 'folder.sqlite'))
  const folder = await pilar(['pull', '--database', 'sqlite:folder.sqlite'], cwd)
  assert.match(folder.text, /^pilar: could not access the database file: \S+folder\.sqlite is not a file$/)
  assert.equal(folder.code, 1)
  assert.deepEqual(readdirSync(cwd).sort(), ['folder.sqlite', 'shop.sqlite', 'text.sqlite'])
})

for (const mode of ['delete', 'wal']) {
  test(`leaves no trace on a file in mode ${mode}, not even one that nobody may write`, async (t) => {
    const cwd = shop(t, `PRAGMA journal_mode = ${mode}`)
    const before = traces(cwd)
    assert.equal(before.length, 1)
    for (const command of [['pull', '--out', 'app'], ['types']]) {
      const { code } = await pilar([...command, '--database', 'sqlite:shop.sqlite'], cwd)
      assert.equal(code, 0)
      assert.deepEqual(traces(cwd), before)
    }
    chmodSync(join(cwd, 'shop.sqlite'), 0o444)
    assert.equal((await pilar(['pull', '--out', 'second', '--database', 'sqlite:shop.sqlite'], cwd)).code, 0)
    assert.deepEqual(traces(cwd), before)
  })
}

test('sees what another program has just written, and does not disturb it', async (t) => {
  const cwd = shop(t, 'PRAGMA journal_mode = wal')
  const other = new DatabaseSync(join(cwd, 'shop.sqlite'))
  other.exec('PRAGMA wal_autocheckpoint = 0; CREATE TABLE late (id INTEGER PRIMARY KEY); BEGIN IMMEDIATE')
  const before = traces(cwd)
  const { code, text } = await pilar(['types', '--database', 'sqlite:shop.sqlite'], cwd)
  assert.equal(code, 0, text)
  assert.match(text, /late: \{/)
  const contents = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('shop.sqlite-shm'))
  assert.deepEqual(contents(traces(cwd)), contents(before))
  other.exec('COMMIT')
  other.close()
})

test('a plan and a status leave the file as it is, too', async (t) => {
  const cwd = shop(t)
  assert.equal((await pilar(['pull', '--database', 'sqlite:shop.sqlite'], cwd)).code, 0)
  const before = traces(cwd)
  for (const command of ['plan', 'status']) {
    const { code, text } = await pilar(['migrate', command, '--database', 'sqlite:shop.sqlite'], cwd)
    assert.equal(code, 0, text)
  }
  assert.deepEqual(traces(cwd), before)
})
