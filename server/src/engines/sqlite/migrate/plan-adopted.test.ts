import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import { shared } from '../../../../test/support/require.ts'
import { loadGrammar } from '../../../policy/expression/index.ts'
import type { Column } from '../../../schema/catalog.ts'
import { makeColumn, makeTable } from '../../../schema/make-catalog.ts'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import { INTEGER, NUMERIC, TEXT } from '../../../schema/types.ts'
import { introspect } from '../introspect.ts'
import { databaseOf, keylessRowsOf, migrate, rowsOf, sqlOf } from './run-plainly.suite.ts'
import { firstDifference } from './same-structure.ts'

before(() => loadGrammar())

/** A file as other tools leave it. */
const SCRIPT = `
  CREATE TABLE [Artists] (
    [Id] INTEGER PRIMARY KEY AUTOINCREMENT, -- the number
    [Name] NVARCHAR(120) COLLATE NOCASE NOT NULL DEFAULT 'nobody' /* shown */,
    Born DATE, "Kind" TEXT CHECK (Kind <> "robot"),
    Boss INT REFERENCES Artists (Id) ON DELETE SET NULL,
    Loud TEXT GENERATED ALWAYS AS (upper(Name)) VIRTUAL,
    UNIQUE (Name, Born) ON CONFLICT IGNORE, CONSTRAINT ck CHECK (length(Name) < 100)
  );
  CREATE TABLE "Album's" (Id TEXT NOT NULL, \`Artist Id\` INTEGER, Title, n INT DEFAULT (1 + 1),
    PRIMARY KEY (Id), FOREIGN KEY (\`Artist Id\`) REFERENCES Artists) WITHOUT ROWID;
  CREATE INDEX byArtist ON "Album's" (\`Artist Id\` DESC) WHERE Title IS NOT NULL;
  CREATE INDEX byLength ON Artists (length(Name));
  CREATE TABLE Log (what TEXT);
  CREATE TRIGGER noted AFTER UPDATE OF Name ON Artists BEGIN INSERT INTO Log VALUES (old.Name || ' -> ' || new.Name); END;
  CREATE VIEW Loudest AS SELECT Name, Loud FROM Artists WHERE Born > '1900';
  CREATE VIEW Broken AS SELECT gone FROM nowhere;
  CREATE VIRTUAL TABLE Search USING fts5(Title, content='');
  CREATE TRIGGER searched AFTER INSERT ON "Album's" BEGIN INSERT INTO Search(Title) VALUES (new.Title); END;
  INSERT INTO Artists (Id, Name, Born, Kind, Boss) VALUES (3, 'Ann', '1970-01-01', 'band', NULL), (7, 'Ben', '1980-02-02', NULL, 3), (9, 'Cy', NULL, NULL, NULL);
  DELETE FROM Artists WHERE Id = 9;
  INSERT INTO "Album's" VALUES ('a', 3, 'one', 5), ('b', 7, NULL, NULL)`

const A = 'public.Artists'
const B = "public.Album's"
const column = (name: string, more: Partial<Column> = {}): Column =>
  makeColumn({ name, type: TEXT, nullable: true, ...more })

interface Case {
  readonly steps: readonly MigrationStep[]
  readonly copies: readonly string[]
  /** What becomes of the text of Artists: pairs of a piece and what stands in its place. */
  readonly text?: readonly (readonly [string, string])[]
  readonly check?: (database: DatabaseSync) => void
}

