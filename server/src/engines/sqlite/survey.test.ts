import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { tempFolder } from '../../../test/support/temp.ts'
import { loadGrammar } from '../../policy/expression/index.ts'
import type { Column, Table } from '../../schema/catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../../schema/make-catalog.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import {
  BIGINT,
  type ColumnType,
  DATE,
  INTEGER,
  JSONB,
  type ScalarType,
  TEXT,
  TIMESTAMPTZ,
} from '../../schema/types.ts'
import { printCreateTable } from './migrate/print-table.ts'
import { survey } from './survey.ts'

before(loadGrammar)
const folder = tempFolder()
after(() => folder.remove())

let files = 0
function fileOf(sql: string): string {
  const file = join(folder.path, `${++files}.db`)
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
  return file
}

/** A file of our own making: tables in our storage, and rows as they are stored. */
function ownFile(tables: readonly Table[], rows: string): string {
  const catalog = makeCatalog({ version: 0, tables })
  return fileOf([...tables.map((table) => printCreateTable(table, { catalog })), rows].join(';\n'))
}

const nullable = (name: string, type: ColumnType, more: Partial<Column> = {}): Column =>
  makeColumn({ name, type, nullable: true, ...more })
const STATE: ScalarType = { name: 'enum', enumName: 'posts_state', values: ['draft', 'live', 'gone'] }
const PRICE: ScalarType = { name: 'numeric', precision: 10, scale: 2 }

const authors = makeTable({
  name: 'authors',
  columns: [makeColumn({ name: 'id', type: INTEGER }), nullable('name', TEXT)],
  primaryKey: ['id'],
})
const posts = makeTable({
  name: 'posts',
  columns: [
    makeColumn({ name: 'id', type: INTEGER }),
    nullable('title', TEXT),
    nullable('pages', TEXT),
    nullable('price', PRICE),
    nullable('state', STATE),
    nullable('author', INTEGER),
    nullable('seen', TIMESTAMPTZ),
    nullable('data', JSONB),
  ],
  primaryKey: ['id'],
})
const LIBRARY = (): string =>
  ownFile(
    [authors, posts],
    `INSERT INTO authors VALUES (1, 'Ana'), (2, NULL), (3, 'Ana');
  INSERT INTO posts VALUES
    (1, 'First', '12', 1050, 'draft', 1, '2020-01-01T00:00:00+00:00', '1'),
    (2, NULL, 'none', NULL, 'live', 9, '2020-01-01T10:00:00+00:00', 'null'),
    (3, 'First', ' 7 ', -5, 'gone', NULL, NULL, NULL),
    (4, 'Third', '7.5', 99999, 'gone', 2, NULL, '"x"'),
    (5, NULL, NULL, 100, NULL, 8, NULL, '[1]')`,
  )
const EMPTY = (): string => ownFile([authors, posts], '')

async function findings(file: string, ...steps: MigrationStep[]): Promise<readonly unknown[]> {
  const signal = new AbortController().signal
  const { findings: list } = await survey(steps, { file, lockTimeoutMs: 1000, nowMicros: 0n, signal })
  return list.map(({ kind, message, hint, rows, samples, step }) => [
    step,
    `${kind}: ${message}${hint === null ? '' : ` | ${hint}`}`,
    rows,
    ...samples,
  ])
}

const changeType = (column: string, from: ColumnType, to: ColumnType, using: string | null = null): MigrationStep => ({
  ...{ kind: 'change-type', table: 'public.posts', column, from, to, using, restores: null },
})
const addColumn = (column: Column, using: string | null = null): MigrationStep => ({
  ...{ kind: 'add-column', table: 'public.posts', column, using },
})
const setNotNull = (column: string, using: string | null = null): MigrationStep => ({
  ...{ kind: 'set-not-null', table: 'public.posts', column, using },
})

