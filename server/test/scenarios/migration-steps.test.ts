import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, type TestContext, test } from 'node:test'
import type { EnginePool } from '../../src/engines/engine.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { loadGrammar } from '../../src/policy/expression/index.ts'
import { buildCatalog } from '../../src/schema/build-catalog.ts'
import { schema } from '../../src/schema/builder.ts'
import type { Catalog } from '../../src/schema/catalog.ts'
import { c } from '../../src/schema/column.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { diff } from '../../src/schema/migration/diff.ts'
import { table } from '../../src/schema/table.ts'
import { systemClock } from '../../src/std/clock.ts'
import { tempFolder } from '../support/temp.ts'

const signal = new AbortController().signal

before(() => loadGrammar())

interface Fixture {
  readonly pool: EnginePool
  readonly rows: (sql: string) => unknown
  readonly exec: (sql: string) => void
}

async function open(t: TestContext): Promise<Fixture> {
  const folder = tempFolder()
  t.after(folder.remove)
  const file = join(folder.path, 'data.db')
  const env = { observe: () => {}, clock: systemClock }
  const pool = await sqlite.open({ url: `sqlite:${file}`, statementTimeoutMs: 5000, transactionMs: 5000 }, env)
  t.after(() => pool.close())
  const database = new DatabaseSync(file, { timeout: 5000 })
  t.after(() => database.close())
  return {
    pool,
    rows: (sql) =>
      database
        .prepare(sql)
        .all()
        .map((row) => Object.values(row)),
    exec: (sql) => database.exec(sql),
  }
}

function catalogOf(definition: SchemaDefinition): Catalog {
  const { catalog } = buildCatalog(definition, { version: 1 })
  assert.ok(catalog)
  return catalog
}

async function become({ pool }: Fixture, definition: SchemaDefinition): Promise<void> {
  const { structure } = pool
  const lease = await structure.acquireLease({ holder: 'a test', signal })
  try {
    const from = await structure.introspect(signal)
    const { steps, obstacles } = diff(from, catalogOf(definition), { known: null })
    assert.deepEqual(obstacles, [])
    const entry = {
      ...{ id: 0, name: null, checksum: null, kind: 'apply' as const, undoes: null, steps, before: '', after: '' },
      ...{ at: '2026-01-01T00:00:00Z', durationMs: 0 },
    }
    await structure.migrate({ steps, from, entry }, { lease, signal })
    const left = diff(await structure.introspect(signal), catalogOf(definition), { known: null })
    assert.deepEqual(left.steps, [])
  } finally {
    await lease.release()
  }
}

const FIRST = schema({
  authors: table({ id: c.integer().primaryKey(), name: c.text() }),
  posts: table({
    id: c.bigint().identity().primaryKey(),
    title: c.text(),
    views: c.text().nullable(),
    author_id: c.integer().references('authors.id', { onDelete: 'cascade' }),
  }),
})

async function start(t: TestContext): Promise<Fixture> {
  const fixture = await open(t)
  await become(fixture, FIRST)
  fixture.exec(`INSERT INTO authors VALUES (1, 'Ann'), (2, 'Bob');
    INSERT INTO posts (id, title, views, author_id) VALUES (1, 'one', '11', 1), (5, 'five', NULL, 2)`)
  return fixture
}

test('an empty database becomes what is declared, with an entry in the journal', async (t) => {
  const fixture = await start(t)
  const [entry] = await fixture.pool.structure.journal(signal)
  assert.deepEqual(
    entry?.steps.map(({ kind }) => kind),
    ['create-table', 'create-table'],
  )
  assert.deepEqual([entry?.id, entry?.kind, entry?.at], [1, 'apply', '2026-01-01T00:00:00Z'])
})

test('types, rules and new columns at one moment, all rows with their keys', async (t) => {
  const fixture = await start(t)
  await become(
    fixture,
    schema({
      authors: table({ id: c.integer().primaryKey(), name: c.text().unique() }),
      posts: table({
        id: c.bigint().identity().primaryKey(),
        title: c.text(),
        views: c.integer().using('coalesce(views::integer, 0)'),
        slug: c.text().using(`lower(title) || '-' || id`),
        author_id: c.integer().references('authors.id', { onDelete: 'cascade' }),
      }),
    }),
  )
  assert.deepEqual(fixture.rows('SELECT id, title, views, slug, author_id FROM posts ORDER BY id'), [
    [1, 'one', 11, 'one-1', 1],
    [5, 'five', 0, 'five-5', 2],
  ])
  assert.equal((await fixture.pool.structure.journal(signal)).length, 2)
})

test('a duplicate refuses a unique key and is told; nothing has changed', async (t) => {
  const fixture = await start(t)
  fixture.exec("UPDATE authors SET name = 'Ann'")
  const before = fixture.rows('SELECT * FROM sqlite_schema')
  await assert.rejects(
    become(
      fixture,
      schema({
        ...{ authors: table({ id: c.integer().primaryKey(), name: c.text().unique() }) },
        posts: table({
          id: c.bigint().identity().primaryKey(),
          title: c.text(),
          views: c.text().nullable(),
          author_id: c.integer().references('authors.id', { onDelete: 'cascade' }),
        }),
      }),
    ),
    { code: '23505', details: { step: 0, row: { name: 'Ann' } } },
  )
  assert.deepEqual(fixture.rows('SELECT * FROM sqlite_schema'), before)
})

test('a duplicate that comes with a new type is named, with its key', async (t) => {
  const fixture = await start(t)
  fixture.exec("INSERT INTO posts (id, title, views, author_id) VALUES (9, 'nine', '011', 1)")
  const changed = schema({
    authors: table({ id: c.integer().primaryKey(), name: c.text() }),
    posts: table({
      id: c.bigint().identity().primaryKey(),
      title: c.text(),
      views: c.integer().nullable().unique(),
      author_id: c.integer().references('authors.id', { onDelete: 'cascade' }),
    }),
  })
  await assert.rejects(become(fixture, changed), {
    code: '23505',
    message: 'duplicate key value violates unique constraint "posts_views_key"',
    details: { table: 'posts', step: 0, columns: ['views'], row: { rowid: '9' } },
  })
})

test('what is taken out of the declaration is retired, and inserts go on', async (t) => {
  const fixture = await start(t)
  await become(fixture, schema({ authors: table({ id: c.integer().primaryKey() }) }))
  fixture.exec('INSERT INTO authors (id) VALUES (3); PRAGMA foreign_keys = ON; DELETE FROM authors WHERE id = 1')
  const { retired } = await fixture.pool.structure.introspect(signal)
  assert.deepEqual([retired.tables.length, retired.columns.map(({ column }) => column.name)], [1, ['name']])
})
