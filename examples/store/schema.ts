import { c, expr, schema, table, view } from 'pilar'

/**
 * A small shop. Anonymous visitors browse what is published; customers see and change what is theirs; staff, who are listed in a table that
 * nobody can read, see and change everything. Every rule is next to the table it guards.
 */
const mine = 'customer_id = auth.uid()'
const staff = 'is_staff()'

export default schema(
  {
    profiles: table({
      id: c.uuid().primaryKey(),
      display_name: c.text().check('char_length(display_name) between 1 and 80'),
      email: c.text().unique().check("position('@' in email) > 1"),
      phone: c.text().nullable(),
      city: c.text().nullable(),
      created_at: c.timestamptz().default('now()'),
    })
      .comment('Customers and staff; the id is the user id of their token.')
      // A visitor sees who wrote a review, and neither address nor number.
      .hidden({ anon: ['email', 'phone'] })
      .policies({
        select: {
          anon: 'exists (select 1 from reviews where reviews.customer_id = profiles.id)',
          authenticated: `id = auth.uid() or ${staff}`,
        },
        insert: { authenticated: 'id = auth.uid()' },
        update: { authenticated: 'id = auth.uid()' },
      }),

    // No policy at all: not even staff can read it. is_staff() can, because it is a definer function.
    staff: table({
      user_id: c.uuid().primaryKey().references('profiles.id', { onDelete: 'cascade' }),
      title: c.text(),
    }),

    categories: table({
      id: c.integer().identity().primaryKey(),
      name: c.text(),
      slug: c.text().unique(),
      position: c.smallint().default('0'),
    }).policies({
      select: { public: 'true' },
      all: { authenticated: staff },
    }),

    products: table({
      id: c.integer().identity().primaryKey(),
      name: c.text().check('char_length(name) between 1 and 120'),
      description: c.text().default("''"),
      status: c.enum('draft', 'published', 'archived').default('draft'),
      price: c.numeric(10, 2).check('price >= 0'),
      /** What the shop paid: see `hidden`. */
      cost: c.numeric(10, 2).nullable(),
      stock: c.integer().default('0').check('stock >= 0'),
      available: c.boolean().generated('stock > 0', { stored: true }),
      attributes: c.jsonb().default("'{}'"),
      tags: c.array(c.text()).default("'{}'"),
      created_at: c.timestamptz().default('now()'),
    })
      // Serves the shop's front page: published products, newest first, twenty at a time.
      .index('status', 'created_at desc')
      .hidden({ anon: ['cost'], authenticated: ['cost'] })
      .policies({
        select: { public: "status = 'published'" },
        all: { authenticated: staff },
      }),

    product_categories: table({
      product_id: c.integer().references('products.id', { onDelete: 'cascade' }),
      category_id: c.integer().references('categories.id', { onDelete: 'cascade' }),
    })
      .primaryKey('product_id', 'category_id')
      .index('category_id')
      .policies({
        select: { public: 'true' },
        all: { authenticated: staff },
      }),

    orders: table({
      id: c.uuid().primaryKey().default('gen_random_uuid()'),
      customer_id: c.uuid().default('auth.uid()').references('profiles.id'),
      status: c.enum('pending', 'paid', 'shipped', 'delivered', 'cancelled').default('pending'),
      note: c.text().nullable(),
      placed_at: c.timestamptz().default('now()'),
    })
      .index('customer_id', 'placed_at desc')
      .policies({
        select: { authenticated: `${mine} or ${staff}` },
        insert: { authenticated: `${mine} and status = 'pending'` },
        // A customer may change or cancel an order that is not paid yet; staff may do everything.
        update: {
          authenticated: {
            using: `(${mine} and status = 'pending') or ${staff}`,
            check: `(${mine} and status in ('pending', 'cancelled')) or ${staff}`,
          },
        },
        delete: { authenticated: staff },
      }),

    order_items: table({
      order_id: c.uuid().references('orders.id', { onDelete: 'cascade' }),
      position: c.smallint(),
      product_id: c.integer().references('products.id'),
      quantity: c.integer().default('1').check('quantity between 1 and 100'),
      unit_price: c.numeric(10, 2),
    })
      .primaryKey('order_id', 'position')
      .index('product_id')
      .policies({
        // Visible with its order: the subquery runs under the policies of orders.
        select: { authenticated: 'exists (select 1 from orders where orders.id = order_id)' },
        // Into an order of one's own that is not paid yet, and at the price the product has.
        insert: {
          authenticated: `exists (select 1 from orders o where o.id = order_id and o.status = 'pending' and o.customer_id = auth.uid())
            and unit_price = (select p.price from products p where p.id = product_id)`,
        },
        all: { authenticated: staff },
      }),

    reviews: table({
      id: c.bigint().identity().primaryKey(),
      product_id: c.integer().references('products.id', { onDelete: 'cascade' }),
      customer_id: c.uuid().default('auth.uid()').references('profiles.id', { onDelete: 'cascade' }),
      stars: c.smallint().check('stars between 1 and 5'),
      body: c.text().default("''").check('char_length(body) <= 2000'),
      created_at: c.timestamptz().default('now()'),
    })
      .unique('product_id', 'customer_id')
      .index('customer_id')
      .policies({
        select: { public: 'true' },
        insert: { authenticated: mine },
        update: { authenticated: mine },
        delete: { authenticated: `${mine} or ${staff}` },
      }),

    // A view has policies of its own, like a table.
    offers: view(
      { id: c.integer(), name: c.text(), price: c.numeric(10, 2) },
      "select id, name, price from products where status = 'published' and available and price < 20",
    ).policies({ select: { public: 'true' } }),
  },
  {
    functions: {
      is_staff: expr({}, 'exists (select 1 from staff where user_id = auth.uid())', { definer: true }),
    },
  },
)
