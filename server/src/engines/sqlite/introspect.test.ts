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
  assert.deepEqual(customers?.column.get('Full')?.generated, { expression: 'null', stored: false })
  database.close()
})