const CASES: Readonly<Record<string, Case>> = {
  'a column is added': {
    steps: [{ kind: 'add-column', table: A, column: column('City'), using: null }],
    copies: [],
    text: [
      ['(\n', '(/*pilar:{"adopted":true}*/ \n'],
      [' VIRTUAL,\n', ' VIRTUAL,\n    "City" TEXT /*pilar:{"type":{"name":"text"}}*/,\n'],
    ],
  },
  'a column is renamed': {
    steps: [{ kind: 'rename-column', table: A, column: 'Name', to: 'Title' }],
    copies: [],
    check: (database) => {
      database.exec("UPDATE Artists SET Title = 'Anne' WHERE Id = 3")
      assert.equal(rowsOf(database, 'Log', 'what'), '{"#":1,"what":"Ann -> Anne"}')
      assert.equal(
        keylessRowsOf(database, 'Loudest', '*'),
        '{"Title":"Anne","Loud":"ANNE"}\n{"Title":"Ben","Loud":"BEN"}',
      )
      assert.match(sqlOf(database, 'Artists'), /\[Id\] INTEGER PRIMARY KEY AUTOINCREMENT, -- the number\n/)
      assert.match(sqlOf(database, 'Broken'), /SELECT gone FROM nowhere/)
    },
  },
  'a table is renamed, and moved': {
    steps: [{ kind: 'rename-table', table: A, to: 'music.Singers' }],
    copies: [],
    check: (database) => {
      assert.match(sqlOf(database, "Album's"), /REFERENCES "music.Singers"\) WITHOUT ROWID/)
      assert.equal(introspect(database).tables.get('music.Singers')?.columns.length, 6)
      assert.equal(introspect(database).tables.get(B)?.foreignKeys[0]?.references.table, 'music.Singers')
    },
  },
  'a column is retired': {
    steps: [{ kind: 'retire-column', table: A, column: 'Kind' }],
    copies: [],
    check: (database) =>
      assert.equal(rowsOf(database, 'Artists', 'pilar_retired_Kind AS k'), '{"#":3,"k":"band"}\n{"#":7,"k":null}'),
  },
  'rules come': {
    steps: [
      { kind: 'set-not-null', table: A, column: 'Born', using: null },
      { kind: 'drop-not-null', table: A, column: 'Name' },
      { kind: 'add-unique', table: A, unique: { name: 'u', columns: ['Born'] } },
      { kind: 'drop-check', table: A, check: { name: 'ck', expression: 'length(Name) < 100', native: true } },
      { kind: 'add-check', table: A, check: { name: 'short', expression: 'char_length("Name") < 50' } },
      { kind: 'set-column-comment', table: A, column: 'Born', comment: 'when' },
    ],
    copies: [],
    text: [
      ['(\n', '(/*pilar:{"adopted":true}*/ \n'],
      [' COLLATE NOCASE NOT NULL DEFAULT', ' COLLATE NOCASE DEFAULT'],
      ['Born DATE,', 'Born /*pilar:{"comment":"when"}*/ DATE NOT NULL,'],
      [
        ', CONSTRAINT ck CHECK (length(Name) < 100)\n  )',
        ', CONSTRAINT "short" CHECK ((length("Name") < 50) /*pilar:"char_length(\\"Name\\") < 50"*/))',
      ],
    ],
  },
  'a foreign key goes, and another comes': {
    steps: [
      {
        kind: 'drop-foreign-key',
        table: A,
        foreignKey: {
          name: 'Artists_Boss_fkey',
          columns: ['Boss'],
          references: { table: A, columns: ['Id'] },
          onDelete: 'set null',
          onUpdate: 'no action',
        },
      },
    ],
    copies: [],
    text: [[' REFERENCES Artists (Id) ON DELETE SET NULL', '']],
  },
  'a unique key goes': {
    steps: [{ kind: 'drop-unique', table: A, unique: { name: 'Artists_Name_Born_key', columns: ['Name', 'Born'] } }],
    copies: ['Artists'],
    text: [
      ['\n    UNIQUE (Name, Born) ON CONFLICT IGNORE,', ''],
      ['"robot"', "'robot'"],
    ],
    check: (database) => {
      database.exec("INSERT INTO Artists (Name) VALUES ('Dee')")
      assert.match(rowsOf(database, 'Artists', 'Name'), /{"#":10,"Name":"Dee"}/)
    },
  },
  'a type changes': {
    steps: [{ kind: 'change-type', table: B, column: 'n', from: INTEGER, to: TEXT, using: null, restores: null }],
    copies: ["Album's"],
    check: (database) => {
      assert.equal(
        keylessRowsOf(database, "Album's", 'Id, n, typeof(n) AS t'),
        '{"Id":"a","n":"5","t":"text"}\n{"Id":"b","n":null,"t":"null"}',
      )
      database.exec(`INSERT INTO "Album's" (Id, Title) VALUES ('c', 'found')`)
      assert.equal(database.prepare("SELECT count(*) AS n FROM Search WHERE Search MATCH 'found'").get()?.['n'], 1)
      assert.match(
        sqlOf(database, 'byArtist'),
        /^CREATE INDEX byArtist ON "Album's" \(`Artist Id` DESC\) WHERE Title IS NOT NULL$/,
      )
    },
  },
  'a table is retired': {
    steps: [{ kind: 'retire-table', table: A }],
    copies: [],
    check: (database) => {
      database.exec(`INSERT INTO "Album's" (Id, \`Artist Id\`) VALUES ('x', 99)`)
      database.exec(
        'CREATE TABLE Artists (Name TEXT); CREATE INDEX byLength ON Artists (length(Name)); DROP TABLE Artists',
      )
      assert.equal(rowsOf(database, 'pilar.retired_Artists', 'Name'), '{"#":3,"Name":"Ann"}\n{"#":7,"Name":"Ben"}')
    },
  },
}

