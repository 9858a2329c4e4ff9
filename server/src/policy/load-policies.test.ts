import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Problem } from '../schema/definition.ts'
import { checkSchema } from './check-schema.ts'
import { loadGrammar } from './expression/index.ts'
import { catalogOf, columnDefinitionOf, definitionOf, functionOf, TABLES } from './fixture.suite.ts'
import { loadPolicies } from './load-policies.ts'
import { printExpr } from './print.ts'

const catalog = catalogOf()

before(loadGrammar)

function problemsOf(...policies: string[]): readonly Problem[] {
  const loaded = loadPolicies(definitionOf(policies), catalog, { version: 1 })
  assert.equal(loaded.policies === null, loaded.problems.length > 0)
  return loaded.problems
}

test('using and check as PostgreSQL reads them', () => {
  const { policies } = loadPolicies(
    definitionOf([
      'posts update public: open',
      'posts update public: open ; likes > 1',
      'posts insert anon: open',
      'posts select anon: open ; likes > 1',
    ]),
    catalog,
    { version: 7 },
  )
  assert.equal(policies?.version, 7)
  const rules = policies.policies.map(({ using, check }) =>
    [using, check].map((rule) => (rule === null ? null : printExpr(rule))),
  )
  assert.deepEqual(rules, [
    ['open', 'open'],
    ['open', 'likes > 1'],
    [null, 'open'],
    ['open', null],
  ])
})

test('all mistakes are reported at once, with place, remedy and nearest name', () => {
  const found = problemsOf(
    'posts select anon: statuss = 1',
    'posts select authentcated: open',
    'posts update public: likes ; author_id = auth.uid( ',
    'post select anon: true',
  )
  assert.deepEqual(found, [
    {
      at: { file: 'schema.ts', line: 10 },
      where: 'policy select of posts for anon',
      message: 'column "statuss" does not exist (using, character 1)',
      hint: 'Perhaps you meant the column "status".',
    },
    {
      at: { file: 'schema.ts', line: 10 },
      where: 'policy select of posts for authentcated',
      message: 'role "authentcated" does not exist',
      hint: 'Perhaps you meant the role "authenticated".',
    },
    {
      at: { file: 'schema.ts', line: 10 },
      where: 'policy update of posts for public',
      message: 'argument of USING must be type boolean, not type integer (using)',
      hint: null,
    },
    {
      at: { file: 'schema.ts', line: 10 },
      where: 'policy update of posts for public',
      message: 'syntax error at end of input (check, character 23)',
      hint: null,
    },
    {
      at: { file: 'schema.ts', line: 10 },
      where: 'policy select of post for anon',
      message: 'relation "post" does not exist',
      hint: 'Perhaps you meant the table "posts".',
    },
  ])
})

test('a circle of policies is refused, naming it and the remedy', () => {
  const members = 'members select public: exists (select 1 from posts where posts.org_id = members.org_id)'
  const [problem, ...more] = problemsOf(
    members,
    'posts select public: exists (select 1 from members where members.org_id = posts.org_id)',
    'comments select public: exists (select 1 from posts where posts.id = post_id)',
  )
  assert.equal(problem?.message, "select policies read each other's tables in a circle: members → posts → members")
  assert.match(problem?.hint ?? '', /\{ definer: true \}/)
  assert.deepEqual(more, [])
})

test('a policy that reads its own table is a circle too; a definer function or another action is not', () => {
  assert.match(
    problemsOf('members select anon: exists (select 1 from members m)')[0]?.message ?? '',
    /members → members$/,
  )
  assert.deepEqual(problemsOf('members select public: is_member(org_id)'), [])
  assert.deepEqual(
    problemsOf('members select public: true', 'members insert public: exists (select 1 from members m)'),
    [],
  )
})

test('policies of different roles make no circle', () => {
  const found = problemsOf(
    'members select anon: exists (select 1 from posts where posts.org_id = members.org_id)',
    'posts select editor: exists (select 1 from members where members.org_id = posts.org_id)',
  )
  assert.deepEqual(found, [])
})

test('hidden columns are checked, and public hides from every bound role', () => {
  const hide = (role: string, ...columns: string[]) =>
    definitionOf([], [{ table: 'public.posts', role, columns, at: null }])
  const messages = (role: string, column: string) =>
    loadPolicies(hide(role, column), catalog, { version: 1 }).problems.map((problem) => [problem.message, problem.hint])
  assert.deepEqual(messages('anon', 'secrt'), [
    ['column "secrt" does not exist', 'Perhaps you meant the column "secret".'],
  ])
  assert.deepEqual(messages('service_role', 'secret'), [
    ['service_role sees every column: nothing can be hidden from it', null],
  ])
  const { policies } = loadPolicies(hide('public', 'secret'), catalog, { version: 1 })
  assert.deepEqual([...(policies?.hidden.get('public.posts')?.keys() ?? [])], ['anon', 'authenticated', 'editor'])
})

test('every expression of a schema is checked', () => {
  const definition = {
    ...definitionOf([]),
    tables: [
      {
        key: 'public.posts',
        schema: 'public',
        name: 'posts',
        primaryKey: null,
        uniques: [],
        foreignKeys: [],
        open: false,
        comment: null,
        was: null,
        using: null,
        at: { file: 'schema.ts', line: 3 },
        columns: [
          columnDefinitionOf('likes integer', { default: '0', check: 'likes >= 0' }),
          columnDefinitionOf('rank smallint', { default: "'x'" }),
          columnDefinitionOf('title text', { default: 'now()', check: 'titel is not null' }),
          columnDefinitionOf('open boolean', { default: '5' }),
          columnDefinitionOf('author_id uuid', { default: 'auth.uid()', check: 'author_id = auth.uid()' }),
          columnDefinitionOf('day date', { generated: { expression: 'current_date', stored: true } }),
          columnDefinitionOf('code text', { default: '(select name from orgs limit 1)' }),
        ],
        checks: [
          { name: 'fine', expression: 'char_length(title) between 1 and 200' },
          { name: 'bad', expression: 'exists (select 1 from orgs)' },
          { name: 'native', expression: 'julianday(x) > 5', native: true },
        ],
        indexes: [{ unique: false, columns: [{ name: 'likes', descending: false }], where: 'created_at > now()' }],
      },
    ],
    functions: [{ ...functionOf('broken(x uuid)', 'x = titel'), at: null }],
  }
  const found = checkSchema(definition, catalogOf(TABLES, definition.functions))
  assert.deepEqual(
    found.map((problem) => `${problem.where}: ${problem.message}`),
    [
      'function broken: in function broken at character 5: column "titel" does not exist (body)',
      'posts.rank: invalid input syntax for type smallint: "x" (default)',
      'posts.title: column "titel" does not exist (check, character 1)',
      'posts.open: column "open" is of type boolean but default expression is of type integer (default)',
      'posts.author_id: a check constraint cannot depend on who asks (check)',
      'posts.day: generation expression is not immutable (generated)',
      'posts.code: cannot use subquery in DEFAULT expression (default)',
      'check bad of posts: cannot use subquery in check constraint (check, character 1)',
      'index of posts: functions in index predicate must be marked IMMUTABLE (where)',
    ],
  )
})
