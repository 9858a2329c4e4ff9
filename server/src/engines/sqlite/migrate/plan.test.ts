import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { PilarError } from '../../../errors/error.ts'
import { loadGrammar } from '../../../policy/expression/index.ts'
import type { Column } from '../../../schema/catalog.ts'
import { makeColumn, makeTable } from '../../../schema/make-catalog.ts'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import { BIGINT, BOOLEAN, INTEGER, NUMERIC, TEXT, UUID } from '../../../schema/types.ts'
import { introspect } from '../introspect.ts'
import { copyRows, finishCopy, prepareCopy } from './copy.ts'
import { databaseOf, migrate, planOf, rowsOf, sqlOf } from './run-plainly.suite.ts'

before(() => loadGrammar())

const own = (): ReturnType<typeof databaseOf> => {
  const database = databaseOf('')
  const people = makeTable({
    name: 'people',
    columns: [
      makeColumn({ name: 'id', type: BIGINT, identity: 'by default' }),
      makeColumn({ name: 'name', type: TEXT }),
      makeColumn({ name: 'age', type: INTEGER, nullable: true, default: '18' }),
      makeColumn({ name: 'shout', type: TEXT, nullable: true, generated: { expression: 'lower(name)', stored: true } }),
      makeColumn({
        name: 'doubled',
        type: INTEGER,
        nullable: true,
        generated: { expression: 'age * 2', stored: false },
      }),
    ],
    primaryKey: ['id'],
    primaryKeyName: 'people_pkey',
    uniques: [{ name: 'people_name_key', columns: ['name'] }],
    checks: [{ name: 'people_age_check', expression: 'age > 0' }],
    indexes: [
      { name: 'people_age_idx', unique: false, columns: [{ name: 'age', descending: true }], where: 'age > 20' },
    ],
  })
  const posts = makeTable({
    name: 'posts',
    columns: [
      makeColumn({ name: 'id', type: UUID }),
      makeColumn({ name: 'author_id', type: BIGINT, nullable: true }),
      makeColumn({ name: 'title', type: TEXT, comment: 'what it is called' }),
      makeColumn({ name: 'price', type: { ...NUMERIC, precision: 10, scale: 2 }, nullable: true }),
    ],
    primaryKey: ['id'],
    primaryKeyName: 'posts_pkey',
    foreignKeys: [
      {
        name: 'posts_author_id_fkey',
        columns: ['author_id'],
        references: { table: 'public.people', columns: ['id'] },
        onDelete: 'cascade',
        onUpdate: 'no action',
      },
    ],
    comment: 'all of them',
  })
  const titles = makeTable({
    name: 'titles',
    kind: 'view',
    columns: [
      makeColumn({ name: 'title', type: TEXT, nullable: true }),
      makeColumn({ name: 'name', type: TEXT, nullable: true }),
    ],
    definition: 'select p.title, a.name from posts p left join people a on a.id = p.author_id',
  })
  const index = people.indexes[0] ?? assert.fail()
  migrate(database, [
    { kind: 'create-table', table: makeTable({ ...people, indexes: [] }), using: null },
    { kind: 'create-table', table: posts, using: null },
    { kind: 'create-index', table: 'public.people', index },
    { kind: 'create-view', table: titles },
  ])
  database.exec(`
    INSERT INTO people (id, name, age, shout) VALUES (1, 'Ann', 30, 'ann'), (5, 'Ben', NULL, 'ben'), (9, 'Cy', 40, 'cy');
    DELETE FROM people WHERE id = 9;
    INSERT INTO posts (rowid, id, author_id, title, price) VALUES (7, '00000000-0000-0000-0000-000000000001', 1, 'one', 150),
      (3, '00000000-0000-0000-0000-000000000002', 5, '2', 299)`)
  return database
}

const column = (name: string, more: Partial<Column> = {}): Column =>
  makeColumn({ name, type: TEXT, nullable: true, ...more })

