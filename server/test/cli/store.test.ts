/** The example shop, started as `npm start` does and asked as its README promises, with the unmodified client library. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { SupabaseClient } from '@supabase/supabase-js'
import type { DatabaseOf } from 'pilar'
import type schema from '../../../examples/store/schema.ts'
import { supabase } from '../support/supabase.ts'
import { tempFolder } from '../support/temp.ts'
import { SECRET, userToken } from '../support/tokens.ts'
import { Pilar, ROOT, type Started, started } from './process.ts'

const user = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

let pilar: Pilar
let store: Started
const data = tempFolder()

before(async () => {
  const args = ['start', '--project', 'examples/store', '--data', join(data.path, 'data'), '--port', '0', '--json']
  pilar = new Pilar(args, { cwd: ROOT, env: { PILAR_JWT_SECRET: SECRET } })
  store = await started(pilar)
})
after(async () => {
  const { code } = await pilar.stop()
  data.remove()
  assert.equal(code, 0)
})

const visitor = () => supabase(store.url, store.keys.publishable)
const customer = async (n: number) => supabase(store.url, store.keys.publishable, await userToken(user(n)))
const owner = () => supabase(store.url, store.keys.secret)

async function count(client: ReturnType<typeof visitor>, table: string): Promise<number> {
  const { count: total, error } = await client.from(table).select('*', { count: 'exact', head: true })
  assert.equal(error, null, table)
  assert.ok(total !== null)
  return total
}

test('the generator gives the same rows every time', async () => {
  const totals = { profiles: 300, staff: 3, categories: 10, products: 400, orders: 1200 }
  for (const [table, total] of Object.entries(totals)) assert.equal(await count(owner(), table), total, table)
  const { data: rows } = await owner().from('products').select('name, price, tags').eq('id', 17).single()
  assert.deepEqual(rows, { name: 'Black cotton shelf 17', price: 6.2, tags: ['black', 'cotton'] })
})

test('visitors browse what is published', async () => {
  const typed = visitor() as unknown as SupabaseClient<DatabaseOf<typeof schema>>
  const { data: products, error } = await typed
    .from('products')
    .select('name, status, price, categories(name), reviews(stars, profiles(display_name))')
    .order('created_at', { ascending: false })
    .limit(20)
  assert.equal(error, null)
  assert.equal(products?.length, 20)
  assert.ok(products?.every((product) => product.status === 'published' && product.categories.length > 0))
  assert.ok(
    products
      ?.flatMap((product) => product.reviews)
      .every((review) => /^Customer \d+$/.test(review.profiles.display_name)),
  )
  assert.ok((await count(visitor(), 'offers')) > 0)
})

test('what is hidden from visitors does not exist for them', async () => {
  const codes = await Promise.all(
    [
      visitor().from('products').select('cost'),
      visitor().from('profiles').select('email'),
      visitor().from('products').select('name').gt('cost', 1),
      visitor().from('profiles').select('display_name').order('phone'),
      visitor().from('orders').select('*'),
      visitor().from('staff').select('*'),
    ].map(async (request) => (await request).error?.code),
  )
  assert.deepEqual(codes, ['42703', '42703', '42703', '42703', 'PGRST205', 'PGRST205'])
})

test('customers see and change what is theirs', async () => {
  const client = await customer(17)
  const { data: orders } = await client
    .from('orders')
    .select('customer_id, order_items(quantity, unit_price, products(name))')
  assert.ok(orders !== null && orders.length > 0)
  assert.ok(orders.every((order) => order.customer_id === user(17) && order.order_items.length > 0))
  assert.equal(await count(client, 'profiles'), 1)

  const { data: order } = await client.from('orders').insert({ note: 'First.' }).select().single()
  assert.equal(order.customer_id, user(17))
  const { data: product } = await client.from('products').select('id, price').limit(1).single()
  assert.ok(product !== null)
  const item = { order_id: order.id, position: 1, product_id: product.id, quantity: 2 }
  const cheap = await client.from('order_items').insert({ ...item, unit_price: 0 })
  assert.equal(cheap.error?.code, '42501', 'nobody names their own price')
  const fair = await client
    .from('order_items')
    .insert({ ...item, unit_price: product.price })
    .select('quantity')
    .single()
  assert.deepEqual(fair.data, { quantity: 2 })

  const paid = await client.from('orders').update({ status: 'paid' }).eq('id', order.id)
  assert.equal(paid.error?.code, '42501')
  const cancelled = await client.from('orders').update({ status: 'cancelled' }).eq('id', order.id).select('status')
  assert.equal(cancelled.error?.code, undefined)
  assert.deepEqual(cancelled.data, [{ status: 'cancelled' }])
  const forged = await client.from('orders').insert({ customer_id: user(18) })
  assert.equal(forged.error?.code, '42501')
})

test('staff see and change everything but cost', async () => {
  const client = await customer(1)
  assert.ok((await count(client, 'orders')) >= 1200)
  assert.equal(await count(client, 'profiles'), 300)
  assert.equal(await count(client, 'products'), 400)
  const { data: renamed } = await client
    .from('categories')
    .update({ position: 99 })
    .eq('slug', 'outlet')
    .select('position')
  assert.deepEqual(renamed, [{ position: 99 }])
  const other = await (await customer(17)).from('categories').update({ position: 1 }).eq('slug', 'outlet').select()
  assert.deepEqual(other.data, [])
  assert.equal((await client.from('products').select('cost')).error?.code, '42703')
})
