import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Expr } from '../../query/expr.ts'
import { collect } from '../../query/expr-tools.ts'
import type { Table } from '../../schema/catalog.ts'
import { catalogOf, FUNCTIONS, functionOf, TABLES } from '../fixture.suite.ts'
import { printExpr } from '../print.ts'
import { checkFunctionBody, ExpressionError, loadGrammar, parseExpression } from './index.ts'

const catalog = catalogOf()
const posts = catalog.tables.get('public.posts') as Table

before(loadGrammar)

function parse(text: string): Expr {
  return parseExpression(text, { catalog, self: posts })
}

function same(expr: Expr): string {
  return JSON.stringify(expr, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}

function mistake(text: string): ExpressionError {
  try {
    parse(text)
  } catch (error) {
    assert.ok(error instanceof ExpressionError, String(error))
    return error
  }
  throw new Error(`nothing is wrong with ${text}`)
}

/** What is written → what it means, printed. The same text on both sides when the right one is absent. */
const GOLDEN: readonly (readonly [string, string?])[] = [
  ["status = 'published' or author_id = auth.uid()"],
  ["(title = 'a' or likes > 1) and not open"],
  ["title = 'it''s' and likes > 5 and rank = 3 and views >= 10 and price < 19.99 and weight > 0.5"],
  ["price = '5' and likes <> '7'", 'price = 5 and likes <> 7'],
  ['(select auth.uid()) = author_id', 'auth.uid() = author_id'],
  ['posts.likes = public.posts.rank', 'likes = rank::integer'],
  ['likes > 99999999999', 'likes::bigint > 99999999999'],
  ['likes > 1.5', 'likes::numeric > 1.5'],
  ['score = 0.5', 'score::double precision = 0.5'],
  ['title is null or open is not true or open is unknown'],
  ['author_id is distinct from org_id and author_id is not distinct from auth.uid()'],
  ['likes between 1 and 5', 'likes >= 1 and likes <= 5'],
  ['likes not between symmetric 9 and 2', 'not (likes >= 9 and likes <= 2 or likes >= 2 and likes <= 9)'],
  ["status in ('draft', 'published') and likes not in (1, 2)"],
  ["title like 'a%' and title not ilike '%b' and title ~ '^x' and not title ~* 'y'"],
  ["title !~* 'y'", "not title ~* 'y'"],
  ["title like 'a!%' escape '!'", "title like pg_catalog.like_escape('a!%', '!')"],
  ["case status when 'draft' then 1 else 2.5 end", "case when status = 'draft' then '1'::numeric else 2.5 end"],
  ["case when open then 'a' when likes > 1 then title end"],
  ['coalesce(author_id, org_id, null)', 'coalesce(author_id, org_id, null::uuid)'],
  [
    "nullif(title, '') is null and greatest(likes, 3) = least(rank, 1)",
    "nullif(title, '') is null and greatest(likes, 3) = least(rank::integer, 1)",
  ],
  ['- likes + 2 * (3 - rank) % 4', '- likes + 2 * (3 - rank::integer) % 4'],
  ["title || '-' || likes", "title || '-' || likes::text"],
  ["likes::text = '1' and title::varchar(3) = 'abc'", "likes::text = '1' and title::character varying(3) = 'abc'"],
  ["cast(title as integer) = 1 and '5'::int = likes", 'title::integer = 1 and 5 = likes'],
  ["data ->> 'kind' = 'x' and data -> 'a' -> 0 ->> 'b' = 'c'"],
  [
    "data #>> '{a,b}' = 'd' and data ? 'x' and data @> '{\"a\":1}'",
    "data #>> '{a,b}'::text[] = 'd' and data ? 'x' and data @> '{\"a\": 1}'::jsonb",
  ],
  ["tags @> '{a,b}' and array['x', 'y'] && tags", "tags @> '{a,b}'::text[] and array['x', 'y']::text[] && tags"],
  ["'z' = any (tags) and title <> all (array['q'])", "'z' = any (tags) and title <> all (array['q']::text[])"],
  ["array[]::text[] = tags and tags || 'y'::text = tags", "array[]::text[] = tags and tags || 'y'::text = tags"],
  ["created_at > now() - interval '7 days'", "created_at > now() - '7 days'::interval"],
  ["interval '3' day * 2 > length", "'3 days'::interval * '2'::double precision > length"],
  ['day = current_date and local < localtimestamp', 'day = now()::date and local < now()::timestamp without time zone'],
  ['day - 1 < created_at', '(day - 1)::timestamp with time zone < created_at'],
  ['extract(year from created_at) = 2024', "pg_catalog.extract('year', created_at) = 2024"],
  ["created_at at time zone 'UTC' > '2020-01-01'", "pg_catalog.timezone('UTC', created_at) > '2020-01-01 00:00:00'"],
  ["date_trunc('day', day) > now()", "date_trunc('day', day::timestamp with time zone) > now()"],
  [
    "char_length(trim(title)) > 1 and position('a' in title) = 1",
    "length(btrim(title)) > 1 and pg_catalog.position(title, 'a') = 1",
  ],
  ['substring(title from 1 for 3) = upper(code)', 'pg_catalog.substring(title, 1, 3) = upper(code)'],
  ["concat(title, likes, null) = 'x'", "concat(title, likes::text, null::text) = 'x'"],
  ["auth.jwt() -> 'app_metadata' ->> 'role' = 'admin' or auth.role() = auth.email()"],
  [
    "current_setting('request.jwt.claims', true)::json ->> 'sub' = author_id::text",
    "auth.jwt() ->> 'sub' = author_id::text",
  ],
  ["current_setting('request.jwt.claim.sub', true)::uuid = author_id", "(auth.jwt() ->> 'sub')::uuid = author_id"],
  ["(title, likes) = ('a', 1)", "title = 'a' and likes = 1"],
  ['gen_random_uuid() <> id'],
  ['id in (select post_id from post_tags)', 'id in (select post_tags.post_id from post_tags)'],
  ['id not in (select post_tags.post_id from post_tags where post_tags.tag_id = posts.likes)'],
  ['auth.uid() = any (array(select user_id from members))', 'auth.uid() in (select members.user_id from members)'],
  ["'admin' in (select auth.role())", "'admin' = auth.role()"],
  [
    'exists (select 1 from members m where m.org_id = posts.org_id and user_id = (select auth.uid()))',
    'exists (select 1 from members where members.org_id = posts.org_id and members.user_id = auth.uid())',
  ],
  [
    'exists (select * from members m join orgs o on m.org_id = o.id left join profiles using (id), tags)',
    'exists (select 1 from members inner join orgs on members.org_id = orgs.id left join profiles on orgs.id = profiles.id cross join tags)',
  ],
  [
    'exists (select from posts p where p.id = posts.id)',
    'exists (select 1 from posts as posts_2 where posts_2.id = posts.id)',
  ],
  [
    'exists (select 1 from members where exists (select 1 from members m2 where m2.org_id = members.org_id and posts.org_id = m2.org_id))',
    'exists (select 1 from members where exists (select 1 from members as members_2 where members_2.org_id = members.org_id and posts.org_id = members_2.org_id))',
  ],
  [
    '(select name from orgs where orgs.id = org_id order by name desc limit 1)',
    '(select orgs.name from orgs where orgs.id = posts.org_id order by orgs.name desc limit 1)',
  ],
  [
    '(select count(*) from comments where post_id = posts.id) < 10',
    '(select count(*) from comments where comments.post_id = posts.id) < 10',
  ],
  [
    '(select coalesce(sum(likes), 0) + 1 from posts p)',
    "coalesce((select sum(posts.likes) from posts), '0'::bigint) + '1'::bigint",
  ],
  [
    'exists (select 1 from auth.users where email = title)',
    'exists (select 1 from auth.users where users.email = posts.title)',
  ],
  [
    'is_member(org_id)',
    'exists (/* definer */ select 1 from members where members.org_id = posts.org_id and members.user_id = auth.uid())',
  ],
  ['public.is_author(author => author_id) and true', 'author_id = auth.uid()'],
  ['false or (open and false)', 'false'],
  ['1.50e2 = price and .5 < price', '150 = price and 0.5 < price'],
]

test('texts mean what PostgreSQL reads in them', () => {
  for (const [text, printed = text] of GOLDEN) assert.equal(printExpr(parse(text)), printed)
})

test('a printed expression reads as the same expression', () => {
  for (const [text] of GOLDEN) {
    const expr = parse(text)
    const printed = printExpr(expr)
    if (!printed.includes('definer')) assert.equal(same(parse(printed)), same(expr), printed)
  }
})

/** Numbers below `below`, the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const ATOMS: Readonly<Record<string, readonly string[]>> = {
  boolean: ['open', 'true', 'null', "title like 'a%'", 'author_id = auth.uid()', "'x' = any (tags)"],
  number: ['likes', 'rank', 'views', '5', '-3', '2.5', 'price', 'weight', '(select count(*) from members)'],
  text: ['title', 'code', "'a''b'", 'auth.role()', "data ->> 'x'", "'É'"],
}

function randomText(kind: 'boolean' | 'number' | 'text', depth: number, random: (below: number) => number): string {
  const atoms = ATOMS[kind] ?? []
  if (depth === 0) return atoms[random(atoms.length)] as string
  const [bool, number, text] = (['boolean', 'number', 'text'] as const).map(
    (of) => () => randomText(of, depth - 1, random),
  ) as [() => string, () => string, () => string]
  const operator = (symbols: string): string => symbols.split(' ')[random(symbols.split(' ').length)] as string
  const forms = {
    boolean: [
      () => `(${bool()} and ${bool()})`,
      () => `(${bool()} or ${bool()})`,
      () => `not ${bool()}`,
      () => `(${bool()}) is not true`,
      () => `(${number()} ${operator('< <= = <> >= >')} ${number()})`,
      () => `(${text()} ${operator('= < ~')} ${text()})`,
      () => `(${number()}) in (${number()}, ${number()})`,
      () => `(${text()}) is distinct from (${text()})`,
      () => `exists (select 1 from comments where ${bool()} and body = ${text()})`,
    ],
    number: [
      () => `(${number()} ${operator('+ - *')} ${number()})`,
      () => `- (${number()})`,
      () => `length(${text()})`,
      () => `case when ${bool()} then ${number()} else ${number()} end`,
      () => `coalesce(${number()}, ${number()})`,
    ],
    text: [
      () => `(${text()} || ${text()})`,
      () => `lower(${text()})`,
      () => `(${number()})::text`,
      () => `coalesce(${text()}, ${text()})`,
    ],
  }[kind]
  return (forms[random(forms.length)] as () => string)()
}

test('property: random expressions survive printing and reading', () => {
  let read = 0
  for (let seed = 1; seed <= 400; seed++) {
    const text = randomText('boolean', 3, randomOf(seed))
    let expr: Expr
    try {
      expr = parse(text)
    } catch (error) {
      if (error instanceof ExpressionError) continue
      throw error
    }
    read++
    const printed = printExpr(expr)
    assert.equal(same(parse(printed)), same(expr), `${text}\n${printed}`)
  }
  assert.ok(read > 300, `only ${read} of 400 were valid`)
})

const MISTAKES: readonly (readonly [string, number | null, string, string?])[] = [
  ['titel = 1', 1, 'column "titel" does not exist', 'Perhaps you meant the column "title".'],
  ["'é' = titel", 7, 'column "titel" does not exist'],
  ['posts.titel is null', 1, 'column posts.titel does not exist', 'Perhaps you meant the column "title".'],
  ['post.title is null', 1, 'missing FROM-clause entry for table "post"', 'Perhaps you meant the table "posts".'],
  ["lowr(title) = 'x'", 1, 'function lowr does not exist', 'Perhaps you meant the function "lower".'],
  ['is_membr(id)', 1, 'function is_membr does not exist', 'Perhaps you meant the function "is_member".'],
  [
    'is_member(likes)',
    1,
    'function is_member is called with the wrong arguments',
    'It is declared as is_member(org uuid).',
  ],
  ['is_member()', 1, 'function is_member is called with the wrong arguments'],
  ['exists (select 1 from membrs)', 23, 'relation "membrs" does not exist', 'Perhaps you meant the table "members".'],
  [
    'exists (select 1 from members where rol = 1)',
    37,
    'column "rol" does not exist',
    'Perhaps you meant the column "role".',
  ],
  [
    'exists (select 1 from members a, members b where org_id = id)',
    50,
    'column reference "org_id" is ambiguous',
    'Write a.org_id or b.org_id.',
  ],
  ['exists (select 1 from members, members)', 32, 'table name "members" specified more than once'],
  ['title = 5', 7, 'operator does not exist: text = integer'],
  ['author_id = title', 11, 'operator does not exist: uuid = text'],
  ["author_id = 'abc'", 11, 'invalid input syntax for type uuid: "abc"'],
  ["status = 'publishd'", 8, 'invalid input value for enum status: "publishd"'],
  ['lower(likes) is null', 1, 'function lower(integer) does not exist'],
  ['likes and open', 1, 'argument of AND must be type boolean, not type integer'],
  ['case when open then 1 else title end', 1, 'CASE types integer and text cannot be matched'],
  ['likes in (select user_id from members)', 7, 'operator does not exist: integer = uuid'],
  ['open::date is null', 5, 'cannot cast type boolean to date'],
  ['title::intger = 1', 6, 'type "intger" does not exist', 'Perhaps you meant the type "integer".'],
  ['array[] = tags', 1, 'cannot determine type of empty array'],
  ['title = 1 and', 14, 'syntax error at end of input'],
  ['true; drop table posts', 5, 'syntax error at or near ";"'],
  ['1) from posts where (true', null, 'this is not one expression'],
  ['1), (2', null, 'this is not one expression'],
  ['1, 2', null, 'this is a list, not one expression'],
  ["title similar to 'x'", 7, 'SIMILAR TO is not supported', 'Use LIKE or a regular expression (~).'],
  ['title collate "C" = title', 7, 'COLLATE is not supported: text compares by code point everywhere'],
  ['tags[1] is null', 9, 'subscripts and fields of values are not supported'],
  ['sum(likes) > 1', 1, 'aggregate functions are not allowed here', 'Write (select sum(…) from …).'],
  ['row_number() over () = 1', 1, 'window functions are not supported'],
  ['(select title, likes from posts) is null', 1, 'subquery must return only one column'],
  [
    '(select max(likes) + rank from posts p) > 1',
    22,
    'column "p.rank" must appear in the GROUP BY clause or be used in an aggregate function',
  ],
  [
    'exists (select 1 from members union select 1 from orgs)',
    1,
    'a subquery may have only FROM, WHERE, ORDER BY and LIMIT',
  ],
  ['exists (with x as (select 1) select 1 from x)', 1, 'a subquery may have only FROM, WHERE, ORDER BY and LIMIT'],
  ['exists (select 1 from members right join orgs on true)', 1, 'only inner and left joins are supported'],
  ['exists (select 1 from (select 1) x)', 1, 'only tables and joins of tables can stand in FROM'],
  ['$1 = likes', 1, 'parameters ($1) are not supported'],
  ["current_setting('search_path') = ''", 1, 'the setting "search_path" is not available'],
]

test('mistakes are named, placed and helped', () => {
  for (const [text, position, message, hint] of MISTAKES) {
    const error = mistake(text)
    assert.deepEqual({ text, message: error.message, position: error.position }, { text, message, position })
    if (hint !== undefined) assert.equal(error.hint, hint)
  }
})

test('names resolve like SQL: the innermost FROM first', () => {
  const inner = parse('exists (select 1 from comments where id = 1 and author_id = posts.author_id and likes = 2)')
  const owners = collect(inner).columns.map((column) => `${column.source}.${column.column}`)
  assert.deepEqual(owners, ['p0.id', 'p0.author_id', 'self.author_id', 'self.likes'])
})

test('definer marks the subqueries of the body and of what it calls', () => {
  const functions = [
    ...FUNCTIONS,
    functionOf('outer_fn(org uuid)', 'inner_fn(org)', true),
    functionOf('inner_fn(org uuid)', 'exists (select 1 from orgs where id = org)'),
  ]
  const inlined = parseExpression('outer_fn(org_id) or inner_fn(org_id)', {
    catalog: catalogOf(TABLES, functions),
    self: posts,
  })
  assert.equal(
    printExpr(inlined),
    'exists (/* definer */ select 1 from orgs where orgs.id = posts.org_id) or exists (select 1 from orgs where orgs.id = posts.org_id)',
  )
})

