import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCatalog } from './build-catalog.ts'
import { type Entries, type SchemaOptions, schema } from './builder.ts'
import type { Catalog } from './catalog.ts'
import { c } from './column.ts'
import { table, view } from './table.ts'

function build(entries: Entries, options: SchemaOptions = {}): Catalog {
  const { catalog, problems } = buildCatalog(schema(entries, options), { version: 3 })
  assert.deepEqual(problems, [])
  assert.ok(catalog)
  return catalog
}

function mistakes(entries: Entries, options: SchemaOptions = {}): string[] {
  const { catalog, problems } = buildCatalog(schema(entries, options), { version: 3 })
  assert.equal(catalog, null)
  return problems.map(({ where, message, hint }) => `${where}: ${message}${hint === null ? '' : ` (${hint})`}`)
}

test('constraints and indexes have the names PostgreSQL gives them', () => {
  const catalog = build({
    users: table({ id: c.integer().primaryKey(), email: c.text().unique() }),
    posts: table({
      id: c.integer().primaryKey(),
      title: c.text().check('title <> ?'),
      author_id: c.integer().references('users.id', { onDelete: 'cascade' }),
      status: c.text(),
      created_at: c.timestamptz(),
    })
      .check('id > 0')
      .check('id < 9')
      .check('status <> title', 'honest')
      .unique('author_id', 'title')
      .index('status', 'created_at desc')
      .index('status', 'created_at'),
  })
  const posts = catalog.tables.get('public.posts')
  assert.equal(posts?.primaryKeyName, 'posts_pkey')
  assert.deepEqual(posts?.foreignKeys, [
    {
      name: 'posts_author_id_fkey',
      columns: ['author_id'],
      references: { table: 'public.users', columns: ['id'] },
      onDelete: 'cascade',
      onUpdate: 'no action',
    },
  ])
  assert.deepEqual(
    posts?.checks.map((check) => check.name),
    ['posts_title_check', 'posts_check', 'posts_check1', 'honest'],
  )
  assert.deepEqual(posts?.uniques, [{ name: 'posts_author_id_title_key', columns: ['author_id', 'title'] }])
  assert.deepEqual(
    posts?.indexes.map((index) => index.name),
    ['posts_status_created_at_idx', 'posts_status_created_at_idx1'],
  )
  assert.deepEqual(catalog.tables.get('public.users')?.uniques, [{ name: 'users_email_key', columns: ['email'] }])
})

test('long names are cut as PostgreSQL cuts them', () => {
  const name = 'a_table_with_a_rather_long_name_for_a_table'
  const column = 'a_column_with_a_rather_long_name_too'
  const catalog = build({ [name]: table({ [column]: c.integer().unique() }) })
  // As PostgreSQL 15 names it.
  assert.equal(
    catalog.tables.get(`public.${name}`)?.uniques[0]?.name,
    'a_table_with_a_rather_long_na_a_column_with_a_rather_long_n_key',
  )
})

test('a key of several columns is not null, and the catalog is frozen all the way down', () => {
  const catalog = build({
    members: table({ org: c.integer(), person: c.uuid(), extra: c.jsonb().nullable() }).primaryKey('org', 'person'),
  })
  const members = catalog.tables.get('public.members')
  assert.deepEqual(members?.primaryKey, ['org', 'person'])
  assert.deepEqual(
    members?.columns.map((column) => column.nullable),
    [false, false, true],
  )
  assert.equal(catalog.version, 3)
  for (const part of [catalog, members, members?.columns, members?.columns[0], members?.primaryKey])
    assert.ok(Object.isFrozen(part))
})

test('open tables keep undeclared keys in a column of their own', () => {
  const things = build({ things: table({ id: c.integer().primaryKey() }, { open: true }) }).tables.get('public.things')
  assert.equal(things?.openColumn, '_open')
  assert.equal(things?.column.get('_open')?.type.name, 'jsonb')
})

test('views are read-only, and their references are relations', () => {
  const catalog = build({
    users: table({ id: c.integer().primaryKey() }),
    stats: view({ user_id: c.integer().references('users.id'), posts: c.bigint() }, 'select user_id, 1 from users'),
  })
  const stats = catalog.tables.get('public.stats')
  assert.deepEqual([stats?.kind, stats?.writable, stats?.definition], ['view', false, 'select user_id, 1 from users'])
  assert.deepEqual(
    catalog.relations.get('public.stats')?.map((relation) => relation.target),
    ['public.users'],
  )
})

test('tables of the database that are not declared may be referenced', () => {
  const existing = build({ artists: table({ id: c.integer().primaryKey() }) })
  const definition = schema({ notes: table({ artist: c.integer().references('artists.id') }) })
  assert.deepEqual(buildCatalog(definition, { version: 1, existing }).problems, [])
})

test('wrong names', () => {
  assert.deepEqual(
    mistakes(
      {
        sqlite_master: table({ id: c.integer() }),
        'pilar.jobs': table({ id: c.integer() }),
        'a.b.c': table({ id: c.integer() }),
        posts: table({
          rowid: c.integer(),
          Name: c.text(),
          name: c.text(),
          constructor: c.text(),
          ['x'.repeat(64)]: c.text(),
        }),
        'public.posts': table({ id: c.integer() }),
        empty: table({}),
      },
      { roles: ['public', ''] },
    ),
    [
      'sqlite_master: names that begin with "sqlite_" are reserved',
      'pilar.jobs: schema "pilar" is reserved',
      'a.b.c: a table name is NAME or SCHEMA.NAME: too many dots',
      'posts: it is declared twice',
      'roles: a name must not be empty',
      'roles: "public" is every role and can not be declared',
      'posts.rowid: "rowid" is the name of a system column',
      'posts.name: it differs from "Name" by upper and lower case only',
      'posts.constructor: "constructor" is not a safe name',
      `posts.${'x'.repeat(64)}: "${'x'.repeat(64)}" has 64 bytes; a name may have 63`,
      'empty: it has no columns',
    ],
  )
})

