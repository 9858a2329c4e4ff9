/** Northwind, made from its script: names with spaces, views over views, text keys, blobs, and columns that are all but clean. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { as, ask } from '../support/http.ts'
import { shared } from '../support/require.ts'
import { type Served, startServer } from '../support/server.ts'
import { type Sql, sql } from '../support/sql.ts'
import { supabase } from '../support/supabase.ts'
import { tempFolder } from '../support/temp.ts'
import type { Client } from './chinook-plain.cases.ts'

const script = shared('northwind/northwind.sqlite.sql')
/** Names that no generator of APIs likes. */
const ODD = `
  CREATE TABLE "weird ""table""" (
    "id" INTEGER PRIMARY KEY, "select" TEXT, "a.b" TEXT, "c,d" TEXT, "e(f)" TEXT, "g""h" TEXT, "i'j" TEXT, "k:l" TEXT, "ümlaut 名" TEXT, "order" INTEGER,
    "parent id" INTEGER REFERENCES "weird ""table"""("id"));
  INSERT INTO "weird ""table""" VALUES (1, 's', 'ab', 'cd', 'ef', 'gh', 'ij', 'kl', 'ü', 2, NULL), (2, 's2', 'x', 'y', 'z', 'q', 'r', 't', 'n', 1, 1);`

let served: Served
let beside: Sql
let db: Client
before(async () => {
  if (script.skip !== false) return
  const folder = tempFolder()
  try {
    const file = join(folder.path, 'northwind.sqlite')
    const made = sql(file)
    made.run(readFileSync(script.path, 'utf8'))
    made.run(ODD)
    made.close()
    served = await startServer({ database: file })
  } finally {
    folder.remove()
  }
  beside = sql(served.file)
  db = supabase(served.url, served.keys.service)
})
after(async () => {
  beside?.close()
  await served?.close()
})

const it = (name: string, body: () => Promise<void>) => test(name, { skip: script.skip }, body)

async function same(asked: PromiseLike<{ data: unknown; error: unknown }>, query: string): Promise<void> {
  const { data, error } = await asked
  assert.equal(error, null)
  assert.deepEqual(data, beside.all(query))
}

it('a table whose name has a space', () =>
  same(
    db.from('Order Details').select('OrderID,ProductID,Quantity').eq('OrderID', 10248).order('ProductID'),
    'SELECT OrderID, ProductID, Quantity FROM [Order Details] WHERE OrderID = 10248 ORDER BY ProductID',
  ))

it('embeds through it, in both directions', async () => {
  const { data, error } = await db
    .from('Orders')
    .select('OrderID,"Order Details"(Quantity,Products(ProductName))')
    .eq('OrderID', 10248)
  assert.equal(error, null)
  const lines = beside.all(
    `SELECT Quantity, ProductName FROM [Order Details] JOIN Products USING (ProductID) WHERE OrderID = 10248`,
  )
  const [order] = data as unknown as { 'Order Details': { Quantity: number; Products: { ProductName: string } }[] }[]
  const byName = (a: { ProductName: unknown }, b: { ProductName: unknown }) =>
    String(a.ProductName).localeCompare(String(b.ProductName))
  assert.deepEqual(
    order?.['Order Details']
      .map((line) => ({ Quantity: line.Quantity, ProductName: line.Products.ProductName }))
      .sort(byName),
    lines.map((line) => ({ Quantity: line['Quantity'], ProductName: line['ProductName'] })).sort(byName),
  )
})

it('many to many through a junction with text keys', async () => {
  const { data, error } = await db.from('Employees').select('EmployeeID,Territories(TerritoryID)').eq('EmployeeID', 1)
  assert.equal(error, null)
  const ids = beside
    .all('SELECT TerritoryID FROM EmployeeTerritories WHERE EmployeeID = 1')
    .map((row) => row['TerritoryID'])
  assert.deepEqual(data?.[0]?.Territories.map((row: { TerritoryID: string }) => row.TerritoryID).sort(), ids.sort())
})

