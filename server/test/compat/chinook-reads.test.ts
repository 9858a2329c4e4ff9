/** Reads over Chinook with the unmodified client, each compared with plain SQL run beside the server on the same file. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { supabase } from '../support/supabase.ts'
import { userToken } from '../support/tokens.ts'
import { type Chinook, chinook, LUIS, startChinook } from './chinook.ts'
import { embedCases } from './chinook-embed.cases.ts'
import { type Client, plainCases } from './chinook-plain.cases.ts'

let served: Chinook
let clients: { anon: Client; customer: Client; service: Client }

before(async () => {
  if (chinook.skip !== false) return
  served = await startChinook()
  const token = await userToken('d0a8f9e2-0000-4000-8000-000000000001', { email: LUIS })
  clients = {
    anon: supabase(served.url, served.keys.anon),
    customer: supabase(served.url, served.keys.anon, token),
    service: supabase(served.url, served.keys.service),
  }
})
after(() => served?.close())

for (const { name, who = 'anon', ask, rows, json, count } of [...plainCases, ...embedCases]) {
  test(name, { skip: chinook.skip }, async () => {
    const reply = await ask(clients[who])
    assert.equal(reply.error, null)
    const expected = rows === undefined ? JSON.parse(String(served.sql.value(json ?? ''))) : served.sql.all(rows)
    assert.deepEqual(reply.data, expected)
    if (count !== undefined) assert.equal(reply.count, served.sql.value(count))
  })
}

/** As PostgreSQL writes a composite value, which PostgREST's CSV is made of: quoted where there is a blank, too. */
const cell = (value: unknown) =>
  /[\s,()"\\]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value)

test('CSV has a header line and the same cells', { skip: chinook.skip }, async () => {
  const { data, error } = await clients.anon.from('Genre').select('GenreId,Name').order('GenreId').csv()
  assert.equal(error, null)
  const lines = served.sql
    .all('SELECT * FROM Genre ORDER BY GenreId')
    .map((row) => `${row['GenreId']},${cell(row['Name'])}`)
  assert.equal(data, ['GenreId,Name', ...lines].join('\n'))
})

test('a numeric sum agrees with SQL to the cent', { skip: chinook.skip }, async () => {
  const { data, error } = await clients.service.from('Invoice').select('CustomerId,Total.sum()').order('CustomerId')
  assert.equal(error, null)
  const cents = (row: { CustomerId: number; sum: number }) => [row.CustomerId, Math.round(row.sum * 100)]
  const rows = served.sql.all(
    'SELECT CustomerId, sum(Total) AS sum FROM Invoice GROUP BY CustomerId ORDER BY CustomerId',
  )
  assert.deepEqual(
    data?.map(cents),
    rows.map((row) => cents(row as { CustomerId: number; sum: number })),
  )
})

test('dates come in ISO form and filter as such', { skip: chinook.skip }, async () => {
  const { data, error } = await clients.service
    .from('Invoice')
    .select('InvoiceId,InvoiceDate')
    .gte('InvoiceDate', '2021-01-01')
    .lt('InvoiceDate', '2021-02-01')
    .order('InvoiceId')
  assert.equal(error, null)
  const rows = served.sql.all(`SELECT InvoiceId, replace(InvoiceDate, ' ', 'T') AS InvoiceDate FROM Invoice
    WHERE InvoiceDate >= '2021-01-01' AND InvoiceDate < '2021-02-01' ORDER BY InvoiceId`)
  assert.ok(rows.length > 0)
  assert.deepEqual(data, rows)
})
