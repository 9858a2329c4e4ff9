import type { Seed, SeedContext } from 'pilar'

/**
 * Fills the shop: `pilar start` calls this when it has just created the database, `pilar db seed` whenever you ask for it. `random()` gives the
 * same numbers every time, so every start has the same rows: no test or tutorial depends on luck. `upsert` knows a row again by its key, so that a
 * second run adds nothing.
 */
const CUSTOMERS = 300
const STAFF = 3
const PRODUCTS = 400
const ORDERS = 1200
const REVIEWS = 900

const DAY_MS = 86_400_000
const OPENED_MS = Date.UTC(2026, 0, 1)
const DAYS_OPEN = 300

const CITIES = ['Avonlea', 'Brookfield', 'Cedar Falls', 'Dunmore', 'Eastwick', 'Fernhill']
const KINDS = ['Lamp', 'Chair', 'Shelf', 'Mug', 'Rug', 'Clock', 'Basket', 'Blanket', 'Notebook', 'Tray']
const COLORS = ['amber', 'black', 'blue', 'green', 'grey', 'red', 'sand', 'white']
const MATERIALS = ['ash', 'clay', 'cotton', 'glass', 'linen', 'oak', 'steel', 'wool']
const CATEGORIES = [
  'Kitchen',
  'Living room',
  'Bedroom',
  'Office',
  'Garden',
  'Lighting',
  'Textiles',
  'Storage',
  'Gifts',
  'Outlet',
]
const REMARKS = [
  'Exactly as described.',
  'Smaller than I expected, but well made.',
  'Arrived quickly and in one piece.',
  'The colour differs a little from the picture.',
  'I bought a second one.',
]

/** The user id of customer `n`; staff are the first three. A token with this `sub` is that customer. */
const customerId = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

export default (async ({ upsert, random }) => {
  await upsert('profiles', profiles(random))
  await upsert(
    'staff',
    range(STAFF).map((n) => ({ user_id: customerId(n), title: n === 1 ? 'Manager' : 'Clerk' })),
  )
  await upsert(
    'categories',
    CATEGORIES.map((name, index) => ({ id: index + 1, name, slug: slug(name), position: index + 1 })),
  )
  const goods = products(random)
  await upsert('products', goods)
  await upsert('product_categories', productCategories(random))
  const { orders, items } = ordersWithItems(random, goods)
  await upsert('orders', orders)
  await upsert('order_items', items)
  await upsert('reviews', reviews(random), { on: ['product_id', 'customer_id'] })
}) satisfies Seed

type Random = SeedContext['random']

function profiles(random: Random) {
  return range(CUSTOMERS).map((n) => ({
    id: customerId(n),
    display_name: `Customer ${n}`,
    email: `customer${n}@example.com`,
    phone: random() < 0.6 ? `+1 555 01${String(n).padStart(3, '0')}` : null,
    city: pick(CITIES, random),
    created_at: moment(random),
  }))
}

function products(random: Random) {
  return range(PRODUCTS).map((n) => {
    const kind = pick(KINDS, random)
    const color = pick(COLORS, random)
    const material = pick(MATERIALS, random)
    const priceCents = 500 + Math.floor(random() * 19_500)
    return {
      id: n,
      name: `${capital(color)} ${material} ${kind.toLowerCase()} ${n}`,
      description: `A ${kind.toLowerCase()} of ${material}, in ${color}.`,
      status: random() < 0.85 ? 'published' : random() < 0.5 ? 'draft' : 'archived',
      price: cents(priceCents),
      cost: cents(Math.floor(priceCents * 0.55)),
      stock: Math.floor(random() * 120),
      attributes: { color, material, weight_grams: 100 + Math.floor(random() * 4900) },
      tags: [color, material, ...(random() < 0.2 ? ['new'] : [])],
      created_at: moment(random),
    }
  })
}

function productCategories(random: Random) {
  return range(PRODUCTS).flatMap((product) => {
    const first = 1 + Math.floor(random() * CATEGORIES.length)
    const second = 1 + Math.floor(random() * CATEGORIES.length)
    return [...new Set([first, second])].map((category) => ({ product_id: product, category_id: category }))
  })
}

type Goods = ReturnType<typeof products>

function ordersWithItems(random: Random, goods: Goods) {
  const orders = range(ORDERS).map((n) => ({
    id: `10000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    customer_id: customerId(1 + Math.floor(random() * CUSTOMERS)),
    status: pick(['pending', 'paid', 'shipped', 'shipped', 'delivered', 'delivered', 'delivered', 'cancelled'], random),
    note: random() < 0.1 ? 'Please ring the bell.' : null,
    placed_at: moment(random),
  }))
  const items = orders.flatMap((order) =>
    range(1 + Math.floor(random() * 4)).map((position) => {
      const product = 1 + Math.floor(random() * PRODUCTS)
      return {
        order_id: order.id,
        position,
        product_id: product,
        quantity: 1 + Math.floor(random() * 3),
        unit_price: goods[product - 1]?.price ?? '0.00',
      }
    }),
  )
  return { orders, items }
}

function reviews(random: Random) {
  const seen = new Set<string>()
  const rows = range(REVIEWS).map(() => ({
    product_id: 1 + Math.floor(random() * PRODUCTS),
    customer_id: customerId(1 + Math.floor(random() * CUSTOMERS)),
    stars: 5 - Math.floor(random() * random() * 5),
    body: pick(REMARKS, random),
    created_at: moment(random),
  }))
  return rows.filter((row) => {
    const key = `${row.product_id} ${row.customer_id}`
    return seen.size < seen.add(key).size
  })
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const pick = <T>(items: readonly T[], random: Random) => items[Math.floor(random() * items.length)] as T
const cents = (amount: number) => (amount / 100).toFixed(2)
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
const slug = (name: string) => name.toLowerCase().replaceAll(' ', '-')
const moment = (random: Random) => new Date(OPENED_MS + Math.floor(random() * DAYS_OPEN) * DAY_MS).toISOString()
