import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { parseRows, type TestRequest } from '../../test/support/rest-request.ts'
import { PilarError } from '../errors/error.ts'
import type { Expr } from '../query/expr.ts'
import { queryOf, walk } from '../query/expr-tools.ts'
import type { Plan, SelectNode } from '../query/plan.ts'
import { plan } from '../query/planner/plan.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { HiddenColumns } from '../schema/definition.ts'
import { makeTable } from '../schema/make-catalog.ts'
import { loadGrammar } from './expression/index.ts'
import { catalogOf, definitionOf, TABLES } from './fixture.suite.ts'
import { GuardedPlan } from './guarded-plan.ts'
import { loadPolicies } from './load-policies.ts'
import type { PolicySet } from './policy-set.ts'
import { printExpr } from './print.ts'
import { visibleCatalog } from './visible-catalog.ts'

const catalog = catalogOf()

before(loadGrammar)

function policiesOf(texts: readonly string[], hidden: readonly HiddenColumns[] = []): PolicySet {
  const { policies, problems } = loadPolicies(definitionOf(texts, hidden), catalog, { version: 1 })
  assert.deepEqual(problems, [])
  return policies as PolicySet
}

/** Every table has a policy of its own that can be told apart. */
const ALL = [
  "posts select public: title = 'POSTS'",
  "posts insert public: title = 'NEW'",
  "posts update public: title = 'OLD' ; title = 'CHANGED'",
  "posts delete public: title = 'GONE'",
  "profiles select public: name = 'PROFILES'",
  "orgs select public: name = 'ORGS'",
  "comments select public: body = 'COMMENTS'",
  "tags select public: name = 'TAGS'",
  'post_tags select public: tag_id = 42',
]

interface Asked extends TestRequest {
  readonly role?: string
  readonly catalog?: Catalog
}

function authorized(
  line: string,
  policies: PolicySet,
  { role = 'anon', catalog: known = catalog, ...more }: Asked = {},
): Plan {
  const options = { aggregatesEnabled: true, rowsMax: 1000, requireWhere: false }
  const planned = plan(parseRows(line, more).api, visibleCatalog(known, policies, role), options)
  return GuardedPlan.authorize(planned, role, { policies, catalog: known }).plan
}

const text = (expr: Expr | null): string | null => (expr === null ? null : printExpr(expr))

/** Guard of the node and of all below it, in order; junction guards before their embed's. */
function guards(node: SelectNode): string[] {
  const below = node.embeds.flatMap((embed) => {
    const junction = embed.junction === null ? [] : [text(embed.junction.guard) ?? 'open']
    return [...junction, ...guards(embed.node)]
  })
  return [text(node.guard)?.replace(/^\w+\./, '') ?? 'open', ...below.map((guard) => guard.replace(/^\w+\./, ''))]
}

function readGuards(line: string): string[] {
  const found = authorized(line, policiesOf(ALL))
  assert.equal(found.kind, 'read')
  return guards((found as Extract<Plan, { kind: 'read' }>).root)
}

test('root, embeds of every kind and junctions are guarded', () => {
  assert.deepEqual(readGuards('GET /posts?select=title'), ["title = 'POSTS'"])
  assert.deepEqual(readGuards('GET /posts?select=title,profiles(name)'), ["title = 'POSTS'", "name = 'PROFILES'"])
  assert.deepEqual(readGuards('GET /profiles?select=name,posts(title,comments(body))'), [
    "name = 'PROFILES'",
    "title = 'POSTS'",
    "body = 'COMMENTS'",
  ])
  assert.deepEqual(readGuards('GET /posts?select=title,tags(name)'), [
    "title = 'POSTS'",
    'tag_id = 42',
    "name = 'TAGS'",
  ])
  assert.deepEqual(readGuards('GET /posts?select=title,...profiles(name)'), ["title = 'POSTS'", "name = 'PROFILES'"])
})

test('filters, null-embeds, orders and aggregates through an embed are guarded', () => {
  const both = ["title = 'POSTS'", "name = 'PROFILES'"]
  assert.deepEqual(readGuards('GET /posts?select=title,profiles!inner()&profiles.name=eq.x'), both)
  assert.deepEqual(readGuards('GET /posts?select=title,profiles()&profiles=is.null'), both)
  assert.deepEqual(readGuards('GET /posts?select=title,profiles()&order=profiles(name)'), both)
  assert.deepEqual(readGuards('GET /posts?select=likes.sum(),profiles(name)'), both)
  assert.deepEqual(readGuards('GET /posts?select=count()'), ["title = 'POSTS'"])
})

