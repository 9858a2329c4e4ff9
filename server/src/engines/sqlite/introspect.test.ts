import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { typeLabel } from '../../schema/types.ts'
import { introspect } from './introspect.ts'

/** A file as other tools leave it. */
const ADOPTED = `
  CREATE TABLE "Order Details" (
    "Order ID" INTEGER NOT NULL, [Pro"duct] TEXT, Qty NUMERIC DEFAULT 1, -- a comment, with a comma
    Price DECIMAL(10,2) /* another ) */ CHECK (Price >= 0),
    CONSTRAINT "pk ,(" PRIMARY KEY ("Order ID", [Pro"duct]), CONSTRAINT positive CHECK (Qty > 0 AND Qty <> ')')
  ) WITHOUT ROWID;
  CREATE TABLE Customers (Id INTEGER PRIMARY KEY, Code VARCHAR(5) UNIQUE, Born DATE, Seen DATETIME, Active BOOLEAN, Photo BLOB,
    Boss INT REFERENCES customers ON DELETE SET NULL, Full TEXT GENERATED ALWAYS AS (Code || '!') VIRTUAL);
  CREATE UNIQUE INDEX "by born" ON Customers (Born DESC) WHERE Active;
  CREATE VIEW Codes AS SELECT Id, Code, 1 + 1 AS two FROM Customers;
  INSERT INTO Customers (Code, Born, Seen) VALUES ('a', '2020-01-01', '2020-01-01 10:00:00')`

test('adopts a file with odd names as it is', () => {
  const database = new DatabaseSync(':memory:')
  database.exec(ADOPTED)
  const { tables } = introspect(database)
  const shown = [...tables.values()].map((table) => ({
    name: table.name,
    kind: table.kind,
    columns: table.columns.map(
      ({ name, type, nullable, storage }) => `${name} ${typeLabel(type)}${nullable ? '?' : ''} ${storage}`,
    ),
    key: table.primaryKey,
    keyName: table.primaryKeyName,
    storage: table.storage,
  }))
  assert.deepEqual(shown, [
    {
      name: 'Order Details',
      kind: 'table',
      columns: ['Order ID integer native', 'Pro"duct text native', 'Qty numeric? native', 'Price numeric? native'],
      key: ['Order ID', 'Pro"duct'],
      keyName: 'pk ,(',
      storage: 'without rowid',
    },
    {
      name: 'Customers',
      kind: 'table',
      columns: [
        'Id integer native',
        'Code text? native',
        'Born date? native',
        'Seen timestamp without time zone? native space',
        'Active boolean? native',
        'Photo bytea? native',
        'Boss integer? native',
        'Full text? native',
      ],
      key: ['Id'],
      keyName: 'Customers_pkey',
      storage: undefined,
    },
    {
      name: 'Codes',
      kind: 'view',
      columns: ['Id integer? native', 'Code text? native', 'two text? native'],
      key: [],
      keyName: null,
      storage: undefined,
    },
  ])
  const [details, customers] = [...tables.values()]
  assert.deepEqual(details?.checks, [
    { name: 'Order Details_Price_check', expression: 'Price >= 0', native: true },
    { name: 'positive', expression: "Qty > 0 AND Qty <> ')'", native: true },
  ])
  assert.equal(customers?.column.get('Id')?.identity, 'by default')
  assert.deepEqual(customers?.uniques, [{ name: 'Customers_Code_key', columns: ['Code'] }])
  assert.deepEqual(customers?.indexes, [
    { name: 'by born', unique: true, columns: [{ name: 'Born', descending: true }], where: 'Active' },
  ])
  const references = { table: 'public.Customers', columns: ['Id'] }
  assert.deepEqual(customers?.foreignKeys, [
    { name: 'Customers_Boss_fkey', columns: ['Boss'], references, onDelete: 'set null', onUpdate: 'no action' },
  ])
  assert.deepEqual(customers?.column.get('Full')?.generated, { expression: "Code || '!'", stored: false, native: true })
  database.close()
})