for (const [name, { steps, copies, text = [], check }] of Object.entries(CASES)) {
  test(name, () => {
    const database = databaseOf(SCRIPT)
    const before = sqlOf(database, 'Artists')
    const { plan } = migrate(database, steps)
    assert.deepEqual(
      plan.copies.map((copy) => copy.source),
      copies,
    )
    if (text.length > 0) {
      for (const [old] of text) assert(before.includes(old), old)
      assert.equal(
        sqlOf(database, 'Artists'),
        text.reduce((sql, [old, now]) => sql.replace(old, () => now), before),
      )
    }
    check?.(database)
    database.close()
  })
}

test('what is retired comes back as it was', () => {
  const database = databaseOf(SCRIPT)
  const before = introspect(database)
  const table = before.tables.get(A) ?? assert.fail()
  migrate(database, [{ kind: 'retire-column', table: A, column: 'Kind' }])
  const [retired] = introspect(database).retired.columns
  const kind = table.column.get('Kind') ?? assert.fail()
  migrate(database, [
    { kind: 'restore-column', table: A, column: kind, retired: retired ?? assert.fail(), using: null },
    ...(retired?.suspended.checks ?? []).map((one): MigrationStep => ({ kind: 'add-check', table: A, check: one })),
  ])
  assert.equal(rowsOf(database, 'Artists', 'Kind'), '{"#":3,"Kind":"band"}\n{"#":7,"Kind":null}')
  migrate(database, [{ kind: 'retire-table', table: A }])
  const [gone] = introspect(database).retired.tables
  migrate(database, [{ kind: 'restore-table', retired: gone ?? assert.fail() }])
  assert.equal(
    rowsOf(database, 'Artists', 'Name, Boss'),
    '{"#":3,"Name":"Ann","Boss":null}\n{"#":7,"Name":"Ben","Boss":3}',
  )
  assert.equal(introspect(database).tables.get(A)?.foreignKeys.length, 1)
  assert.match(sqlOf(database, 'byLength'), /^CREATE INDEX "byLength" ON /)
  database.close()
})

test('our own rules follow the columns they are about', () => {
  const database = databaseOf(SCRIPT)
  const short = { name: 'short', expression: 'char_length("Name") < 50 or "Born" is null' }
  migrate(database, [{ kind: 'add-check', table: A, check: short }])
  const { after } = migrate(database, [{ kind: 'rename-column', table: A, column: 'Name', to: 'Title' }])
  const check = after.tables.get(A)?.checks.find(({ name }) => name === 'short')
  assert.match(check?.expression ?? '', /"Title"/)
  assert.match(sqlOf(database, 'Artists'), /CONSTRAINT "short" CHECK .*length\("Title"\)/)
  database.close()
})

test('an expression that does not fit the types of the file is refused', () => {
  const database = databaseOf('CREATE TABLE t (w REAL)')
  const generated = { expression: 'round("w", 1)', stored: true }
  assert.throws(
    () =>
      migrate(database, [
        { kind: 'set-table-comment', table: 'public.t', comment: 'x' },
        { kind: 'add-column', table: 'public.t', column: column('r', { type: NUMERIC, generated }), using: null },
      ]),
    {
      code: 'PILAR_SCHEMA',
      message: 't.r: function round(double precision, integer) does not exist (generated, character 1)',
      details: { step: 1 },
    },
  )
  database.close()
})

test('so is a rule that does not', () => {
  const database = databaseOf('CREATE TABLE t (w TEXT)')
  const check = { name: 'c', expression: 'w <> 7' }
  assert.throws(() => migrate(database, [{ kind: 'add-check', table: 'public.t', check }]), {
    code: 'PILAR_SCHEMA',
    message: 'operator does not exist: text <> integer',
  })
  database.close()
})

test('a write that leads to another guess of a type is no other structure', () => {
  const database = databaseOf(SCRIPT)
  const before = introspect(database)
  database.exec(`UPDATE Artists SET Born = 'long ago' WHERE Id = 3; UPDATE "Album's" SET n = 1 << 40 WHERE Id = 'a'`)
  const found = introspect(database)
  assert.notDeepEqual(found.tables.get(A)?.column.get('Born')?.type, before.tables.get(A)?.column.get('Born')?.type)
  assert.equal(firstDifference(before, found), null)
  database.exec('ALTER TABLE Artists ADD COLUMN more DATE')
  assert.match(firstDifference(before, introspect(database)) ?? '', /^public\.Artists: expected /)
  database.close()
})