test('names that retired things have, and former names that lead nowhere, are refused', () => {
  const definition = schema({
    pilar_retired_notes: table({ id: c.integer(), Pilar_Retired_body: c.text() }),
    posts: table({ id: c.integer() }).was('posts'),
    articles: table({ id: c.integer() }).was('posts'),
  })
  const hint =
    'Pilar keeps what was taken out of schema.ts under such names: to have it back, declare it under the name it had.'
  assert.deepEqual(
    buildCatalog(definition, { version: 1 }).problems.map(({ where, message, hint }) => ({ where, message, hint })),
    [
      { where: 'pilar_retired_notes', message: 'names that begin with "pilar_retired_" are reserved', hint },
      { where: 'posts', message: 'the former name is the name it has', hint: null },
      { where: 'articles', message: 'its former name "posts" is the name of another table', hint: null },
      {
        where: 'pilar_retired_notes.Pilar_Retired_body',
        message: 'names that begin with "pilar_retired_" are reserved',
        hint,
      },
    ],
  )
})

test('wrong types and marks', () => {
  const entries = {
    posts: table({
      a: c.varchar(0),
      b: c.numeric(0),
      d: c.numeric(4, 5),
      e: c.enum(),
      f: c.enum('x', 'x', ''),
      g: c.text().identity(),
      h: c.integer().generated('1').default(1),
      i: c.integer().primaryKey().nullable(),
      j: c.text().was('a'),
    }),
  }
  assert.deepEqual(mistakes(entries), [
    'posts.a: the length of a varchar is from 1 to 10485760, not 0 (Use c.text() for any length.)',
    'posts.b: the precision of a numeric is from 1 to 1000, not 0',
    'posts.d: the scale of a numeric is from 0 to its precision 4, not 5',
    "posts.e: an enum needs values (Write c.enum('draft', 'published').)",
    'posts.f: the enum has the value "x" twice',
    'posts.f: a value of an enum is a text that is not empty',
    'posts.g: an identity column is a smallint, integer or bigint, not text',
    'posts.h: a generated column has no default',
    'posts.i: a primary key is never null (Leave out .nullable().)',
    'posts.j: its former name "a" is the name of another column',
  ])
})

test('wrong keys and references', () => {
  const users = table({ id: c.integer().primaryKey(), email: c.text() })
  const entries = {
    users,
    stats: view({ id: c.integer() }, 'delete from users'),
    posts: table({
      id: c.integer().primaryKey(),
      a: c.integer().references('user.id'),
      b: c.integer().references('users.idd'),
      d: c.text().references('users.email'),
      e: c.uuid().references('users.id'),
      f: c.integer().references('users.id', { onDelete: 'set null' }),
      g: c.integer().references('stats.id'),
      h: c.integer().references('users.id', { onDelete: 'cascad' as never }),
    })
      .primaryKey('id', 'a')
      .unique('nope' as 'a')
      .index('a', 'a')
      .foreignKey(['a', 'b'], 'users(id)'),
  }
  assert.deepEqual(mistakes(entries), [
    'posts.f: "set null" on a column that is not null (Add .nullable().)',
    "posts: it has more than one primary key (Write table({ … }).primaryKey('id', 'a') alone.)",
    'unique key of posts: there is no column "nope" (There is: id, a, b, d, e, f, g, h.)',
    'index of posts: it names a column twice',
    'stats: a view is made of a PostgreSQL select',
    'posts.a: there is no table "user" (Perhaps you meant "users".)',
    'posts.b: there is no column of users called "idd" (Perhaps you meant "id".)',
    'posts.d: users(email) is no primary or unique key (Add .primaryKey() or .unique() there.)',
    'posts.e: "e" is uuid and points to a column of type integer',
    'posts.g: "stats" is a view; a foreign key points to a table',
    'posts.g: stats(id) is no primary or unique key (Add .primaryKey() or .unique() there.)',
    'posts.h: there is no action "cascad" (Perhaps you meant "cascade".)',
    'posts.a, b: it has 2 columns and points to 1',
  ])
})

test('a circle in which no first row could be inserted', () => {
  const entry = (target: string, nullable = false) => {
    const column = c.integer().references(`${target}.id`)
    return table({ id: c.integer().primaryKey(), other: nullable ? column.nullable() : column })
  }
  assert.deepEqual(mistakes({ a: entry('b'), b: entry('d'), d: entry('a'), e: entry('a') }), [
    "a: these tables need each other's rows first: a → b → d → a; no row could ever be inserted (Make one of the foreign keys .nullable().)",
  ])
  build({ a: entry('b'), b: entry('a', true) })
  build({ tree: entry('tree') })
})

test('every mistake comes with file and line', () => {
  const { problems } = buildCatalog(schema({ posts: table({ a: c.varchar(0), b: c.integer().references('x.y') }) }), {
    version: 1,
  })
  for (const problem of problems) assert.equal(problem.at?.file, import.meta.filename)
})