test('lists what a Catalog has no word for', () => {
  const database = new DatabaseSync(':memory:')
  database.exec(`
    CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT COLLATE NOCASE, body TEXT);
    CREATE VIRTUAL TABLE notes_fts USING fts5(title, body, content='notes', content_rowid='id');
    CREATE TRIGGER notes_ai AFTER INSERT ON notes BEGIN INSERT INTO notes_fts(rowid, title) VALUES (new.id, new.title); END;
    CREATE INDEX by_length ON notes (length(body));
    CREATE INDEX by_body ON notes (body COLLATE NOCASE);
    CREATE INDEX by_title ON notes (title);`)
  const { opaque, tables } = introspect(database)
  assert.deepEqual([...tables.keys()], ['public.notes'])
  assert.deepEqual(
    opaque.map(({ kind, table, name }) => `${kind}: ${name} of ${table}`),
    [
      'virtual table: notes_fts of null',
      'trigger: notes_ai of public.notes',
      'index on an expression: by_length of public.notes',
      'index with a collation: by_body of public.notes',
      'collation: title of public.notes',
    ],
  )
  assert.equal(opaque.at(-1)?.text, 'COLLATE NOCASE')
  database.close()
})

test('columns whose rules have ON CONFLICT clauses say so', () => {
  const database = new DatabaseSync(':memory:')
  database.exec(`CREATE TABLE t (a TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '', b INT, [C d] TEXT, at DATETIME UNIQUE ON CONFLICT IGNORE, e TEXT UNIQUE,
    UNIQUE (b, "c D") ON CONFLICT FAIL)`)
  const table = introspect(database).tables.get('public.t')
  assert.deepEqual(
    table?.columns.map(({ name, storage }) => `${name}: ${storage}`),
    [
      'a: native, on conflict',
      'b: native, on conflict',
      'C d: native, on conflict',
      'at: native space, on conflict',
      'e: native',
    ],
  )
  database.close()
})

test('an index changes nothing in how values are read', () => {
  const database = new DatabaseSync(':memory:')
  database.exec("CREATE TABLE t (at DATE); INSERT INTO t VALUES ('2020-01-01'), ('1 January')")
  const type = () => introspect(database).tables.get('public.t')?.columns[0]?.type.name
  assert.equal(type(), 'date')
  database.exec('CREATE INDEX i ON t (at) WHERE at IS NOT NULL')
  assert.equal(type(), 'date')
})

test('keeps what is retired, in the making or rubbish out of sight', () => {
  const database = new DatabaseSync(':memory:')
  const column = {
    name: 'mail',
    type: { name: 'text' },
    nullable: false,
    default: null,
    generated: null,
    identity: null,
    comment: null,
  }
  const suspended = {
    primaryKey: false,
    uniques: [{ name: 'people_mail_key', columns: ['mail'] }],
    foreignKeys: [],
    checks: [],
    indexes: [],
  }
  const retiredAt = '2026-01-01T00:00:00Z'
  const table = {
    ...{ schema: 'public', name: 'old', kind: 'table', columns: [column], primaryKey: [], primaryKeyName: null },
    ...{ uniques: [], foreignKeys: [], checks: [], indexes: [], comment: null, openColumn: null },
    ...{ system: false, definition: null, writable: true },
  }
  database.exec(`
    CREATE TABLE people (id INT_INTEGER /*pilar:{"type":{"name":"integer"}}*/ NOT NULL,
      pilar_retired_mail TEXT /*pilar:${JSON.stringify({ retired: { column, suspended, retiredAt } })}*/);
    CREATE TABLE "pilar.retired_old" (/*pilar:${JSON.stringify({ retired: { table, retiredAt } })}*/ mail TEXT NOT NULL);
    CREATE TABLE "pilar.copy_1_1" (id INT_INTEGER); CREATE TABLE "pilar.rubbish_1" (id INT_INTEGER);
    CREATE TABLE "pilar.migrations" (/*pilar:{"system":true}*/ id INT_INTEGER)`)
  const { tables, retired } = introspect(database)
  assert.deepEqual([...tables.keys()], ['public.people', 'pilar.migrations'])
  assert.deepEqual([...(tables.get('public.people')?.column.keys() ?? [])], ['id'])
  assert.deepEqual(retired.columns, [
    { table: 'public.people', storedAs: 'pilar_retired_mail', column, suspended, retiredAt },
  ])
  assert.deepEqual(
    retired.tables.map(({ table, storedAs }) => [table.key, [...table.column.keys()], storedAs]),
    [['public.old', ['mail'], 'pilar.retired_old']],
  )
  database.close()
})