test('insert checks the new row; a representation also needs select, and is read under it', () => {
  const body = '{"title":"x"}'
  const minimal = authorized('POST /posts', policiesOf(ALL), { body })
  assert.ok(minimal.kind === 'insert')
  assert.equal(text(minimal.check), "posts.title = 'NEW'")
  assert.equal(minimal.conflictUsing, null)
  const shown = authorized('POST /posts?select=title,profiles(name)', policiesOf(ALL), {
    body,
    headers: { prefer: 'return=representation' },
  })
  assert.ok(shown.kind === 'insert' && shown.representation !== null)
  assert.equal(text(shown.check), "posts.title = 'NEW' and posts.title = 'POSTS'")
  assert.deepEqual(guards(shown.representation), ["title = 'POSTS'", "name = 'PROFILES'"])
})

test('upsert: the row that is found and the row that it becomes', () => {
  const body = '{"id":"00000000-0000-4000-8000-000000000001","title":"x"}'
  const merge = authorized('POST /posts', policiesOf(ALL), { body, headers: { prefer: 'resolution=merge-duplicates' } })
  assert.ok(merge.kind === 'insert')
  assert.equal(text(merge.check), "posts.title = 'NEW' and posts.title = 'POSTS'")
  assert.equal(text(merge.conflictUsing), "posts.title = 'OLD' and posts.title = 'POSTS'")
  assert.equal(text(merge.conflictCheck), "posts.title = 'CHANGED' and posts.title = 'POSTS'")
  const ignore = authorized('POST /posts', policiesOf(ALL), {
    body,
    headers: { prefer: 'resolution=ignore-duplicates' },
  })
  assert.ok(ignore.kind === 'insert')
  assert.deepEqual([ignore.conflictUsing, ignore.conflictCheck], [null, null])
})

test('update and delete touch only readable rows; an update leaves only readable ones', () => {
  const headers = { prefer: 'return=representation' }
  const update = authorized('PATCH /posts?id=not.is.null&select=title,comments(body)', policiesOf(ALL), {
    body: '{"title":"x"}',
    headers,
  })
  assert.ok(update.kind === 'update' && update.representation !== null)
  assert.equal(text(update.guard), "posts.title = 'OLD' and posts.title = 'POSTS'")
  assert.equal(text(update.check), "posts.title = 'CHANGED' and posts.title = 'POSTS'")
  assert.deepEqual(guards(update.representation), ["title = 'POSTS'", "body = 'COMMENTS'"])
  const gone = authorized('DELETE /posts?id=not.is.null', policiesOf(ALL))
  assert.ok(gone.kind === 'delete')
  assert.equal(text(gone.guard), "posts.title = 'GONE' and posts.title = 'POSTS'")
})

function rootGuard(policies: readonly string[], role = 'anon', table = 'posts'): string | null {
  const found = authorized(`GET /${table}?select=*`, policiesOf(policies), { role })
  assert.ok(found.kind === 'read')
  return text(found.root.guard)
}

test('permissive policies add up, restrictive ones cut, public binds every role', () => {
  assert.equal(
    rootGuard(['posts select anon: open', 'posts select public: likes > 1']),
    'posts.open or posts.likes > 1',
  )
  assert.equal(
    rootGuard(['posts select anon: open', 'posts select anon: likes > 1', 'posts select public restrictive: rank > 2']),
    '(posts.open or posts.likes > 1) and posts.rank > 2',
  )
  assert.equal(rootGuard(['posts select anon restrictive: open']), 'false')
  assert.equal(rootGuard(['posts insert anon: open']), 'false')
  assert.equal(rootGuard(['posts select editor: open', 'posts select anon: likes > 1'], 'editor'), 'posts.open')
  assert.equal(rootGuard(['posts select anon: true']), null)
  assert.equal(rootGuard(['posts select anon: true', 'posts select anon: open']), null)
  assert.equal(rootGuard(['posts select anon: true', 'posts select anon restrictive: false']), 'false')
})

test('service_role is bound by nothing, and still reaches no system table', () => {
  assert.equal(rootGuard(['posts select anon restrictive: false'], 'service_role'), null)
  assert.throws(() => authorized('GET /users?select=*', policiesOf(ALL), { role: 'service_role', schemas: ['auth'] }), {
    code: 'PGRST205',
  })
})

test('a policy reads other tables under their policies, to any depth; a definer function does not', () => {
  const members = "members select public: role = 'MEMBERS'"
  const nested = [
    members,
    'orgs select public: exists (select 1 from members where members.org_id = orgs.id)',
    'posts select public: org_id in (select id from orgs)',
  ]
  assert.equal(
    rootGuard(nested),
    "posts.org_id in (select orgs.id from orgs where exists (select 1 from members where members.org_id = orgs.id and members.role = 'MEMBERS'))",
  )
  assert.equal(
    rootGuard([members, 'posts select public: is_member(org_id)']),
    'auth.uid() is not null and exists (/* definer */ select 1 from members where members.org_id = posts.org_id and members.user_id = auth.uid())',
  )
  assert.equal(
    rootGuard(['posts select public: exists (select 1 from members)']),
    'exists (select 1 from members where false)',
  )
})