it('views are read, filtered, ordered and counted', async () => {
  for (const view of [
    'Current Product List',
    'Products Above Average Price',
    'Order Subtotals',
    'Customer and Suppliers by City',
    'Sales by Category',
    'Invoices',
  ]) {
    const { data, error, count } = await db.from(view).select('*', { count: 'exact' }).limit(3)
    assert.equal(error, null, `${view}: ${JSON.stringify(error)}`)
    assert.equal(count, beside.value(`SELECT count(*) FROM [${view}]`), view)
    const names = Object.keys(beside.all(`SELECT * FROM [${view}] LIMIT 1`)[0] ?? {})
    if (names.length > 0) assert.deepEqual(Object.keys((data as object[])[0] ?? {}), names)
  }
  await same(
    db.from('Current Product List').select('ProductName').like('ProductName', 'C%').order('ProductName'),
    "SELECT ProductName FROM [Current Product List] WHERE ProductName GLOB 'C*' ORDER BY ProductName",
  )
})

it('a view is not written', async () => {
  const { status } = await db.from('Current Product List').insert({ ProductName: 'x' })
  assert.ok(status >= 400 && status < 500, String(status))
})

it('text keys and text that looks like numbers stay text', () =>
  same(
    db.from('Territories').select('TerritoryID').in('TerritoryID', ['01581', '1581']),
    "SELECT TerritoryID FROM Territories WHERE TerritoryID = '01581'",
  ))

it('blobs come as bytea', async () => {
  const { data, error } = await db.from('Categories').select('Picture').eq('CategoryID', 1).single()
  assert.equal(error, null)
  assert.equal(
    data?.['Picture'],
    `\\x${String(beside.value('SELECT lower(hex(Picture)) FROM Categories WHERE CategoryID = 1'))}`,
  )
})

it('every table answers', async () => {
  const tables = beside
    .all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .map((row) => String(row['name']))
  assert.ok(tables.length >= 13)
  for (const table of tables) {
    const answer = await ask(`${served.url}/rest/v1/${encodeURIComponent(table)}?limit=1000`, {
      headers: { ...as(served.keys.service), prefer: 'count=exact' },
    })
    assert.ok([200, 206].includes(answer.status), `${table}: ${answer.text.slice(0, 300)}`)
    assert.equal(
      answer.headers['content-range']?.split('/')[1],
      String(beside.value(`SELECT count(*) FROM "${table.replaceAll('"', '""')}"`)),
    )
  }
})

it('a table whose name holds quotes, with columns that are keywords and punctuation', async () => {
  const path = `${served.url}/rest/v1/${encodeURIComponent('weird "table"')}`
  const select = ['select', '"a.b"', '"c,d"', '"e(f)"', '"g\\"h"', '"i\'j"', '"k:l"', '"ümlaut 名"', 'order']
    .map(encodeURIComponent)
    .join(',')
  const answer = await ask(
    `${path}?select=${select}&order=${encodeURIComponent('order.asc,"a.b".desc')}&${encodeURIComponent('"c,d"')}=neq.none`,
    {
      headers: as(served.keys.service),
    },
  )
  assert.equal(answer.status, 200, answer.text)
  const rows = beside.all(
    'SELECT "select", "a.b", "c,d", "e(f)", "g""h", "i\'j", "k:l", "ümlaut 名", "order" FROM "weird ""table""" ORDER BY "order"',
  )
  assert.deepEqual(answer.json, rows)
})

it('and writes to it', async () => {
  const path = `${served.url}/rest/v1/${encodeURIComponent('weird "table"')}`
  const row = { id: 3, select: "'; DROP TABLE Orders; --", 'a.b': '"', 'g"h': "''", 'parent id': 1 }
  const written = await ask(`${path}?select=*`, {
    method: 'POST',
    headers: { ...as(served.keys.service), prefer: 'return=representation' },
    body: JSON.stringify(row),
  })
  assert.equal(written.status, 201, written.text)
  assert.deepEqual(beside.all('SELECT "select", "a.b", "g""h" FROM "weird ""table""" WHERE id = 3'), [
    { select: row.select, 'a.b': '"', 'g"h': "''" },
  ])
  const children = await ask(`${path}?select=id,${encodeURIComponent('children:"weird \\"table\\""(id)')}&id=eq.1`, {
    headers: as(served.keys.service),
  })
  assert.equal(children.status, 200, children.text)
  assert.equal(beside.value('SELECT count(*) FROM Orders'), 830)
})

it('the structure of the file is what it was', async () => {
  const structure = beside.all('SELECT type, name, sql FROM sqlite_master ORDER BY rowid')
  assert.ok(!structure.some((row) => /pilar/i.test(String(row['name']))), 'Pilar left something in the file')
})
