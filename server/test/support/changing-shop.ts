/** A large table through many versions of its schema, and requests that are right in all of them. */
import { DatabaseSync } from 'node:sqlite'
import { type Entries, schema } from '../../src/schema/builder.ts'
import { c } from '../../src/schema/column.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { table } from '../../src/schema/table.ts'
import type { Asked } from './live-load.ts'
import { seededRandom } from './temp.ts'

const id = c.integer().identity().primaryKey()
const open = { select: { public: 'true' }, insert: { public: 'true' }, update: { public: 'true' } }
const reviews = table({ id, product_id: c.integer().references('products.id'), stars: c.integer() })
  .index('product_id')
  .policies(open)
const others = (count: number): Entries =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `other_${at}`,
      table({ id, name: c.text().check("name <> ''") }).policies(open),
    ]),
  )

/** One version after the other, by what is new in it. `tables` more are there from the beginning. */
export function versions(tables: number): readonly { readonly name: string; readonly definition: SchemaDefinition }[] {
  const rest = { reviews: reviews, ...others(tables) }
  const first = { id, title: c.text(), price: c.integer(), stock: c.integer(), note: c.text().nullable() }
  const { note: _, ...unnoted } = first
  const { title, ...untitled } = unnoted
  const steps: readonly (readonly [string, Entries])[] = [
    ['at first', { products: table(first).policies(open) }],
    ['a column', { products: table({ ...first, label: c.text().default("'none'") }).policies(open) }],
    [
      'a table',
      { products: table({ ...first, label: c.text().default("'none'") }).policies(open), tags: table({ id }) },
    ],
    ['a column less', { products: table(unnoted).policies(open) }],
    ['another name', { products: table({ ...untitled, headline: title.was('title') }).policies(open) }],
    ['another type', { products: table({ ...untitled, headline: title, price: c.numeric(10, 2) }).policies(open) }],
  ]
  return steps.map(([name, entries]) => ({ name, definition: schema({ ...entries, ...rest }) }))
}

/** Rows of which every value follows from the id. */
export function fillShop(file: string, rows: number): void {
  const database = new DatabaseSync(file)
  database.exec(`
    BEGIN;
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO products (id, title, price, stock, note) SELECT i, 'title ' || i, i * 3, 0, 'note ' || i FROM n;
    INSERT INTO reviews (product_id, stars) SELECT id, id % 5 FROM products WHERE id <= 1000;
    COMMIT`)
  database.close()
}

type Row = Readonly<Record<string, unknown>>

/** What is wrong with a product, whichever version gave it. */
function wrongProduct(row: Row): string | null {
  const key = Number(row['id'])
  const name = row['headline'] ?? row['title']
  if (name !== `title ${key}`) return `its title is ${JSON.stringify(name)}`
  if (Number(row['price']) !== key * 3) return `its price is ${JSON.stringify(row['price'])}`
  if ('note' in row && row['note'] !== `note ${key}` && row['note'] !== null)
    return `its note is ${JSON.stringify(row['note'])}`
  return null
}

function wrongProducts(body: unknown, count: number): string | null {
  if (!Array.isArray(body) || body.length !== count) return `not ${count} rows`
  return (body as readonly Row[]).map(wrongProduct).find((wrong) => wrong !== null) ?? null
}

/** Reads, writes and embeds in turn, at random. What was written is counted in `written`: each adds one to the stock that is read at the end. */
export function shopping(
  rows: number,
  seed: number,
): { readonly next: () => Asked; readonly written: Map<number, number> } {
  const random = seededRandom(seed)
  const written = new Map<number, number>()
  const any = (below: number): number => 1 + Math.floor(random() * below)
  const next = (): Asked => {
    const key = any(rows)
    const what = random()
    if (what < 0.4) {
      const check: Asked['check'] = (status, body) => (status === 200 ? wrongProducts(body, 1) : 'refused')
      return { method: 'GET', path: `products?id=eq.${key}`, check }
    }
    if (what < 0.6) {
      const start = any(rows - 20)
      const path = `products?id=gte.${start}&order=id&limit=10`
      return { method: 'GET', path, check: (status, body) => (status === 200 ? wrongProducts(body, 10) : 'refused') }
    }
    if (what < 0.75) {
      const path = `products?select=*,reviews(stars)&id=eq.${any(1000)}`
      return { method: 'GET', path, check: (status, body) => (status === 200 ? wrongProducts(body, 1) : 'refused') }
    }
    if (what < 0.85) {
      const body = { product_id: any(1000), stars: any(5) }
      return { method: 'POST', path: 'reviews', body, check: (status) => (status === 201 ? null : 'refused') }
    }
    const stock = (written.get(key) ?? 0) + 1
    written.set(key, stock)
    const check: Asked['check'] = (status) => (status === 204 ? null : 'refused')
    return { method: 'PATCH', path: `products?id=eq.${key}`, body: { stock: key }, check }
  }
  return { next, written }
}