const REFUSALS: readonly {
  readonly what: string
  readonly steps: readonly MigrationStep[]
  readonly found: readonly unknown[]
}[] = [
  {
    what: 'values that a new type has no place for',
    steps: [changeType('pages', TEXT, INTEGER)],
    found: [
      [
        0,
        "refuses: 2 values of posts.pages can't be converted from text to integer | Correct them, or say what becomes of them: .using('…').",
        2,
        { id: 2, pages: 'none' },
        { id: 4, pages: '7.5' },
      ],
    ],
  },
  {
    what: 'values that lose something',
    steps: [changeType('seen', TIMESTAMPTZ, DATE), changeType('price', PRICE, BIGINT)],
    found: [
      [
        0,
        'tells: 1 value of posts.seen loses the time of day | The former values are kept with the retired column, until it is purged.',
        1,
        { id: 2, seen: '2020-01-01T10:00:00+00:00' },
      ],
      [
        1,
        'tells: 3 values of posts.price lose digits after the point | The former values are kept with the retired column, until it is purged.',
        3,
        { id: 1, price: 10.5 },
        { id: 3, price: -0.05 },
        { id: 4, price: 999.99 },
      ],
    ],
  },
  {
    what: 'values of an enum that are no more',
    steps: [changeType('state', STATE, { ...STATE, values: ['live'] })],
    found: [
      [
        0,
        "refuses: 3 rows of posts.state have a value that is no longer allowed: gone (2), draft (1) | Correct them, or say what becomes of them: .using('…').",
        3,
        { state: 'gone', rows: 2 },
        { state: 'draft', rows: 1 },
      ],
    ],
  },
  {
    what: 'types with nothing in common',
    steps: [changeType('data', JSONB, { name: 'array', element: TEXT })],
    found: [
      [
        0,
        "refuses: posts.data can't be converted from jsonb to text[] without an expression | Say what becomes of the values: .using('…').",
        0,
      ],
    ],
  },
  {
    what: 'an expression that fails for some rows',
    steps: [changeType('pages', TEXT, INTEGER, 'pages::integer + coalesce(price, 0)::integer')],
    found: [
      [
        0,
        "refuses: 2 values for posts.pages can't be computed: invalid input syntax for type integer | Correct the rows, or the expression.",
        2,
        { id: 2, pages: 'none', price: null },
        { id: 4, pages: '7.5', price: 999.99 },
      ],
    ],
  },
  {
    what: 'an expression with a mistake',
    steps: [addColumn(nullable('slug', TEXT), 'lower(titel)')],
    found: [
      [
        0,
        'refuses: posts.slug: column "titel" does not exist (using, character 7) | Perhaps you meant the column "title".',
        0,
      ],
    ],
  },
  {
    what: 'rows without a value',
    steps: [setNotNull('title')],
    found: [
      [
        0,
        "refuses: 2 rows of posts.title have no value | Say what they get: .using('…').",
        2,
        { id: 2, title: null },
        { id: 5, title: null },
      ],
    ],
  },
  {
    what: 'rows for which the expression gives none either',
    steps: [setNotNull('title', 'pages')],
    found: [
      [
        0,
        'refuses: 1 row would have no value in posts.title: the expression gives none | Let it give a value for every row, with coalesce(…, …) for instance.',
        1,
        { id: 5, title: null, pages: null },
      ],
    ],
  },
  {
    what: 'a new column that must have a value',
    steps: [addColumn(makeColumn({ name: 'rank', type: INTEGER }))],
    found: [
      [
        0,
        "refuses: 5 rows would have no value in posts.rank | Add .default('…') or .using('…'), or make it .nullable().",
        5,
        ...[1, 2, 3, 4, 5].map((id) => ({ id })),
      ],
    ],
  },
  {
    what: 'duplicates of a new key',
    steps: [
      { kind: 'add-unique', table: 'public.posts', unique: { name: 'posts_title_key', columns: ['title'] } },
      {
        kind: 'create-index',
        table: 'public.posts',
        index: {
          name: 'by_state',
          unique: true,
          columns: [{ name: 'state', descending: false }],
          where: 'price is not null or id > 3',
        },
      },
    ],
    found: [
      [
        0,
        'refuses: 1 value of posts.title is there more than once, in 2 rows (posts_title_key) | Change or remove the rows that are too many.',
        2,
        { title: 'First', rows: 2 },
      ],
      [
        1,
        'refuses: 1 value of posts.state is there more than once, in 2 rows (by_state) | Change or remove the rows that are too many.',
        2,
        { state: 'gone', rows: 2 },
      ],
    ],
  },
  {
    what: 'orphans of a new foreign key',
    steps: [
      {
        kind: 'add-foreign-key',
        table: 'public.posts',
        foreignKey: {
          name: 'posts_author_fkey',
          columns: ['author'],
          references: { table: 'public.authors', columns: ['id'] },
          onDelete: 'no action',
          onUpdate: 'no action',
        },
      },
    ],
    found: [
      [
        0,
        'refuses: 2 rows of posts.author have no row in authors (posts_author_fkey) | Add the missing rows, or set the column to null, or remove these rows.',
        2,
        { id: 2, author: 9 },
        { id: 5, author: 8 },
      ],
    ],
  },
  {
    what: 'rows that break a new check',
    steps: [
      {
        kind: 'add-check',
        table: 'public.posts',
        check: { name: 'posts_price_check', expression: 'price > 0 and lower(title) <> pages' },
      },
    ],
    found: [
      [
        0,
        'refuses: 1 row of posts breaks the check posts_price_check | Correct the rows, or the check.',
        1,
        { id: 3, price: -0.05, title: 'First', pages: ' 7 ' },
      ],
    ],
  },
  {
    what: 'rules that values break after a change of type',
    steps: [
      changeType('title', TEXT, INTEGER, 'length(title)'),
      { kind: 'add-unique', table: 'public.posts', unique: { name: 'posts_title_key', columns: ['title'] } },
    ],
    found: [
      [
        1,
        'refuses: 1 value of posts.title is there more than once, in 3 rows (posts_title_key) | Change or remove the rows that are too many.',
        3,
        { title: 5, rows: 3 },
      ],
    ],
  },
  {
    what: 'what is taken out of sight',
    steps: [
      { kind: 'retire-column', table: 'public.posts', column: 'title' },
      { kind: 'retire-table', table: 'public.authors' },
    ],
    found: [
      [0, 'tells: 3 values of posts.title are kept, out of sight', 3],
      [1, 'tells: 3 rows of authors are kept, out of sight', 3],
    ],
  },
  {
    what: 'nothing where rows follow a renamed table and column',
    steps: [
      { kind: 'rename-table', table: 'public.posts', to: 'public.books' },
      { kind: 'rename-column', table: 'public.books', column: 'title', to: 'name' },
      { kind: 'set-not-null', table: 'public.books', column: 'name', using: "'Untitled ' || id" },
    ],
    found: [],
  },
  {
    what: 'a table that is filled by a select',
    steps: [
      {
        kind: 'create-table',
        table: makeTable({
          name: 'names',
          columns: [
            makeColumn({ name: 'id', type: INTEGER, identity: 'by default' }),
            makeColumn({ name: 'name', type: TEXT }),
          ],
          primaryKey: ['id'],
          uniques: [{ name: 'names_name_key', columns: ['name'] }],
        }),
        using: 'select name from authors',
      },
    ],
    found: [
      [
        0,
        'refuses: 1 row would have no value in names.name: the select gives none | Let it give a value for every row, with coalesce(…, …) for instance.',
        1,
        { id: null, name: null },
      ],
    ],
  },
]

