/**
 * The fixture of the REST and security suites: a small publishing site with every kind of relation, a hidden column on each side of
 * one, a table without any policy, one that can only be written, one whose policy fails, and a definer function.
 */
import { c, expr, schema, table } from '../../src/index.ts'

const own = 'author_id = auth.uid()'

export default schema(
  {
    profiles: table({
      id: c.uuid().primaryKey(),
      name: c.text(),
      zq_hidden: c.text().nullable(),
      age: c.integer().nullable(),
    })
      .hidden({ anon: ['zq_hidden'], authenticated: ['zq_hidden'] })
      .policies({
        select: { public: 'true' },
        update: { authenticated: { using: 'id = auth.uid()', check: 'id = auth.uid()' } },
      }),

    posts: table({
      id: c.integer().primaryKey(),
      title: c.text().check('char_length(title) between 1 and 200'),
      status: c.enum('draft', 'published').default('draft'),
      author_id: c.uuid().nullable().references('profiles.id', { onDelete: 'cascade' }),
      score: c.numeric(10, 2).default('0'),
      labels: c.array(c.text()).default("'{}'"),
      meta: c.jsonb().default("'{}'"),
      zq_hidden: c.text().nullable(),
      slug: c.text().nullable().unique(),
      created_at: c.timestamptz().default('now()'),
    })
      .index('status', 'created_at desc')
      .index('author_id')
      .hidden({ anon: ['zq_hidden'], authenticated: ['zq_hidden'] })
      .policies({
        select: { anon: "status = 'published'", authenticated: `status = 'published' or ${own}` },
        insert: { authenticated: own },
        update: { authenticated: { using: own, check: own } },
        delete: { authenticated: own },
      }),

    comments: table({
      id: c.integer().primaryKey(),
      post_id: c.integer().references('posts.id', { onDelete: 'cascade' }),
      author_id: c.uuid().references('profiles.id'),
      body: c.text(),
    })
      .index('post_id')
      .index('author_id')
      .policies({
        // Visible with its post: the subquery runs under the policies of posts.
        select: { public: 'exists (select 1 from posts where posts.id = post_id)' },
        insert: { authenticated: `${own} and exists (select 1 from posts where posts.id = post_id)` },
      }),

    tags: table({ id: c.integer().primaryKey(), name: c.text().unique() }).policies({ select: { public: 'true' } }),

    post_tags: table({
      post_id: c.integer().references('posts.id', { onDelete: 'cascade' }),
      tag_id: c.integer().references('tags.id'),
    })
      .primaryKey('post_id', 'tag_id')
      .index('tag_id')
      .policies({ select: { public: 'true' } }),

    // One row per post: an o2o relation, and readable by nobody but service_role.
    reviews: table({
      post_id: c.integer().primaryKey().references('posts.id', { onDelete: 'cascade' }),
      verdict: c.text(),
    }),

    // May be written by signed-in users and read by none.
    reports: table({ id: c.integer().primaryKey(), reason: c.text() }).policies({ insert: { authenticated: 'true' } }),

    // Its policy divides by zero for one row.
    ratios: table({ id: c.integer().primaryKey(), part: c.integer(), whole: c.integer() }).policies({
      select: { public: 'part / whole > 0' },
    }),

    members: table({ org: c.integer(), user_id: c.uuid() }).primaryKey('org', 'user_id'),

    documents: table({ id: c.integer().primaryKey(), org: c.integer(), text: c.text() })
      .index('org')
      .policies({ select: { authenticated: 'is_member(org)' } }),

    // Readable by the tenant of the token's claim only.
    invoices: table({ id: c.integer().primaryKey(), tenant: c.text(), amount: c.integer() })
      .index('tenant')
      .policies({ select: { authenticated: "tenant = auth.jwt() ->> 'tenant'" } }),
  },
  {
    functions: {
      is_member: expr(
        { org_id: 'integer' },
        'exists (select 1 from members where members.org = org_id and user_id = auth.uid())',
        {
          definer: true,
        },
      ),
    },
  },
)