test('what a rule needs of the actor is said first, and only what every alternative needs', () => {
  const guard = (rule: string) => rootGuard([`posts select public: ${rule}`])
  assert.equal(guard('author_id = auth.uid()'), 'auth.uid() is not null and posts.author_id = auth.uid()')
  assert.equal(guard("author_id = auth.uid() or title = 'x'"), "posts.author_id = auth.uid() or posts.title = 'x'")
  assert.equal(guard('coalesce(author_id = auth.uid(), true)'), 'coalesce(posts.author_id = auth.uid(), true)')
  assert.equal(guard('not author_id = auth.uid()'), 'not posts.author_id = auth.uid()')
})

test('in a left join an unreadable row is an absent row', () => {
  const policies = [
    "members select public: role = 'MEMBERS'",
    "orgs select public: name = 'ORGS'",
    'posts select public: exists (select 1 from members left join orgs on orgs.id = members.org_id where orgs.id is null)',
  ]
  assert.equal(
    rootGuard(policies),
    "exists (select 1 from members left join orgs on orgs.id = members.org_id and orgs.name = 'ORGS' where orgs.id is null and members.role = 'MEMBERS')",
  )
})

test('every attached subquery has table occurrences of its own', () => {
  const policies = policiesOf([
    'posts select public: org_id in (select id from orgs)',
    'comments select public: post_id in (select id from posts)',
    'orgs select public: true',
  ])
  const found = authorized('GET /posts?select=title,comments(body,posts(title))', policies)
  assert.ok(found.kind === 'read')
  const sources: string[] = []
  const visit = (node: SelectNode): void => {
    sources.push(node.source)
    if (node.guard !== null)
      walk(node.guard, (expr) => void sources.push(...(queryOf(expr)?.from.map((item) => item.source) ?? [])))
    for (const embed of node.embeds) visit(embed.node)
  }
  visit(found.root)
  assert.equal(new Set(sources).size, sources.length, sources.join())
  assert.equal(sources.length, 3 + 1 + 2 + 1)
})

function refusal(run: () => unknown): readonly unknown[] {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof PilarError, String(error))
    return [error.code, error.message, error.hint]
  }
  throw new Error('nothing was refused')
}

const HIDDEN: readonly HiddenColumns[] = [{ table: 'public.posts', role: 'anon', columns: ['secret'], at: null }]

test('a hidden column is refused exactly as a missing one, wherever it is named', () => {
  const policies = policiesOf(ALL, HIDDEN)
  const without = catalogOf(
    TABLES.map((table) => makeTable({ ...table, columns: table.columns.filter((column) => column.name !== 'secret') })),
  )
  const bare = policiesOf(ALL)
  const lines = [
    'GET /posts?select=COLUMN',
    'GET /posts?select=alias:COLUMN',
    'GET /posts?select=COLUMN::text',
    'GET /posts?select=COLUMN.max()',
    'GET /posts?COLUMN=eq.x',
    'GET /posts?COLUMN=not.is.null',
    'GET /posts?or=(COLUMN.eq.x,title.eq.y)',
    'GET /posts?order=COLUMN',
    'GET /profiles?select=name,posts(COLUMN)',
    'GET /profiles?select=name,posts!inner()&posts.COLUMN=eq.x',
    'GET /profiles?select=name,posts(title)&posts.order=COLUMN',
    'GET /comments?select=body,posts(title)&order=posts(COLUMN)',
    'DELETE /posts?COLUMN=eq.x',
  ]
  const answer = (rules: PolicySet, line: string, body?: string) =>
    refusal(() =>
      authorized(line, rules, {
        catalog: rules === policies ? catalog : without,
        ...(body === undefined ? {} : { body }),
      }),
    )
  for (const line of lines.map((each) => each.replace('COLUMN', 'secret'))) {
    assert.deepEqual(answer(policies, line), answer(bare, line), line)
  }
  for (const line of ['POST /posts', 'PATCH /posts']) {
    assert.deepEqual(answer(policies, line, '{"secret":"x"}'), answer(bare, line, '{"secret":"x"}'), line)
  }
  const all = authorized('GET /posts?select=*', policies)
  assert.ok(all.kind === 'read')
  assert.ok(!all.root.output.some((item) => item.kind === 'value' && item.name === 'secret'))
})