test('in a body a name that is a column and an argument must say which', () => {
  const unclear = functionOf('owns(id uuid)', 'exists (select 1 from posts where posts.id = id)')
  assert.throws(() => checkFunctionBody(unclear, catalogOf(TABLES, [unclear])), {
    message: 'in function owns at character 46: "id" is a column and an argument of owns',
    hint: 'Call the argument otherwise, or write owns.id for it and TABLE.id for the column.',
  })
  const functions = [
    functionOf('owns(id uuid)', 'exists (select 1 from posts where author_id = owns.id and posts.id = posts.id)'),
  ]
  const inlined = parseExpression('owns(author_id)', { catalog: catalogOf(TABLES, functions), self: posts })
  assert.equal(
    printExpr(inlined),
    'exists (select 1 from posts as posts_2 where posts_2.author_id = posts.author_id and posts_2.id = posts_2.id)',
  )
})

test('functions that call each other in a circle are refused', () => {
  const functions = [functionOf('a(x uuid)', 'b(x)'), functionOf('b(x uuid)', 'a(x)')]
  const catalogWithCircle = catalogOf(TABLES, functions)
  for (const fn of functions) {
    assert.throws(() => checkFunctionBody(fn, catalogWithCircle), { message: /circle: (a → b → a|b → a → b)/ })
  }
})

test('subqueries are refused where PostgreSQL refuses them', () => {
  const noSubqueries = 'cannot use subquery in check constraint'
  const inCheck = () => parseExpression('exists (select 1 from members)', { catalog, self: posts, noSubqueries })
  assert.throws(inCheck, { message: noSubqueries })
})