const PEOPLE = 'public.people'
const POSTS = 'public.posts'

interface Case {
  readonly steps: readonly MigrationStep[]
  /** Whether rows are copied. */
  readonly copies: readonly string[]
  readonly check?: (database: ReturnType<typeof databaseOf>) => void
}

const CASES: Readonly<Record<string, Case>> = {
  'a column is added, with its default for all rows': {
    steps: [
      { kind: 'add-column', table: PEOPLE, column: column('city'), using: null },
      {
        kind: 'add-column',
        table: PEOPLE,
        column: column('on', { type: BOOLEAN, nullable: false, default: 'true' }),
        using: null,
      },
    ],
    copies: [],
    check: (database) => assert.match(rowsOf(database, 'people', '*'), /"city":null,"on":1/),
  },
  'a column is added and computed from others': {
    steps: [
      { kind: 'add-column', table: PEOPLE, column: column('initial', { nullable: false }), using: 'left(name, 1)' },
    ],
    copies: ['people'],
    check: (database) =>
      assert.equal(rowsOf(database, 'people', 'initial'), '{"#":1,"initial":"A"}\n{"#":5,"initial":"B"}'),
  },
  'a column is added from another table': {
    steps: [
      {
        kind: 'add-column',
        table: POSTS,
        column: column('author_name'),
        using: '(select a.name from people a where a.id = posts.author_id)',
      },
    ],
    copies: ['posts'],
    check: (database) =>
      assert.equal(
        rowsOf(database, 'posts', 'author_name'),
        '{"#":3,"author_name":"Ben"}\n{"#":7,"author_name":"Ann"}',
      ),
  },
  'tables and columns are renamed, and what reads them follows': {
    steps: [
      { kind: 'rename-table', table: PEOPLE, to: 'public.users' },
      { kind: 'rename-column', table: 'public.users', column: 'name', to: 'full name' },
      { kind: 'rename-column', table: 'public.users', column: 'age', to: 'years' },
      {
        kind: 'replace-view',
        table: makeTable({
          name: 'titles',
          kind: 'view',
          columns: [column('title')],
          definition: 'select p.title from posts p left join users a on a.id = p.author_id',
        }),
        was: makeTable({ name: 'titles', kind: 'view', columns: [] }),
      },
    ],
    copies: [],
    check: (database) => {
      assert.equal(
        rowsOf(database, 'users', '"full name", years'),
        '{"#":1,"full name":"Ann","years":30}\n{"#":5,"full name":"Ben","years":null}',
      )
      assert.match(sqlOf(database, 'posts'), /REFERENCES "users" \("id"\)/)
    },
  },
  'names go round in a circle': {
    steps: [
      { kind: 'rename-column', table: PEOPLE, column: 'name', to: 'x' },
      { kind: 'rename-column', table: PEOPLE, column: 'shout', to: 'name' },
      { kind: 'rename-column', table: PEOPLE, column: 'x', to: 'shout' },
      { kind: 'rename-table', table: PEOPLE, to: 'public.x' },
      { kind: 'drop-view', table: makeTable({ name: 'titles', kind: 'view', columns: [] }) },
      { kind: 'rename-table', table: POSTS, to: PEOPLE },
      { kind: 'rename-table', table: 'public.x', to: POSTS },
    ],
    copies: [],
    check: (database) =>
      assert.equal(
        rowsOf(database, 'posts', 'name, shout'),
        '{"#":1,"name":"ann","shout":"Ann"}\n{"#":5,"name":"ben","shout":"Ben"}',
      ),
  },
  'a column is retired, and keeps its values': {
    steps: [{ kind: 'retire-column', table: POSTS, column: 'price' }],
    copies: [],
    check: (database) => {
      assert.equal(
        rowsOf(database, 'posts', 'pilar_retired_price'),
        '{"#":3,"pilar_retired_price":299}\n{"#":7,"pilar_retired_price":150}',
      )
      assert.equal(introspect(database).retired.columns[0]?.retiredAt, '2026-01-02T03:04:05Z')
    },
  },
  'a table is retired': {
    steps: [
      { kind: 'drop-view', table: makeTable({ name: 'titles', kind: 'view', columns: [] }) },
      { kind: 'drop-foreign-key', table: POSTS, foreignKey: fk() },
      { kind: 'retire-table', table: PEOPLE },
    ],
    copies: [],
    check: (database) =>
      assert.equal(rowsOf(database, 'pilar.retired_people', 'name'), '{"#":1,"name":"Ann"}\n{"#":5,"name":"Ben"}'),
  },
  'a type changes, and the former values are kept': {
    steps: [
      {
        kind: 'change-type',
        table: POSTS,
        column: 'title',
        from: TEXT,
        to: INTEGER,
        using: "case when title = '2' then 2 else 1 end",
        restores: null,
      },
    ],
    copies: ['posts'],
    check: (database) =>
      assert.equal(
        rowsOf(database, 'posts', 'title, pilar_retired_title'),
        '{"#":3,"title":2,"pilar_retired_title":"2"}\n{"#":7,"title":1,"pilar_retired_title":"one"}',
      ),
  },
  'a type grows': {
    steps: [
      { kind: 'change-type', table: PEOPLE, column: 'age', from: INTEGER, to: BIGINT, using: null, restores: null },
    ],
    copies: [],
  },
  'not null, checks, defaults, comments come and go': {
    steps: [
      { kind: 'set-not-null', table: POSTS, column: 'price', using: null },
      { kind: 'drop-not-null', table: POSTS, column: 'title' },
      { kind: 'drop-check', table: PEOPLE, check: { name: 'people_age_check', expression: 'age > 0' } },
      { kind: 'add-check', table: PEOPLE, check: { name: 'people_name_check', expression: "name <> ''" } },
      { kind: 'add-check', table: PEOPLE, check: { name: 'c2', expression: "name ~ '^[A-Z]'" } },
      { kind: 'set-column-comment', table: PEOPLE, column: 'name', comment: 'in */ full' },
      { kind: 'set-table-comment', table: POSTS, comment: null },
    ],
    copies: [],
  },
  'a default changes': {
    steps: [{ kind: 'set-default', table: PEOPLE, column: 'age', default: '21', was: '18' }],
    copies: ['people'],
  },
  'nulls are filled': {
    steps: [{ kind: 'set-not-null', table: PEOPLE, column: 'age', using: 'char_length(name)' }],
    copies: ['people'],
    check: (database) =>
      assert.equal(
        rowsOf(database, 'people', 'age, doubled'),
        '{"#":1,"age":30,"doubled":60}\n{"#":5,"age":3,"doubled":6}',
      ),
  },
  'unique keys and indexes come': {
    steps: [
      { kind: 'add-unique', table: POSTS, unique: { name: 'posts_title_key', columns: ['title'] } },
      {
        kind: 'create-index',
        table: POSTS,
        index: { name: 'i1', unique: false, columns: [{ name: 'price', descending: false }], where: null },
      },
    ],
    copies: [],
    check: (database) =>
      assert.throws(() => database.exec("UPDATE posts SET title = 'same'"), /UNIQUE constraint failed/),
  },
  'a unique key and an index go': {
    steps: [
      { kind: 'drop-unique', table: PEOPLE, unique: { name: 'people_name_key', columns: ['name'] } },
      { kind: 'drop-index', table: PEOPLE, index: { name: 'people_age_idx', unique: false, columns: [], where: null } },
    ],
    copies: ['people'],
  },
  'a foreign key goes, and another comes': {
    steps: [
      { kind: 'drop-foreign-key', table: POSTS, foreignKey: fk() },
      { kind: 'add-foreign-key', table: POSTS, foreignKey: { ...fk(), name: 'again', onDelete: 'restrict' } },
    ],
    copies: [],
  },
  'the primary key changes': {
    steps: [
      {
        kind: 'add-column',
        table: POSTS,
        column: makeColumn({ name: 'n', type: BIGINT, identity: 'always' }),
        using: null,
      },
      { kind: 'set-primary-key', table: POSTS, columns: ['n'], name: 'posts_pkey', was: ['id'] },
    ],
    copies: ['posts'],
    check: (database) =>
      assert.equal(rowsOf(database, 'posts', 'n, title'), '{"#":3,"n":3,"title":"2"}\n{"#":7,"n":7,"title":"one"}'),
  },
  'names change their case alone': {
    steps: [
      { kind: 'rename-column', table: PEOPLE, column: 'shout', to: 'Shout' },
      { kind: 'drop-view', table: makeTable({ name: 'titles', kind: 'view', columns: [] }) },
      { kind: 'rename-table', table: POSTS, to: 'public.Posts' },
    ],
    copies: [],
    check: (database) => assert.match(sqlOf(database, 'Posts'), /^CREATE TABLE "Posts" /),
  },
  'a column of the primary key is retired': {
    steps: [{ kind: 'retire-column', table: POSTS, column: 'id' }],
    copies: ['posts'],
    check: (database) => assert.equal(rowsOf(database, 'posts', 'title'), '{"#":3,"title":"2"}\n{"#":7,"title":"one"}'),
  },
  'a column begins to be computed by us': {
    steps: [
      {
        kind: 'add-column',
        table: PEOPLE,
        column: column('upper', { generated: { expression: 'upper(name)', stored: true } }),
        using: null,
      },
    ],
    copies: ['people'],
    check: (database) => assert.match(rowsOf(database, 'people', 'upper'), /"upper":"ANN"/),
  },
  'a computed column becomes an ordinary one, and another computes otherwise': {
    steps: [
      {
        kind: 'set-generated',
        table: PEOPLE,
        column: 'shout',
        generated: null,
        was: { expression: 'lower(name)', stored: true },
      },
      {
        kind: 'set-generated',
        table: PEOPLE,
        column: 'doubled',
        generated: { expression: 'age * 3', stored: false },
        was: { expression: 'age * 2', stored: false },
      },
    ],
    // An index has a condition, which may be about the column.
    copies: ['people'],
    check: (database) => assert.match(rowsOf(database, 'people', 'shout, doubled'), /"shout":"ann","doubled":90/),
  },
  'a table of another one': {
    steps: [
      {
        kind: 'create-table',
        table: makeTable({
          name: 'prices',
          columns: [
            makeColumn({ name: 'post_id', type: UUID }),
            column('price', { type: { ...NUMERIC, precision: 10, scale: 2 } }),
          ],
          primaryKey: ['post_id'],
          primaryKeyName: 'prices_pkey',
          foreignKeys: [
            {
              name: 'f',
              columns: ['post_id'],
              references: { table: 'public.articles', columns: ['id'] },
              onDelete: 'cascade',
              onUpdate: 'no action',
            },
          ],
        }),
        using: 'select id as post_id, price from posts',
      },
      { kind: 'drop-view', table: makeTable({ name: 'titles', kind: 'view', columns: [] }) },
      { kind: 'rename-table', table: POSTS, to: 'public.articles' },
      { kind: 'retire-column', table: 'public.articles', column: 'price' },
    ],
    copies: [],
    check: (database) => assert.equal(rowsOf(database, 'prices', 'price'), '{"#":1,"price":299}\n{"#":2,"price":150}'),
  },
}