test('what no step is about is not in the way when a type is guessed otherwise', () => {
  const database = databaseOf(
    `CREATE TABLE t (at DATE); CREATE TABLE other (a TEXT); INSERT INTO t VALUES ('2020-01-01')`,
  )
  const generated = { expression: 'extract(year from "at")', stored: true }
  const year = column('year', { type: NUMERIC, generated })
  migrate(database, [{ kind: 'add-column', table: 'public.t', column: year, using: null }])
  const before = sqlOf(database, 't')
  database.exec("UPDATE t SET at = 'long ago'")
  migrate(database, [{ kind: 'rename-column', table: 'public.other', column: 'a', to: 'b' }])
  assert.equal(sqlOf(database, 't'), before)
  database.close()
})

test('what is purged is gone', () => {
  const database = databaseOf(SCRIPT)
  migrate(database, [
    { kind: 'retire-column', table: A, column: 'Kind' },
    { kind: 'retire-table', table: B },
  ])
  const { retired } = introspect(database)
  const { plan } = migrate(database, [
    ...retired.columns.map((one): MigrationStep => ({ kind: 'purge-column', retired: one })),
    ...retired.tables.map((one): MigrationStep => ({ kind: 'purge-table', retired: one })),
  ])
  assert.deepEqual(
    plan.copies.map((copy) => copy.source),
    ['Artists'],
  )
  assert.doesNotMatch(sqlOf(database, 'Artists'), /Kind|pilar/)
  database.close()
})

test('a new table of ours stands beside the others, whatever they are called', () => {
  const database = databaseOf(SCRIPT)
  const table = makeTable({ name: 'texts', columns: [makeColumn({ name: 'a', type: TEXT })] })
  const { after } = migrate(database, [
    { kind: 'create-table', table, using: 'select "Title" as a from "Album\'s" where "Title" is not null' },
  ])
  assert.equal(after.tables.get('public.texts')?.columns[0]?.storage, undefined)
  assert.equal(rowsOf(database, 'texts'), '{"#":1,"a":"one"}')
  database.close()
})

test('a full text index over a table follows it, and holds its columns', () => {
  const database = databaseOf(`
    CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body TEXT, n INT);
    CREATE VIRTUAL TABLE notes_fts USING fts5(title, body, content='notes', content_rowid='id');
    CREATE TRIGGER notes_ai AFTER INSERT ON notes BEGIN INSERT INTO notes_fts(rowid, title, body) VALUES (new.id, new.title, new.body); END;
    INSERT INTO notes VALUES (4, 'one', 'first words', 1)`)
  migrate(database, [
    { kind: 'rename-table', table: 'public.notes', to: 'public.my pages' },
    { kind: 'rename-column', table: 'public.my pages', column: 'n', to: 'number' },
    { kind: 'set-default', table: 'public.my pages', column: 'number', default: '7', was: null },
  ])
  database.exec(`INSERT INTO "my pages" (title, body) VALUES ('two', 'other words')`)
  const found = database
    .prepare("SELECT rowid, title FROM notes_fts WHERE notes_fts MATCH 'words' ORDER BY rowid")
    .all()
  assert.deepEqual(
    found.map((row) => ({ ...row })),
    [
      { rowid: 4, title: 'one' },
      { rowid: 5, title: 'two' },
    ],
  )
  database.exec("INSERT INTO notes_fts(notes_fts) VALUES ('integrity-check')")
  assert.throws(
    () => migrate(database, [{ kind: 'rename-column', table: 'public.my pages', column: 'body', to: 'text' }]),
    { message: 'the full text index notes_fts reads the column "body" of my pages by this name' },
  )
  database.close()
})

const chinook = shared('chinook/chinook.sqlite')

