/** `pilar db dump` and `pilar db load`: what comes out goes in again, as it was. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { introspect } from '../../src/engines/sqlite/introspect.ts'
import { SqliteTransfer } from '../../src/engines/sqlite/transfer/transfer.ts'
import { loadRows } from '../../src/pipeline/dump/load-rows.ts'
import { loadGrammar, setGrammar } from '../../src/policy/expression/index.ts'
import { createGrammar } from '../../src/runtime/grammar.ts'
import { seededRandom } from '../support/temp.ts'
import { projectOf, run, storedProject } from './project.ts'

const SCHEMA = `import { c, schema, table } from 'pilar'
export default schema({
  comments: table({ id: c.integer().primaryKey(), post_id: c.integer().references('posts.id'), body: c.text().check("body ~ '^[a-z ]+$'") }),
  posts: table({ id: c.bigint().identity({ always: true }).primaryKey(), parent_id: c.bigint().nullable().references('posts.id'), title: c.text() }),
  words: table({ word: c.text() }),
})
`
const HEAD = '{"pilar":"dump","format":1,"version":"0","tables":{}}'
const ndjson = (...lines: readonly object[]) => [HEAD, ...lines.map((line) => JSON.stringify(line))].join('\n')
const post = (id: number, more: object = {}) => ({ table: 'posts', row: { id, title: `Post ${id}`, ...more } })

const posts = async (cwd: string) =>
  JSON.parse((await run(cwd, ['db', 'shell', '--json', '-c', 'select id, parent_id, title from posts'])).out)

/** Loads texts into a project's database in this process. */
async function loader(cwd: string): Promise<(content: string) => Promise<number>> {
  writeFileSync(join(cwd, 'none.ndjson'), ndjson({ end: 0 }))
  assert.equal((await run(cwd, ['db', 'load', 'none.ndjson'])).code, 0)
  setGrammar(createGrammar())
  await loadGrammar()
  const url = `sqlite:${join(cwd, '.pilar/data.db')}`
  const transfer = new SqliteTransfer({ url, statementTimeoutMs: 5_000, transactionMs: 5_000 })
  const snapshot = await transfer.snapshot()
  snapshot.close()
  const options = { engine: sqlite, catalog: snapshot.catalog, onConflict: 'error' as const, progress: () => {} }
  return (content) =>
    transfer.load({ onlyInserts: true }, (loading) => loadRows(Readable.from(content.split('\n')), loading, options))
}

for (const format of ['sql', 'ndjson'] as const) {
  test(`${format}: every type, constraint and relation comes back as it was`, async (t) => {
    const from = storedProject(t, 'data-0.1/everything')
    const to = projectOf(t, { 'schema.ts': readFileSync(join(from, 'schema.ts'), 'utf8') })
    const dumped = await run(from, ['db', 'dump', '--format', format, '--out', 'a.dump', '--json'])
    assert.equal(dumped.code, 0, dumped.err)
    const { file, bytes, sha256 } = JSON.parse(dumped.out)
    assert.deepEqual([file, bytes], [join(from, 'a.dump'), readFileSync(join(from, 'a.dump')).length])
    const loaded = await run(to, ['db', 'load', join(from, 'a.dump'), '--json'])
    assert.equal(loaded.code, 0, loaded.err)
    const again = await run(to, ['db', 'dump', '--format', format, '--out', 'b.dump', '--json'])
    assert.equal(JSON.parse(again.out).sha256, sha256)
    const catalogs = [from, to].map((folder) => {
      const database = new DatabaseSync(join(folder, '.pilar/data.db'), { readOnly: true })
      const { tables } = introspect(database)
      database.close()
      return [...tables.values()].filter((table) => !table.system).toSorted((a, b) => a.key.localeCompare(b.key))
    })
    assert.deepEqual(catalogs[1], catalogs[0])
  })
}

