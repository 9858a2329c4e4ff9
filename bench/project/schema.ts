import { c, schema, table } from 'pilar'

/** What the benchmarks serve. Its policies are the predicates that handwritten.ts has in its SQL. */
export default schema({
  profiles: table({
    id: c.integer().primaryKey(),
    name: c.text(),
    active: c.boolean().default('true'),
  }).policies({ select: { public: 'active' } }),

  posts: table({
    id: c.integer().primaryKey(),
    title: c.text(),
    status: c.text(),
    score: c.integer(),
    author_id: c.integer().references('profiles.id'),
    created_at: c.timestamptz(),
  })
    .index('status', 'created_at desc')
    .index('author_id')
    .policies({ select: { public: "status = 'published'" } }),

  entries: table({ id: c.integer().identity().primaryKey(), note: c.text() }).policies({ insert: { public: 'true' } }),
})