test('every table and column of Chinook is renamed, and each loses a column: no row changes', {
  skip: chinook.skip,
}, () => {
  const file = new DatabaseSync(chinook.path, { readOnly: true })
  const database = databaseOf('CREATE TABLE t (a)')
  database.deserialize(file.serialize())
  file.close()
  database.enableDefensive(false)
  const found = introspect(database)
  const tables = [...found.tables.values()].filter((table) => table.kind === 'table')
  const texts = (table: string, columns: readonly string[]): string =>
    rowsOf(database, table, columns.map((name) => `quote("${name}") AS c`).join(', '))
  const before = tables.map((table) =>
    texts(
      table.name,
      table.columns.map((column) => column.name),
    ),
  )
  const gone = (table: (typeof tables)[number]) =>
    table.columns.findLast(
      (column) =>
        !table.primaryKey.includes(column.name) && !table.foreignKeys.some((key) => key.columns.includes(column.name)),
    )
  const { plan } = migrate(
    database,
    tables.flatMap((table): MigrationStep[] => {
      const lost = gone(table)
      return [
        ...(lost === undefined ? [] : [{ kind: 'retire-column', table: table.key, column: lost.name } as const]),
        ...table.columns
          .filter((column) => column !== lost)
          .map(
            ({ name }): MigrationStep => ({ kind: 'rename-column', table: table.key, column: name, to: `the ${name}` }),
          ),
        { kind: 'rename-table', table: table.key, to: `music.${table.name}s` },
      ]
    }),
  )
  assert.equal(plan.copies.length, 0)
  const after = tables.map((table) => {
    const lost = gone(table)?.name
    return texts(
      `music.${table.name}s`,
      table.columns.map(({ name }) => (name === lost ? `pilar_retired_${name}` : `the ${name}`)),
    )
  })
  assert.deepEqual(after, before)
  assert.equal(
    introspect(database).tables.get('music.Tracks')?.foreignKeys.length,
    found.tables.get('public.Track')?.foreignKeys.length,
  )
  database.close()
})

test('what only its author can make is left alone, or the migration refused', () => {
  const database = databaseOf(
    'CREATE TABLE t (a TEXT, b TEXT); CREATE TABLE other (x TEXT); INSERT INTO t VALUES (1, 2)',
  )
  database.function('theirs', { deterministic: true }, (value) => value)
  database.exec('CREATE INDEX odd ON t (theirs(a)); CREATE TABLE odder (a TEXT, b TEXT AS (theirs(a)))')
  migrate(database, [{ kind: 'rename-column', table: 'public.other', column: 'x', to: 'y' }])
  migrate(database, [{ kind: 'add-column', table: 'public.t', column: column('c'), using: null }])
  assert.match(sqlOf(database, 'odd'), /^CREATE INDEX odd ON t \(theirs\(a\)\)$/)
  const message = (what: string): string =>
    `the ${what} needs a function or collation that only the program that made it has`
  assert.throws(
    () => migrate(database, [{ kind: 'set-default', table: 'public.t', column: 'b', default: "'x'", was: null }]),
    {
      message: message('index odd'),
    },
  )
  assert.throws(() => migrate(database, [{ kind: 'set-table-comment', table: 'public.odder', comment: 'x' }]), {
    message: message('table odder'),
  })
  database.close()
})

test('STRICT tables, and tables of ours that somebody else changed', () => {
  const database = databaseOf(`
    CREATE TABLE strict (a INTEGER PRIMARY KEY, b TEXT, c ANY) STRICT;
    CREATE TABLE mixed ("id" INTEGER /*pilar:{"type":{"name":"bigint"},"identity":"always"}*/ CONSTRAINT "mixed_pkey" PRIMARY KEY AUTOINCREMENT NOT NULL, "name" TEXT NOT NULL,
      "strict_id" INT_BIGINT /*pilar:{"type":{"name":"bigint"}}*/ CONSTRAINT "f" REFERENCES "strict" ("a") ON DELETE CASCADE ON UPDATE NO ACTION, seen DATETIME DEFAULT CURRENT_TIMESTAMP CHECK (seen > 1) UNIQUE);
    INSERT INTO strict VALUES (1, 'x', 2.5); INSERT INTO mixed VALUES (3, 'n', 1, '2020-01-01 00:00:00')`)
  const found = introspect(database)
  migrate(database, [
    {
      kind: 'add-column',
      table: 'public.strict',
      column: column('d', { type: { name: 'numeric', precision: 10, scale: 2 }, default: '1.5' }),
      using: null,
    },
    { kind: 'add-column', table: 'public.strict', column: column('e'), using: 'upper(b)' },
    { kind: 'add-column', table: 'public.mixed', column: column('more'), using: null },
    { kind: 'set-table-comment', table: 'public.mixed', comment: 'both' },
  ])
  assert.equal(rowsOf(database, 'strict', 'b, c, d, e'), '{"#":1,"b":"x","c":2.5,"d":150,"e":"X"}')
  const { tables } = introspect(database)
  assert.deepEqual(tables.get('public.mixed')?.column.get('name'), found.tables.get('public.mixed')?.column.get('name'))
  assert.equal(tables.get('public.mixed')?.foreignKeys.length, 1)
  assert.match(
    sqlOf(database, 'mixed'),
    /seen DATETIME DEFAULT CURRENT_TIMESTAMP CHECK \(seen > 1\) UNIQUE, "more" TEXT/,
  )
  database.close()
})