test('a policy itself may use a hidden column', () => {
  const policies = policiesOf(["posts select anon: secret = 'x'"], HIDDEN)
  const found = authorized('GET /posts?select=title', policies)
  assert.ok(found.kind === 'read')
  assert.equal(text(found.root.guard), "posts.secret = 'x'")
})

test('the second wall holds when the planner saw too much', () => {
  const policies = policiesOf(['posts select anon: open', 'profiles select editor: true'], HIDDEN)
  const careless = (line: string, more: TestRequest = {}): unknown => {
    const options = { aggregatesEnabled: true, rowsMax: 1000, requireWhere: false }
    const planned = plan(parseRows(line, { schemas: ['public', 'auth'], ...more }).api, catalog, options)
    return refusal(() => GuardedPlan.authorize(planned, 'anon', { policies, catalog }))
  }
  const denied = (table: string) => ['42501', `permission denied for table ${table}`, null]
  for (const line of [
    'select=secret',
    'select=title&secret=eq.x',
    'select=title&order=secret',
    'select=secret.max()',
  ]) {
    assert.deepEqual(careless(`GET /posts?${line}`), denied('posts'))
  }
  assert.deepEqual(careless('GET /posts?select=title,profiles(name)'), denied('profiles'))
  assert.deepEqual(careless('GET /posts?select=title,tags(name)'), denied('post_tags'))
  assert.deepEqual(careless('POST /posts', { body: '{"secret":"x"}' }), denied('posts'))
  assert.deepEqual(careless('PATCH /posts?id=not.is.null', { body: '{"secret":"x"}' }), denied('posts'))
  assert.deepEqual(careless('DELETE /posts?secret=eq.x'), denied('posts'))
  assert.deepEqual(careless('GET /users?select=email', { headers: { 'accept-profile': 'auth' } }), denied('users'))
})

test('only authorize and system make a GuardedPlan, and system access is observed', () => {
  const policies = policiesOf(ALL)
  const planned = plan(parseRows('GET /posts?select=title').api, catalog, {
    aggregatesEnabled: true,
    rowsMax: 1000,
    requireWhere: false,
  })
  assert.equal(GuardedPlan.isGuarded({ plan: planned, role: 'anon' }), false)
  assert.equal(GuardedPlan.isGuarded(GuardedPlan.authorize(planned, 'anon', { policies, catalog })), true)
  const seen: unknown[] = []
  const system = GuardedPlan.system(planned, 'send reminders', (observation) => seen.push(observation))
  assert.equal(GuardedPlan.isGuarded(system), true)
  assert.deepEqual(seen, [{ kind: 'system-access', reason: 'send reminders', table: 'public.posts', action: 'read' }])
})

/** Every object of a plan that has a `guard` member, however deep and whatever holds it. */
function guarded(
  value: unknown,
  seen = new Set<unknown>(),
): { readonly source?: string; readonly guard: Expr | null }[] {
  if (value === null || typeof value !== 'object' || value instanceof Map || seen.has(value)) return []
  seen.add(value)
  const own = 'guard' in value ? [value as { guard: Expr | null }] : []
  return [...own, ...Object.values(value).flatMap((member) => guarded(member, seen))]
}

test('no table occurrence of any plan is left without a guard', () => {
  const representation = { headers: { prefer: 'return=representation' } }
  const cases: readonly (readonly [string, number, TestRequest?])[] = [
    ['GET /posts?select=title,profiles(name),comments(body,posts(title)),tags(name)', 6],
    ['GET /posts?select=title,profiles!inner(),tags!inner()&profiles.name=eq.x&tags.name=eq.y', 4],
    [
      'GET /comments?select=body,posts!inner(title,profiles!inner(name))&posts.profiles.name=eq.x&order=posts(title)',
      3,
    ],
    ['GET /comments?select=body,comments(body)', 2],
    ['POST /posts?select=title,profiles(name),tags(name)', 4, { body: '{"title":"x"}', ...representation }],
    ['PATCH /posts?title=eq.x&select=title,comments(body)', 3, { body: '{"title":"x"}', ...representation }],
    [
      'PATCH /posts?select=title,profiles!inner(name)&profiles.name=eq.x',
      3,
      { body: '{"title":"x"}', ...representation },
    ],
    ['DELETE /posts?select=title,profiles!inner(name)&profiles.name=eq.x', 3, representation],
  ]
  for (const [line, atLeast, more] of cases) {
    const found = guarded(authorized(line, policiesOf(ALL), more ?? {}))
    assert.ok(
      found.every((item) => item.guard !== null),
      line,
    )
    assert.ok(found.length >= atLeast, `${line}: ${found.length}`)
  }
})