function fk() {
  return {
    name: 'posts_author_id_fkey',
    columns: ['author_id'],
    references: { table: PEOPLE, columns: ['id'] },
    onDelete: 'cascade',
    onUpdate: 'no action',
  } as const
}

for (const [name, { steps, copies, check }] of Object.entries(CASES)) {
  test(name, () => {
    const database = own()
    const { plan } = migrate(database, steps)
    assert.deepEqual(
      plan.copies.map((copy) => copy.source),
      copies,
    )
    check?.(database)
    database.close()
  })
}

test('a killed migration is planned again with the same copies', () => {
  const database = own()
  const steps: MigrationStep[] = [{ kind: 'set-default', table: PEOPLE, column: 'age', default: '21', was: '18' }]
  const plan = planOf(database, steps)
  for (const copy of plan.copies) prepareCopy(database, copy)
  const again = planOf(database, steps, { at: '2027-01-01T00:00:00Z' })
  assert.deepEqual(again, plan)
  assert.notEqual(planOf(database, [{ kind: 'set-table-comment', table: POSTS, comment: 'new' }, ...steps]).id, plan.id)
  database.close()
})

test('rows that break a new rule are found, in the name of the step', () => {
  const database = own()
  const refusals: readonly [MigrationStep, string, number][] = [
    [{ kind: 'set-not-null', table: PEOPLE, column: 'age', using: null }, '23502', 1],
    [{ kind: 'add-check', table: PEOPLE, check: { name: 'c', expression: "name ~ '^A'" } }, '23514', 1],
    [{ kind: 'add-unique', table: PEOPLE, unique: { name: 'u', columns: ['shout'] } }, '23505', 1],
    [
      {
        kind: 'add-foreign-key',
        table: PEOPLE,
        foreignKey: {
          name: 'f',
          columns: ['age'],
          references: { table: PEOPLE, columns: ['id'] },
          onDelete: 'cascade',
          onUpdate: 'cascade',
        },
      },
      '23503',
      1,
    ],
  ]
  database.exec("UPDATE people SET shout = 'same'")
  const first: MigrationStep = { kind: 'set-column-comment', table: PEOPLE, column: 'name', comment: 'x' }
  for (const [step, code, index] of refusals) {
    assert.throws(
      () => migrate(database, [first, step]),
      (error: PilarError) => error.code === code && (error.details as { step: number }).step === index,
      code,
    )
  }
  database.close()
})