test('sql: SQLite alone reads it, with triggers, full-text tables, rowids and every value', async (t) => {
  const cwd = projectOf(t, {})
  const file = join(cwd, 'a.sqlite')
  const original = new DatabaseSync(file)
  original.exec(`
    CREATE TABLE notes (title TEXT COLLATE NOCASE, body, price REAL);
    INSERT INTO notes(rowid, title, body, price) VALUES (7, 'a''; --', x'00ff', 0.1), (9, 'b' || char(0) || 'c', NULL, -1e300);
    CREATE VIRTUAL TABLE search USING fts5(title, content='notes');
    CREATE TRIGGER index_notes AFTER INSERT ON notes BEGIN INSERT INTO search(rowid, title) VALUES (new.rowid, new.title); END;
    INSERT INTO notes VALUES ('found', 'it; is', 1);
    CREATE TABLE keyed (a TEXT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID;
    INSERT INTO keyed VALUES ('x', 1);
    CREATE VIEW titles AS SELECT title FROM notes; CREATE INDEX by_title ON notes(lower(title));`)
  const all = (database: DatabaseSync) => [
    database
      .prepare('SELECT rowid, hex(title) AS title, typeof(title) AS type, quote(body) AS body, price FROM notes')
      .all(),
    database.prepare('SELECT * FROM keyed').all(),
    database.prepare("SELECT rowid FROM search('found')").all(),
    database.prepare('SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').all(),
  ]
  const expected = all(original)
  original.close()
  const { out, code } = await run(cwd, ['db', 'dump', '--database', `sqlite:${file}`])
  assert.equal(code, 0)
  const copy = new DatabaseSync(join(cwd, 'copy.sqlite'), { defensive: false })
  copy.exec(out)
  copy.close()
  const reopened = new DatabaseSync(join(cwd, 'copy.sqlite'))
  assert.deepEqual(all(reopened), expected)
  reopened.close()
  writeFileSync(join(cwd, 'a.sql'), out)
  const loaded = await run(cwd, ['db', 'load', '--database', 'sqlite:loaded.sqlite', 'a.sql'])
  assert.equal(loaded.code, 0, loaded.err)
  const own = new DatabaseSync(join(cwd, 'loaded.sqlite'))
  assert.deepEqual(all(own), expected)
  own.close()
})

test('a load is all or nothing, and names the line', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA })
  const cases: readonly (readonly [content: string, message: RegExp | string])[] = [
    [ndjson(post(1), post(1), { end: 2 }), 'line 3: duplicate key value violates unique constraint "posts_pkey"'],
    [ndjson(post(1), post(2, { title: null }), { end: 2 }), /^line 3: null value in column "title"/],
    [ndjson(post(1), post(2, { titel: 1 }), { end: 2 }), /^line 3: .*'titel' column of 'posts'/],
    [ndjson(post(1), { table: 'post', row: {} }), 'line 3: the database has no table post'],
    [ndjson(post(1)), 'line 2: the dump ends before its end: it was cut off'],
    [ndjson(post(1), { end: 2 }), 'line 3: the dump says it has 2 rows, but has 1'],
    [ndjson(post(1), { end: 1 }, post(2)), 'line 4: there is more after the end'],
    [`${ndjson(post(1))}\n{"table":`, /^line 3: this is no JSON: /],
    [HEAD.replace('1', '2'), 'line 1: the dump has the format 2, this version knows 1'],
    ['{"a":1}', 'line 1: this is no dump: it does not begin with {"pilar":"dump", …}'],
    [
      ndjson(post(1, { parent_id: 9 }), { end: 1 }),
      'insert or update on table "posts" violates foreign key constraint "posts_parent_id_fkey": Key (parent_id)=(9) is not present in table "posts".',
    ],
    [
      ndjson(post(1), { table: 'comments', row: { id: 1, post_id: 1, body: 'No!' } }, { end: 2 }),
      /^line 3: new row for relation "comments" violates check constraint/,
    ],
  ]
  const load = await loader(cwd)
  for (const [content, message] of cases) await assert.rejects(() => load(content), { name: 'PilarError', message })
  const [first = '', told = ''] = cases.flat()
  writeFileSync(join(cwd, 'a.ndjson'), String(first))
  const { code, err, out } = await run(cwd, ['db', 'load', 'a.ndjson'])
  const hint = 'For rows that are there already: --on-conflict skip, or update.'
  assert.deepEqual([code, out, err], [1, '', `pilar: ${told}\nhint: ${hint}\n`])
  writeFileSync(
    join(cwd, 'a.sql'),
    "INSERT INTO words VALUES('a');\n\nINSERT INTO words\nVALUES('b');\nINSERT INTO word VALUES('c');\n",
  )
  const script = await run(cwd, ['db', 'load', 'a.sql'])
  assert.deepEqual([script.code, script.err], [1, 'pilar: line 5: no such table: word\n'])
  writeFileSync(join(cwd, 'a.sql'), "ATTACH 'other.db' AS other;\n")
  assert.equal((await run(cwd, ['db', 'load', 'a.sql'])).err, 'pilar: line 1: not authorized\n')
  const counts =
    'select (select count(*) from posts) + (select count(*) from words) + (select count(*) from comments) as n'
  assert.deepEqual(JSON.parse((await run(cwd, ['db', 'shell', '--json', '-c', counts])).out), [{ n: '0' }])
})