for (const { what, steps, found } of REFUSALS) {
  test(`finds ${what}`, async () => {
    assert.deepEqual(await findings(LIBRARY(), ...steps), found)
  })
}

test('finds nothing in tables without rows but what no row is needed for', async () => {
  const needsNoRow = ['types with nothing in common', 'an expression with a mistake']
  const file = EMPTY()
  for (const { what, steps, found } of REFUSALS) {
    assert.deepEqual(await findings(file, ...steps), needsNoRow.includes(what) ? found : [], what)
  }
})

test('tells which step is to blame for what no row is to blame for', async () => {
  const first = addColumn(nullable('note', TEXT))
  const twice = [first, changeType('pages', TEXT, INTEGER, 'length(pages)'), changeType('pages', INTEGER, TEXT)]
  assert.deepEqual(await findings(EMPTY(), ...twice), [
    [
      2,
      'refuses: the values of public.posts.pages are to change twice in one migration | Make two migrations of it.',
      0,
    ],
  ])
})

test('shows what each step comes to', async () => {
  const signal = new AbortController().signal
  const steps = [
    addColumn(nullable('note', TEXT)),
    changeType('pages', TEXT, INTEGER, 'length(pages)'),
    { kind: 'rename-column', table: 'public.posts', column: 'note', to: 'remark' },
  ] as const
  const { steps: shown } = await survey(steps, { file: LIBRARY(), lockTimeoutMs: 1000, nowMicros: 0n, signal })
  assert.deepEqual(
    shown.map(({ rows, copies }) => [rows, copies]),
    [
      [0, false],
      [5, true],
      [0, false],
    ],
  )
  assert.deepEqual(shown[2]?.sql, ['ALTER TABLE "posts" RENAME COLUMN "note" TO remark'])
  const changed = shown[1]?.sql.join('\n') ?? ''
  assert.match(changed, /INSERT INTO "pilar\.copy_.* SELECT .*length\("s"\."pages"\), .* FROM "posts" AS s/)
  assert.doesNotMatch(changed, /DROP TABLE/)
})

test('shows what a step comes to that reads what a step before it retired', async () => {
  const signal = new AbortController().signal
  const added = { ...nullable('length', INTEGER), nullable: false }
  const steps: readonly MigrationStep[] = [
    { kind: 'retire-column', table: 'public.posts', column: 'pages' },
    addColumn(added, 'char_length(pages)'),
    { kind: 'rename-column', table: 'public.posts', column: 'length', to: 'size' },
  ]
  const { steps: shown } = await survey(steps, { file: LIBRARY(), lockTimeoutMs: 1000, nowMicros: 0n, signal })
  assert.deepEqual(
    shown.map(({ rows, copies }) => [rows, copies]),
    [
      [0, false],
      [5, true],
      [0, false],
    ],
  )
  assert.match(shown[1]?.sql.join('\n') ?? '', /INSERT INTO "pilar\.copy_.* SELECT .*length\("s"\."pages"\)/)
  assert.deepEqual(shown[2]?.sql, ['ALTER TABLE "posts" RENAME COLUMN "length" TO size'])
})