const BOSS_KEY: MigrationStep = {
  kind: 'add-foreign-key',
  table: PEOPLE,
  foreignKey: {
    ...{ name: 'f', columns: ['boss'], references: { table: PEOPLE, columns: ['id'] } },
    ...{ onDelete: 'no action', onUpdate: 'no action' },
  },
}

test('a foreign key of a large table is verified before the switch, and what changes until then', () => {
  const database = own()
  const first: MigrationStep = { kind: 'rename-column', table: PEOPLE, column: 'age', to: 'boss' }
  const options = { rows: () => 1_000_000 }
  database.exec('UPDATE people SET age = id')
  const plan = planOf(database, [first, BOSS_KEY], options)
  assert.deepEqual(
    [plan.copies.map(({ source, reads }) => [source, reads]), plan.switch.names, plan.switch.checks],
    [[['people', ['people']]], [], []],
  )
  const refused = (error: PilarError): boolean => {
    const { step } = error.details as { step: number }
    assert.deepEqual(
      [error.code, error.message, step],
      ['23503', 'insert or update on table "people" violates foreign key constraint "f"', 1],
    )
    return true
  }
  for (const change of ['UPDATE people SET age = 99 WHERE id = 1', 'DELETE FROM people WHERE id = 2']) {
    database.exec('SAVEPOINT s')
    for (const copy of plan.copies) {
      prepareCopy(database, copy)
      copyRows(database, copy, { after: null, rows: 1 })
      copyRows(database, copy, { after: [1n], rows: 1_000 })
    }
    database.exec(`UPDATE people SET age = 2 WHERE id = 1; ${change}`)
    assert.throws(() => {
      for (const copy of plan.copies) finishCopy(database, copy)
    }, refused)
    database.exec('ROLLBACK TO s; RELEASE s')
  }
  const { after } = migrate(database, [first, BOSS_KEY], options)
  assert.deepEqual(
    after.tables.get(PEOPLE)?.foreignKeys.map((key) => key.name),
    ['f'],
  )
  database.close()
})