test('rows come in any order, with their own numbers, and the next number is larger', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA })
  const comment = { table: 'comments', row: { id: 1, post_id: 2, body: 'ok' } }
  const content = ndjson(comment, post(1, { parent_id: 2 }), post(2), { sequence: 'posts', last: '40' }, { end: 3 })
  writeFileSync(join(cwd, 'a.ndjson'), content)
  const loaded = await run(cwd, ['db', 'load', 'a.ndjson'])
  assert.equal(loaded.out, '3 rows loaded.\n', loaded.err)
  await run(cwd, ['db', 'shell', '--write', '-c', "insert into posts(title) values ('next')"])
  assert.deepEqual(await posts(cwd), [
    { id: '1', parent_id: '2', title: 'Post 1' },
    { id: '2', parent_id: null, title: 'Post 2' },
    { id: '41', parent_id: null, title: 'next' },
  ])
})

test('rows that are there already: error, skip or update', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA })
  const load = async (onConflict: string, content: string) => {
    writeFileSync(join(cwd, 'a.ndjson'), content)
    return run(cwd, ['db', 'load', '--on-conflict', onConflict, 'a.ndjson'])
  }
  await load('error', ndjson(post(1, { parent_id: 1 }), { end: 1 }))
  const both = ndjson(post(1, { title: 'Changed' }), post(2), { end: 2 })
  assert.equal((await load('error', both)).code, 1)
  assert.equal((await load('skip', both)).out, '1 row loaded.\n')
  assert.deepEqual((await posts(cwd))[0].title, 'Post 1')
  assert.equal((await load('update', both)).out, '2 rows loaded.\n')
  assert.deepEqual(
    (await posts(cwd))[0],
    { id: '1', parent_id: '1', title: 'Changed' },
    'what the row does not give stays',
  )
  const { err } = await load('skip', ndjson({ table: 'words', row: { word: 'a' } }, { end: 1 }))
  assert.match(err, /^pilar: line 2: words has no primary key: /)
})

