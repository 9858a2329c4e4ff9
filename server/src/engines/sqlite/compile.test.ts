import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import { loadGrammar } from '../../policy/expression/index.ts'
import { GuardedPlan } from '../../policy/guarded-plan.ts'
import { loadPolicies } from '../../policy/load-policies.ts'
import { visibleCatalog } from '../../policy/visible-catalog.ts'
import { plan } from '../../query/planner/plan.ts'
import { buildCatalog } from '../../schema/build-catalog.ts'
import { schema } from '../../schema/builder.ts'
import { c } from '../../schema/column.ts'
import { table } from '../../schema/table.ts'
import { DEFAULT_PARSE_LIMITS } from '../../wire/rest/limits.ts'
import { parseRequest } from '../../wire/rest/parse-request.ts'
import type { EngineName, Program } from '../engine.ts'
import { sqlite } from './index.ts'

const definition = schema({
  authors: table({ id: c.integer().primaryKey(), name: c.text() }).policies({ select: { public: 'true' } }),
  posts: table({
    id: c.integer().primaryKey(),
    owner: c.uuid(),
    price: c.numeric(10, 2),
    author_id: c.integer().references('authors.id'),
  }).policies({
    select: { public: 'owner = auth.uid()' },
    insert: { public: 'owner = auth.uid()' },
    delete: { public: 'true' },
  }),
})

interface Golden {
  readonly request: readonly [method: string, table: string, search: string, body?: string]
  /** A new engine does not compile until it says what it makes of each request. */
  readonly text: Readonly<Record<Exclude<EngineName, 'memory'>, readonly string[]>>
  readonly claims: readonly string[]
  readonly reads: readonly string[]
}

/** The rule `owner = auth.uid()` of the first slot, after what it needs of the actor. */
const OWN = (source: string) => `((?1 IS NOT NULL) AND ("${source}"."owner" = ?1))`
const FUEL = (source: string) => `((random() & 63) | ("${source}".rowid & 0) OR pilar_fuel())`

const GOLDEN: readonly Golden[] = [
  {
    request: ['GET', 'posts', 'select=id,price&price=gte.1.5&order=id.desc&limit=5'],
    text: {
      sqlite: [
        `SELECT ifnull(group_concat(concat('{"id":', ifnull("s0"."id", 'null'), ',"price":', ifnull(iif("s0"."price" IS NULL, NULL, iif("s0"."price" < 0, '-', '') || format('%d.%02d', abs("s0"."price") / 100, abs("s0"."price") % 100)), 'null'), '}'), ','), ''), count(*), NULL ` +
          `FROM (SELECT "s0"."id", "s0"."price" FROM "posts" AS "s0" WHERE ${FUEL('s0')} AND ${OWN('s0')} AND ("s0"."price" >= ?2) ORDER BY "s0"."id" DESC NULLS FIRST LIMIT (?3 + 0)) AS "s0"`,
      ],
    },
    claims: ['uid'],
    reads: ['public.posts'],
  },
  {
    request: ['GET', 'posts', 'select=authors(name)&id=eq.7'],
    text: {
      sqlite: [
        `SELECT ifnull(group_concat(concat('{"authors":', ifnull((SELECT concat('{"name":', json_quote("s1"."name"), '}') FROM (SELECT "s1"."name" FROM "authors" AS "s1" WHERE ("s0"."author_id" = "s1"."id")) AS "s1" LIMIT 1), 'null'), '}'), ','), ''), count(*), NULL ` +
          `FROM (SELECT "s0"."author_id" FROM "posts" AS "s0" WHERE ${OWN('s0')} AND ("s0"."id" = ?2) LIMIT 1000) AS "s0"`,
      ],
    },
    claims: ['uid'],
    reads: ['public.authors', 'public.posts id=0'],
  },
  {
    request: ['DELETE', 'posts', 'id=eq.7'],
    text: {
      sqlite: [`DELETE FROM "posts" AS "s0" WHERE ${OWN('s0')} AND ("s0"."id" = ?2)`],
    },
    claims: ['uid'],
    reads: [],
  },
]

before(() => loadGrammar())

function compiled([method, name, search, body]: Golden['request']): Program {
  const { catalog } = buildCatalog(definition, { version: 1 })
  assert.ok(catalog)
  const { policies } = loadPolicies(definition, catalog, { version: 1 })
  assert.ok(policies)
  const input = { method, path: `/${name}`, search, header: () => undefined, body: Buffer.from(body ?? '') }
  const found = parseRequest(input, { schemas: ['public'], limits: DEFAULT_PARSE_LIMITS, txOverride: false })
  assert.ok(found.kind === 'rows')
  const options = { aggregatesEnabled: true, rowsMax: 1000, requireWhere: true }
  const planned = plan(found.api, visibleCatalog(catalog, policies, 'anon'), options)
  return sqlite.compile(GuardedPlan.authorize(planned, 'anon', { policies, catalog }), catalog)
}

for (const { request, text, claims, reads } of GOLDEN) {
  test(`${request.join(' ')} as SQL`, () => {
    const program = compiled(request)
    assert.deepEqual(program.text, text.sqlite)
    assert.deepEqual(program.claims, claims)
    const found = program.reads.map(({ table: key, key: pinned }) =>
      [key, ...(pinned ?? []).map(({ column, index }) => `${column}=${index}`)].join(' '),
    )
    assert.deepEqual(found.sort(), reads)
  })
}

test('values and claims are slots: the same text for all users and all values', () => {
  const texts = ['id=eq.1', "id=eq.2'%3Bdrop", 'id=in.(1,2,3)'].map((search) =>
    compiled(['GET', 'posts', search]).text.join(),
  )
  assert.equal(texts[0], texts[1])
  assert.ok(!texts.join().includes('drop'))
  assert.match(texts[2] ?? '', /"id" IN \(SELECT value FROM json_each\(\?2\)\)/)
})

test('a caller without the claim that a policy needs is denied before a row is looked at', () => {
  const database = new DatabaseSync(':memory:')
  const looks = { count: 0 }
  database.function('pilar_fuel', () => {
    looks.count++
    return 1
  })
  database.exec(`CREATE TABLE posts (id INTEGER PRIMARY KEY, owner TEXT, price INTEGER, author_id INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO posts SELECT i, 'someone', i, i FROM n`)
  const sql = compiled(['GET', 'posts', 'select=id']).text[0] ?? ''
  const rowsFor = (uid: string | null) => {
    looks.count = 0
    const row = database.prepare(sql).get(uid)
    return [Object.values(row ?? {})[1], looks.count > 0]
  }
  assert.deepEqual(rowsFor(null), [0, false])
  assert.deepEqual(rowsFor('nobody'), [0, true], 'one row in 64 looks at the clock: a scan of 10,000 is seen')
  database.close()
})

test('an insert checks policies before it writes, and the payload is one slot', () => {
  const { text } = compiled(['POST', 'posts', '', '[{"id":1,"owner":null,"price":2,"author_id":3}]'])
  assert.match(
    text[0] ?? '',
    /^SELECT 1 FROM \(SELECT k\.key .* FROM json_each\(\?1\) AS k\) AS "s0" WHERE .* IS NOT TRUE LIMIT 1$/,
  )
  assert.match(text.at(-1) ?? '', /^INSERT INTO "posts" \("id", "owner", "price", "author_id"\) SELECT /)
})