test('what is asked for: tables, rows, structure; mistakes name the nearest', async (t) => {
  const cwd = storedProject(t, 'data-0.1/everything')
  const dump = async (...args: readonly string[]) => run(cwd, ['db', 'dump', ...args])
  const some = (await dump('--tables', 'tags,audit.entries', '--schema-only')).out
  assert.deepEqual(some.match(/CREATE \w+ "[\w.]+"/g), ['CREATE TABLE "tags"', 'CREATE TABLE "audit.entries"'])
  const rows = (await dump('--tables', 'tags', '--data-only')).out
  assert.equal(
    rows,
    'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n' +
      'INSERT INTO "tags"(rowid,"name") VALUES(1,\'new\');\nINSERT INTO "tags"(rowid,"name") VALUES(2,\'old\');\nCOMMIT;\n',
  )
  const hinted = await dump('--tables', 'tag')
  assert.deepEqual([hinted.code, hinted.err], [2, 'pilar: there is no table "tag"\nhint: did you mean tags?\n'])
  assert.equal(
    (await dump('--format', 'ndjson', '--schema-only')).err,
    'pilar: ndjson has rows only\nhint: --format sql\n',
  )
  mkdirSync(join(cwd, 'empty'))
  const none = await run(join(cwd, 'empty'), ['db', 'dump'])
  assert.match(none.err, /^pilar: there is no database .*\/empty\/\.pilar\/data\.db\nhint: .*pilar start/)
})

test('what is retired is part of a SQL dump and comes back from it; NDJSON has what is declared', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': SCHEMA })
  writeFileSync(join(cwd, 'a.ndjson'), ndjson(post(1), { end: 1 }))
  await run(cwd, ['db', 'load', 'a.ndjson'])
  writeFileSync(join(cwd, 'schema.ts'), SCHEMA.replace(', title: c.text()', ''))
  const applied = await run(cwd, ['migrate', 'apply', '--yes'])
  assert.equal(applied.code, 0, applied.err)
  const rows = (await run(cwd, ['db', 'dump', '--format', 'ndjson', '--tables', 'posts'])).out.split('\n')
  assert.equal(rows[1], '{"table":"posts","row":{"id":1,"parent_id":null}}')
  const other = projectOf(t, { 'schema.ts': SCHEMA })
  await run(cwd, ['db', 'dump', '--out', join(other, 'a.sql')])
  assert.equal((await run(other, ['db', 'load', 'a.sql'])).code, 0)
  const restored = await run(other, ['migrate', 'apply', '--yes'])
  assert.equal(restored.code, 0, restored.err)
  assert.deepEqual(await posts(other), [{ id: '1', parent_id: null, title: 'Post 1' }])
})

test('100,000 rows go out and in again in seconds and little memory', { timeout: 120_000 }, async (t) => {
  const seed = 20261121
  const random = seededRandom(seed)
  const from = projectOf(t, { 'schema.ts': SCHEMA })
  const to = projectOf(t, { 'schema.ts': SCHEMA })
  const total = 100_000
  const lines = [HEAD]
  for (let id = 1; id <= total; id++) {
    const parent = random() < 0.5 ? null : 1 + Math.floor(random() * total)
    lines.push(JSON.stringify(post(id, { parent_id: parent, title: 'x'.repeat(random() * 200) })))
  }
  writeFileSync(join(from, 'a.ndjson'), `${lines.join('\n')}\n{"end":${total}}\n`)
  // The young heap of V8 alone is 50 MB: what would hold the rows does not fit into this one.
  const env = { NODE_OPTIONS: '--max-old-space-size=48' }
  const before = performance.now()
  assert.equal((await run(from, ['db', 'load', 'a.ndjson'], { env })).out, '100,000 rows loaded.\n', `seed ${seed}`)
  const digests: string[] = []
  for (const format of ['sql', 'ndjson']) {
    const dumped = await run(from, ['db', 'dump', '--format', format, '--out', format, '--json'], { env })
    digests.push(JSON.parse(dumped.out).sha256)
  }
  assert.equal((await run(to, ['db', 'load', join(from, 'sql')], { env })).code, 0)
  const again = await run(to, ['db', 'dump', '--format', 'ndjson', '--out', 'again', '--json'], { env })
  assert.equal(JSON.parse(again.out).sha256, digests[1])
  const seconds = (performance.now() - before) / 1000
  assert.ok(seconds < 60, `${seconds} s`)
})
